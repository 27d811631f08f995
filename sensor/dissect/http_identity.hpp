// What the words of a web server, of its pages and of a browser tell about the machine.
#pragma once
#include <string>
#include <string_view>

namespace mw::http {

std::string_view vendor_in(std::string_view text);  ///< "" where no maker is named
std::string os_in(std::string_view user_agent);     ///< "Windows 10"; "" where it does not say
bool is_browser(std::string_view user_agent);
bool names_something(std::string_view realm);  ///< false for "Restricted area" and the like

}  // namespace mw::http
