// The names of what Windows answers, and which of them refuse.
#pragma once
#include <cstdint>
#include <string_view>

namespace mw::msrpc {

/// What kind of number an operation returns last.
enum class status : std::uint8_t { none, win32, ntstatus, hresult, fault };
std::string_view status_name(status kind, std::uint32_t code);  ///< "STATUS_LOGON_FAILURE"; empty where unknown
bool is_refusal(status kind, std::uint32_t code);

constexpr std::uint32_t small_buffer = 122, more_data = 234, no_more_items = 259, io_pending = 997;  ///< Win32: there is more to say

}  // namespace mw::msrpc
