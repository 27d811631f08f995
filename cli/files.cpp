// Whole files, read and written.
#include "cli/files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string_view>

namespace mw {

std::string text_of(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  if (!in) throw std::runtime_error{path + ": cannot be read: check the name and the rights"};
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

void write_whole(const std::string& path, const std::string& text) {
  const auto fresh = path + ".new";
  const int file = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
  bool ok = file >= 0;
  for (std::string_view rest = text; ok && !rest.empty();) {
    const auto n = ::write(file, rest.data(), rest.size());
    if (n <= 0)
      ok = false;
    else
      rest.remove_prefix(static_cast<std::size_t>(n));
  }
  ok = ok && ::fsync(file) == 0;
  if (file >= 0) ok = ::close(file) == 0 && ok;
  if (!ok || std::rename(fresh.c_str(), path.c_str()) != 0)
    throw std::runtime_error{path + ": cannot be written: check the folder, its rights and the free space"};
}

}  // namespace mw
