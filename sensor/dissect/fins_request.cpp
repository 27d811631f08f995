// The text of FINS commands (Omron W227 5-3, W342 5-3).
#include "common/text.hpp"
#include "sensor/dissect/fins_message.hpp"

#include <algorithm>

namespace mw::fins {
namespace {

constexpr std::size_t name_size = 12;

void put(operation& op, std::string space, std::string address, std::uint32_t count = 1) {
  if (op.objects.size() < list_limit) op.objects.push_back({std::move(space), std::move(address), count, {}, {}});
}
/// An area, then the word and the bit in it.
std::uint8_t put_area(reader& in, operation& op, std::uint32_t count = 1) {
  const auto area = in.u8();
  const auto word = in.u16();
  const auto bit = in.u8();
  if (in.ok()) put(op, std::to_string(area), std::to_string(word) + '.' + std::to_string(bit), count);
  return area;
}
void put_data(operation& op, reader& in) {
  if (in.left()) op.values.emplace_back(hex(in.take(in.left())));
}

/// As many elements as there are octets for.
void put_elements(operation& op, reader& in, std::uint8_t area, std::uint32_t count) {
  const auto size = element_size(area);
  for (std::uint32_t i = 0; i < count && in.left() && op.values.size() < list_limit; ++i) {
    if (is_bit(area))
      op.values.emplace_back((in.u8() & 1) != 0);
    else
      op.values.emplace_back(in.be_n(size));
  }
}

/// Code, first word, number of words; its highest bit says that they are the last.
void parameter_area(reader& in, operation& op) {
  const auto code = in.u16(), word = in.u16(), count = in.u16();
  if (in.ok()) put(op, "parameter", std::to_string(code) + ':' + std::to_string(word), count & 0x7fff);
}

void file_name(reader& in, operation& op, std::uint16_t disk) {
  const auto name = printable(in.take(name_size));
  if (in.ok()) put(op, "file", std::to_string(disk) + ':' + name);
}

void program_area(reader& in, operation& op, bool data) {
  const auto program = in.u16();
  const auto word = in.u32();
  const auto count = in.u16();
  if (!in.ok()) return;
  put(op, "program", std::to_string(program) + ':' + std::to_string(word), count & 0x7fff);
  if ((count & 0x8000) != 0) op.fields.emplace_back("last", true);
  if (data) put_data(op, in);
}

void protection(reader& in, operation& op) {
  const auto program = in.u16();
  const auto code = in.u8();
  const auto first = in.u32(), last = in.u32();
  if (!in.ok()) return;
  put(op, "program", std::to_string(program) + ':' + std::to_string(first));
  op.fields.emplace_back("protect_code", std::uint64_t{code});
  op.fields.emplace_back("last_word", std::uint64_t{last});
  op.fields.emplace_back("password_given", in.left() != 0);
  in.skip(in.left());
}

/// Number of bits, then for each what is to happen and where.
void forcing(reader& in, operation& op) {
  const auto count = in.u16();
  in.expect(count <= in.left() / 6, "as many bits as the command says");
  for (unsigned i = 0; i < count && in.left(); ++i) {
    const auto what = in.u16();
    put_area(in, op);
    if (!in.ok() || op.values.size() >= list_limit) continue;
    switch (what) {
      case 0x0000: op.values.emplace_back("force_reset"); break;
      case 0x0001: op.values.emplace_back("force_set"); break;
      case 0x8000: op.values.emplace_back("release_reset"); break;
      case 0x8001: op.values.emplace_back("release_set"); break;
      case 0xffff: op.values.emplace_back("release"); break;
      default: op.values.emplace_back(std::uint64_t{what}); break;
    }
  }
}

void file_command(std::uint16_t which, reader& in, operation& op) {
  switch (which) {
    case command::file_names:
    case command::format: return put(op, "disk", std::to_string(in.u16()));
    case command::file_read: {
      file_name(in, op, in.u16());
      const auto position = in.u32();
      const auto size = in.u16();
      if (!in.ok()) return;
      op.fields.emplace_back("position", std::uint64_t{position});
      op.fields.emplace_back("length", std::uint64_t{size});
      return;
    }
    case command::file_write: {
      const auto disk = in.u16(), how = in.u16();
      file_name(in, op, disk);
      const auto position = in.u32();
      const auto size = in.u16();
      if (!in.ok()) return;
      op.fields.emplace_back("parameter", std::uint64_t{how});
      op.fields.emplace_back("position", std::uint64_t{position});
      op.fields.emplace_back("length", std::uint64_t{size});
      return put_data(op, in);
    }
    case command::file_delete: {
      const auto disk = in.u16(), count = in.u16();
      for (unsigned i = 0; i < count && in.left() >= name_size; ++i) file_name(in, op, disk);
      return;
    }
    case command::volume_label: {
      const auto disk = in.u16(), how = in.u16();
      put(op, "disk", std::to_string(disk));
      op.fields.emplace_back("parameter", std::uint64_t{how});
      if (in.left()) op.values.emplace_back(printable(in.take(std::min(in.left(), name_size))));
      return;
    }
    case command::file_copy: file_name(in, op, in.u16()); return file_name(in, op, in.u16());
    case command::file_rename: {  // the new name comes first
      const auto disk = in.u16();
      file_name(in, op, disk);
      return file_name(in, op, disk);
    }
    case command::file_check: return file_name(in, op, in.u16());
    case command::block_index: {
      const auto block = in.u16();
      const auto count = in.u8();
      return put(op, "file_block", std::to_string(block), count);
    }
    case command::block_read: return put(op, "file_block", std::to_string(in.u16()));
    default: return;
  }
}

/// Between an area of the controller and a file: from the area, to it, or compared.
void transfer_command(std::uint16_t which, reader& in, operation& op) {
  const auto how = in.u16();
  const bool to_controller = how == 1;
  if (which == command::memory_file) {
    put_area(in, op);
    const auto count = in.u16();
    if (!op.objects.empty()) op.objects.back().count = count;
    if (to_controller) op.action = action::write;
  } else if (which == command::parameter_file) {
    parameter_area(in, op);
    if (to_controller) op.action = action::configure;
  } else {
    const auto program = in.u16();
    const auto word = in.u32(), count = in.u32();
    if (in.ok()) put(op, "program", std::to_string(program) + ':' + std::to_string(word), count);
    op.action = to_controller ? action::program_download : action::program_upload;
  }
  file_name(in, op, in.u16());
  if (in.ok()) op.fields.emplace_back("direction", std::string{how == 0 ? "to_file" : how == 1 ? "to_controller" : "compare"});
}

}  // namespace

void read_request(std::uint16_t which, reader& in, operation& op, asked& about) {
  about.command = which;
  switch (which) {
    case command::memory_read:
    case command::memory_write:
    case command::memory_fill:
    case command::force_status: {
      about.areas.push_back(put_area(in, op));
      about.count = in.u16();
      if (!in.ok()) return;
      op.objects.back().count = about.count;
      if (which == command::memory_write) put_elements(op, in, about.areas[0], about.count);
      if (which == command::memory_fill) op.values.emplace_back(std::uint64_t{in.u16()});
      return;
    }
    case command::multiple_read:
      while (in.left() && about.areas.size() < list_limit) about.areas.push_back(put_area(in, op));
      return;
    case command::memory_transfer: {
      put_area(in, op);
      put_area(in, op);
      const auto count = in.u16();
      if (in.ok())
        for (auto& o : op.objects) o.count = count;
      return;
    }
    case command::parameter_read: return parameter_area(in, op);
    case command::parameter_write:
    case command::parameter_clear: parameter_area(in, op); return put_data(op, in);
    case command::link_table_read:
    case command::link_table_write: {
      in.skip(4);
      const auto first = in.u16(), count = in.u16();
      if (!in.ok()) return;
      put(op, "data_link_table", std::to_string(first), count);
      if (which == command::link_table_write) put_data(op, in);
      return;
    }
    case command::protect:
    case command::protect_clear: return protection(in, op);
    case command::program_read: return program_area(in, op, false);
    case command::program_write: return program_area(in, op, true);
    case command::program_clear: {
      const auto program = in.u16();
      const auto code = in.u8();
      if (!in.ok()) return;
      put(op, "program", std::to_string(program));
      op.fields.emplace_back("clear_code", std::uint64_t{code});
      return;
    }
    case command::run: {
      if (in.left() < 2) return;
      op.fields.emplace_back("program", std::uint64_t{in.u16()});
      if (!in.left()) return;
      const auto mode = in.u8();
      const auto name = mode_name(mode);
      op.fields.emplace_back("mode", name.empty() ? value{std::uint64_t{mode}} : value{std::string{name}});
      return;
    }
    case command::controller_data:
      if (in.left()) about.selector = in.u8(), op.fields.emplace_back("data", std::uint64_t{about.selector});
      return;
    case command::connection_data: {
      const auto first = in.u8();
      return put(op, "unit", std::to_string(first), in.left() ? in.u8() : 1);
    }
    case command::cycle_time:
      about.selector = in.u8();
      op.fields.emplace_back("parameter", std::uint64_t{about.selector});
      return;
    case command::clock_write: {
      std::string text;
      const auto digits = in.take(std::min<std::size_t>(in.left(), 7));
      in.expect(digits.size() >= 5, "a clock of at least five octets");
      for (const auto d : digits) text += hex(bytes{&d, 1}).substr(2);
      op.values.emplace_back(std::move(text));
      return;
    }
    case command::loopback:
    case command::broadcast_send: op.fields.emplace_back("test_size", std::uint64_t{in.left()}); return;
    case command::messages:
    case command::error_clear: op.fields.emplace_back("parameter", std::uint64_t{in.u16()}); return;
    case command::access_acquire:
    case command::access_force:
    case command::access_release:
      if (in.left() >= 2) op.fields.emplace_back("program", std::uint64_t{in.u16()});
      return;
    case command::error_log_read: {
      const auto first = in.u16(), count = in.u16();
      return put(op, "error_log", std::to_string(first), count);
    }
    case command::force: return forcing(in, op);
    case command::name_set: op.values.emplace_back(printable(in.take(in.left()))); return;
    case command::memory_file:
    case command::parameter_file:
    case command::program_file: return transfer_command(which, in, op);
    default: return file_command(which, in, op);
  }
}

}  // namespace mw::fins
