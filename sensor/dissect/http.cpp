// HTTP/1.0 and 1.1 (RFC 9110, RFC 9112): methods, hosts, paths, answers, programs and users on both ends. Bodies are counted and digested,
// never kept; what stands behind "?" in a path is not kept either, because it may hold credentials and process values.
#include "sensor/dissect/http_session.hpp"

#include <array>

namespace mw {
namespace {

constexpr std::array<std::uint16_t, 5> ports{80, 8000, 8008, 8080, 8888};

match probe(bytes head, transport) {
  line_reader<http::longest_line> lines;
  auto rest = head;
  const bool whole = lines.next(rest);
  const auto line = lines.line();
  if (!whole) {
    auto begin = line;
    const auto word = take_word(begin);
    const bool may = std::string_view{"HTTP/1."}.starts_with(line.substr(0, 7)) ||
                     (begin.empty() ? http::begins_method(word) : http::method_of(word) != nullptr);
    return may && head.size() < http::longest_line ? match::unsure : match::no;
  }
  return http::parse_start(line) ? match::certain : match::no;
}

/// Any bytes: where a message ends is known only to who read its head, so the session cuts for itself.
result<std::size_t> frame(bytes head) { return head.size(); }

const protocol here{{
    .name = "http",
    .tcp_ports = ports,
    .probe = probe,
    .frame = frame,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<http::conversation>(); },
    .risks_by_ndpi = true,
}};

}  // namespace
}  // namespace mw
