// What the numbers of TriStation mean: commands and replies, reasons to refuse, states, module types.
#pragma once
#include "common/record.hpp"

#include <cstdint>
#include <string_view>

namespace mw::tristation {

struct command_info {
  std::uint8_t number = 0;
  std::string_view name = "unknown";
  action what = action::diagnose;
  std::uint8_t reply = 0;  ///< what a controller says that does it; 0 = several or not known
};
command_info describe(std::uint8_t command);

constexpr std::uint8_t rejected = 100;

std::string_view reply_name(std::uint8_t reply);    ///< "" where not known
std::string_view reason_name(std::uint8_t reason);  ///< of a rejection
std::string_view message_name(std::uint8_t type);   ///< of the transport below; "" where there is no such message
std::string_view key_switch(std::uint8_t state);    ///< "" where not known
std::string_view run_state(std::uint8_t state);

struct module_info {
  std::uint8_t type = 0;
  std::string_view order_number;
  std::string_view does;
};
const module_info* find_module(std::uint8_t type);  ///< nullptr where not known

}  // namespace mw::tristation
