// Who logs in: the name in the client's words to a SASL mechanism (RFC 4616 PLAIN, 2195 CRAM-MD5, 2831 DIGEST-MD5, 5802 SCRAM, 7628
// OAUTHBEARER, and LOGIN and XOAUTH2, which have no standard).
#include "sensor/dissect/http_text.hpp"
#include "sensor/dissect/smtp_session.hpp"

namespace mw::smtp {
namespace {

constexpr std::size_t longest_user = 128;

/// What stands behind `mark` in `text` up to any of `ends`.
std::string_view after(std::string_view text, std::string_view mark, std::string_view ends) {
  const auto at = find_letters(text, mark);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + mark.size());
  return text.substr(0, text.find_first_of(ends));
}

}  // namespace

std::string user_in(std::string_view mechanism, std::string_view response) {
  const auto decoded = from_base64(response, 4096);
  if (!decoded) return {};
  const std::string_view text{*decoded};
  if (same_letters(mechanism, "LOGIN")) return shown(text, longest_user);
  if (same_letters(mechanism, "PLAIN")) {
    const auto first = text.find('\0');
    if (first == std::string_view::npos) return {};
    const auto second = text.find('\0', first + 1);
    return second == std::string_view::npos ? std::string{} : shown(text.substr(first + 1, second - first - 1), longest_user);
  }
  if (same_letters(mechanism, "CRAM-MD5")) return shown(text.substr(0, text.rfind(' ')), longest_user);
  if (same_letters(mechanism, "DIGEST-MD5")) return shown(after(text, "username=\"", "\""), longest_user);
  if (same_letters(mechanism, "XOAUTH2")) return shown(after(text, "user=", "\x01"), longest_user);
  if (same_letters(mechanism, "OAUTHBEARER")) return shown(after(text, "a=", ","), longest_user);
  if (same_letters(mechanism.substr(0, 6), "SCRAM-")) return shown(after(text, ",n=", ","), longest_user);
  return {};
}

}  // namespace mw::smtp
