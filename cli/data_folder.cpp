// The lock and the files of a data folder.
#include "cli/data_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>

namespace mw {

data_folder::data_folder(const std::string& path, const store_config& c) : path_{path}, config_{c} {
  std::error_code wrong;
  std::filesystem::create_directories(path, wrong);
  if (wrong) throw std::runtime_error{path + ": cannot be made: " + wrong.message() + ": check --data and its rights"};
  lock_ = ::open((path + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
  if (lock_ < 0) throw std::runtime_error{path + ": cannot be written: check --data and its rights"};
  if (::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    ::close(lock_);
    throw std::runtime_error{path + ": another millwatch writes to it: stop that one first, or give another --data"};
  }
  try {
    state_ = need(sqlite_state::open(path, database::mode::write));
    flows_ = need(sqlite_flows::open(path, c, database::mode::write));
  } catch (...) {
    ::close(lock_);
    throw;
  }
}

data_folder::~data_folder() { ::close(lock_); }

data_view::data_view(const std::string& path) {
  if (!std::filesystem::exists(path + "/state.db"))
    throw std::runtime_error{path + ": holds nothing of millwatch: check --data, or fill it with millwatch run --data " + path};
  state = need(sqlite_state::open(path, database::mode::read));
  flows = need(sqlite_flows::open(path, {}, database::mode::read));
}

void load(analyzer& a, const saved_analysis& s, const std::string& path) {
  if (s.analyzer.empty()) return;
  if (auto done = a.load(s.analyzer); !done)
    throw std::runtime_error{path + "/state.db: " + done.error() + ": restore it from a copy, or move it away to learn anew"};
}

}  // namespace mw
