// Makers by the words that their devices put into Server, realm and title; operating systems by the words of browsers.
#include "sensor/dissect/http_identity.hpp"

#include "sensor/dissect/http_text.hpp"

#include <array>

namespace mw::http {
namespace {

struct mark {
  std::string_view word, means;  ///< word in small letters
};
constexpr auto makers = std::to_array<mark>({
    {"simatic", "Siemens"},
    {"siemens", "Siemens"},
    {"scalance", "Siemens"},
    {"sinamics", "Siemens"},
    {"schneider", "Schneider Electric"},
    {"modicon", "Schneider Electric"},
    {"factorycast", "Schneider Electric"},
    {"powerlogic", "Schneider Electric"},
    {"rockwell", "Rockwell Automation"},
    {"allen-bradley", "Rockwell Automation"},
    {"compactlogix", "Rockwell Automation"},
    {"controllogix", "Rockwell Automation"},
    {"micrologix", "Rockwell Automation"},
    {"wago", "WAGO"},
    {"moxa", "Moxa"},
    {"nport", "Moxa"},
    {"phoenix contact", "Phoenix Contact"},
    {"phoenixcontact", "Phoenix Contact"},
    {"hirschmann", "Hirschmann"},
    {"beckhoff", "Beckhoff"},
    {"twincat", "Beckhoff"},
    {"mitsubishi", "Mitsubishi Electric"},
    {"melsec", "Mitsubishi Electric"},
    {"omron", "Omron"},
    {"lantronix", "Lantronix"},
    {"advantech", "Advantech"},
    {"anybus", "HMS Networks"},
    {"ewon", "HMS Networks"},
    {"niagara", "Tridium"},
    {"honeywell", "Honeywell"},
    {"red lion", "Red Lion"},
    {"emerson", "Emerson"},
    {"yokogawa", "Yokogawa"},
    {"woodward", "Woodward"},
    {"ruggedcom", "Siemens"},
    {"korenix", "Korenix"},
    {"hikvision", "Hikvision"},
    {"axis communications", "Axis"},
    {"cisco", "Cisco"},
    {"mikrotik", "MikroTik"},
    {"routeros", "MikroTik"},
    {"synology", "Synology"},
});
constexpr auto systems = std::to_array<mark>({
    {"windows nt 10.0", "Windows 10"},
    {"windows nt 6.3", "Windows 8.1"},
    {"windows nt 6.2", "Windows 8"},
    {"windows nt 6.1", "Windows 7"},
    {"windows nt 6.0", "Windows Vista"},
    {"windows nt 5.2", "Windows Server 2003"},
    {"windows nt 5.1", "Windows XP"},
    {"windows nt 5.0", "Windows 2000"},
    {"windows ce", "Windows CE"},
    {"windows 98", "Windows 98"},
    {"android", "Android"},
    {"iphone", "iOS"},
    {"ipad", "iOS"},
    {"mac os x", "macOS"},
    {"; cros ", "ChromeOS"},
    {"linux", "Linux"},
});
constexpr std::array<std::string_view, 14> general{"restricted", "protected", "authori",  "authenti", "login",    "secure",    "default",
                                                   "password",   "realm",     "web page", "private",  "required", "index.htm", "access"};

template <std::size_t N>
std::string_view first(const std::array<mark, N>& marks, std::string_view text) {
  const auto* const at = std::ranges::find_if(marks, [&](const mark& m) { return find_letters(text, m.word) != std::string_view::npos; });
  return at == marks.end() ? std::string_view{} : at->means;
}

}  // namespace

std::string_view vendor_in(std::string_view text) { return first(makers, text); }
std::string os_in(std::string_view user_agent) { return std::string{first(systems, user_agent)}; }
bool is_browser(std::string_view user_agent) {
  return find_letters(user_agent, "mozilla/") == 0 || find_letters(user_agent, "opera/") == 0;
}
bool names_something(std::string_view realm) {
  return realm.size() > 2 &&
         std::ranges::none_of(general, [&](std::string_view g) { return find_letters(realm, g) != std::string_view::npos; });
}

}  // namespace mw::http
