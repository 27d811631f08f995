// The words of SMB: commands, dialects, control codes ([MS-CIFS] 2.2.2.1, [MS-SMB2] 2.2, [MS-FSCC] 2.3).
#pragma once
#include "common/record.hpp"

#include <string>

namespace mw::smb {

std::string command_1(std::uint8_t command);   ///< "tree_connect_andx", else "command_21"
std::string command_2(std::uint16_t command);  ///< "create"
std::string transaction_2(std::uint16_t subcommand);
std::string nt_transaction(std::uint16_t function);
std::string dialect_2(std::uint16_t revision);  ///< "3.1.1"
struct control_code {
  std::string name;
  action means = action::read;
};
control_code control_of(std::uint32_t code);
std::string information_class(std::uint8_t type, std::uint8_t number);  ///< of SET_INFO: "rename"

/// How an open begins (CreateDisposition) and what it ended in (CreateAction), [MS-SMB2] 2.2.13, 2.2.14.
std::string disposition_name(std::uint32_t disposition);
std::string result_of_create(std::uint32_t create_action);
/// What opening a file with these means to it.
action action_of_create(std::uint32_t disposition, std::uint32_t access, std::uint32_t options);

enum access : std::uint32_t {
  read_data = 0x1,
  write_data = 0x2,
  append_data = 0x4,
  execute = 0x20,
  delete_it = 0x10000,
  maximum = 0x02000000,
  generic_all = 0x10000000,
  generic_execute = 0x20000000,
  generic_write = 0x40000000,
  generic_read = 0x80000000
};
enum option : std::uint32_t { directory_file = 0x1, delete_on_close = 0x1000 };

}  // namespace mw::smb
