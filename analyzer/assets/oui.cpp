// Reads the IEEE registry in either of its published forms.
#include "analyzer/assets/oui.hpp"

#include <charconv>
#include <fstream>
#include <optional>

namespace mw {
namespace {

constexpr std::size_t most_blocks = 200'000;

std::optional<std::uint32_t> block(std::string_view hex) {
  std::uint32_t n = 0;
  const auto [end, wrong] = std::from_chars(hex.data(), hex.data() + hex.size(), n, 16);
  if (wrong != std::errc{} || end != hex.data() + hex.size() || hex.size() != 6) return {};
  return n;
}

std::string trimmed(std::string_view s) {
  const auto first = s.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return std::string{s.substr(first, s.find_last_not_of(" \t\r\n") - first + 1)};
}

/// "MA-L,002272,American Micro-Fuel Device Corp.,…": the third field, quoted where it holds a comma.
std::string third_field(std::string_view line) {
  auto rest = line.substr(12);
  if (!rest.starts_with('"')) return trimmed(rest.substr(0, rest.find(',')));
  std::string out;
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] != '"')
      out += rest[i];
    else if (i + 1 < rest.size() && rest[i + 1] == '"')
      out += rest[i++];
    else
      break;
  }
  return trimmed(out);
}

}  // namespace

void oui::load() {
  loaded_ = true;
  std::ifstream in{path_};
  available_ = static_cast<bool>(in);
  for (std::string line; names_.size() < most_blocks && std::getline(in, line);) {
    if (line.size() > 12 && line.starts_with("MA-L,") && line[11] == ',') {
      if (const auto n = block(std::string_view{line}.substr(5, 6))) names_.try_emplace(*n, third_field(line));
    } else if (const auto at = line.find("(base 16)"); at != std::string::npos) {
      if (const auto n = block(trimmed(std::string_view{line}.substr(0, at))))
        names_.try_emplace(*n, trimmed(std::string_view{line}.substr(at + 9)));
    }
  }
}

std::string_view oui::vendor(const mac& m) {
  if (m.is_none() || (m.octets[0] & 3) != 0) return {};
  if (!loaded_) load();
  const auto at = names_.find(static_cast<std::uint32_t>(m.octets[0] << 16 | m.octets[1] << 8 | m.octets[2]));
  return at == names_.end() ? std::string_view{} : at->second;
}

}  // namespace mw
