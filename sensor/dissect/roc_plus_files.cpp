// The file transfer of ROC Plus (opcode 203, D301180X012 2.27): files are opened, read and written in parts, deleted and listed.
#include "sensor/dissect/roc_plus_files.hpp"

#include "common/text.hpp"

#include <algorithm>
#include <array>

namespace mw::roc_plus::file {
namespace {

constexpr std::size_t path_size = 100, name_size = 25, most_listed = 64;
constexpr std::size_t delete_size = 1 + path_size + name_size, long_directory_size = 1 + path_size + 2;
constexpr std::array<std::string_view, 7> names{"file_transfer", "open_file",   "read_file", "write_file",
                                                "close_file",    "delete_file", "list_files"};

std::string c_text(bytes b) { return printable(b.first(static_cast<std::size_t>(std::ranges::find(b, 0) - b.begin()))); }

std::string path_of(reader& in, bool with_name) {
  auto path = c_text(in.take(path_size));
  if (!with_name) return path;
  const auto name = c_text(in.take(name_size));
  if (!path.empty() && !path.ends_with('/') && !name.empty()) path += '/';
  return path + name;
}
void address(operation& op, std::string path, std::uint32_t count = 1) {
  op.objects.assign(1, {.space = "file", .address = std::move(path), .count = count, .property = {}, .index = {}});
}
void read_part(reader& in, operation& op, const open_files& files, bool to_controller, remarks& notes) {
  const auto descriptor = in.u32le(), size = in.u32le(), offset = in.u32le();
  const auto data = in.take(in.u8());
  if (!in.ok()) return notes.breaks("length", "a part of a file is shorter than it says");
  address(op, files.path(descriptor), static_cast<std::uint32_t>(data.size()));
  if (!data.empty()) op.values.emplace_back(hex(data));
  op.fields.emplace_back("file_size", std::uint64_t{size});
  if (to_controller) op.fields.emplace_back("offset", std::uint64_t{offset});
  op.fields.emplace_back("payload_direction", std::string{to_controller ? "to_controller" : "from_controller"});
  op.fields.emplace_back("payload_size", std::uint64_t{data.size()});
}
void read_names(reader& in, operation& op) {
  while (in.left() != 0 && op.values.size() < most_listed) {
    const auto rest = in.rest();
    const auto size = static_cast<std::size_t>(std::ranges::find(rest, 0) - rest.begin());
    if (size != 0) op.values.emplace_back(printable(rest.first(size)));
    in.skip(std::min(size + 1, rest.size()));
  }
}

}  // namespace

std::uint8_t command_of(bytes data, bool request) {
  if (data.empty()) return 0;
  // a deletion and a listing are told apart by their sizes
  if (request && data[0] == directory && data.size() == delete_size) return erase;
  if (request && data[0] == directory && data.size() == long_directory_size) return long_directory;
  return data[0];
}

void name_operation(std::uint8_t command, operation& op) {
  op.function_name = command == long_directory ? names.back() : command < names.size() ? names.at(command) : names.front();
  op.action = command == write ? action::file_write : command == erase ? action::file_delete : action::file_read;
}

void read_request(reader in, operation& op, asked& kept, const open_files& files, remarks& notes) {
  in.skip(1);
  switch (kept.sub) {
    case open: {
      constexpr std::array<std::string_view, 5> modes{"read", "write", "create", "update", "truncate"};
      const auto mode = in.u8();
      kept.path = path_of(in, true);
      if (!in.ok()) break;
      address(op, kept.path);
      if (mode < modes.size()) op.fields.emplace_back("mode", std::string{modes.at(mode)});
      if (mode != 0) op.action = action::file_write;
      return;
    }
    case read: {
      const auto descriptor = in.u32le(), offset = in.u32le();
      if (!in.ok()) break;
      address(op, files.path(descriptor));
      op.fields.emplace_back("offset", std::uint64_t{offset});
      return;
    }
    case write: return read_part(in, op, files, true, notes);
    case close: {
      const auto descriptor = in.u32le();
      if (!in.ok()) break;
      return address(op, files.path(descriptor));
    }
    case erase: address(op, path_of(in, true)); break;
    case directory:
    case long_directory: address(op, path_of(in, false)); break;
    default: return notes.breaks("command", "a file command that is not known");
  }
  if (!in.ok()) notes.breaks("length", "a file request is cut short");
}

void read_answer(reader in, operation& op, const asked* kept, open_files& files, remarks& notes) {
  const auto command = in.u8();
  switch (command) {
    case open: {
      const auto descriptor = in.u32le();
      if (!in.ok()) break;
      op.fields.emplace_back("descriptor", std::uint64_t{descriptor});
      if (kept != nullptr && !kept->path.empty()) files.opened(descriptor, kept->path);
      return;
    }
    case read: return read_part(in, op, files, false, notes);
    case directory:
    case long_directory: {
      const auto more = in.u8();
      const std::uint64_t total = command == directory ? in.u8() : in.u16le();
      if (!in.ok()) break;
      op.fields.emplace_back("more", more != 0);
      op.fields.emplace_back("files", total);
      return read_names(in, op);
    }
    default: return;
  }
  notes.breaks("length", "a file answer is cut short");
}

}  // namespace mw::roc_plus::file
