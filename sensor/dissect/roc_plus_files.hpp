// The file transfer of ROC Plus (opcode 203).
#pragma once
#include "sensor/dissect/roc_plus_data.hpp"

namespace mw::roc_plus::file {

enum command : std::uint8_t { open = 1, read = 2, write = 3, close = 4, erase = 5, directory = 6, long_directory = 64 };

std::uint8_t command_of(bytes data, bool request);
void name_operation(std::uint8_t command, operation& op);
void read_request(reader in, operation& op, asked& kept, const open_files& files, remarks& notes);
void read_answer(reader in, operation& op, const asked* kept, open_files& files, remarks& notes);

}  // namespace mw::roc_plus::file
