// The text of FINS responses (Omron W227 5-3, W342 5-3).
#include "common/text.hpp"
#include "sensor/dissect/fins_message.hpp"

#include <algorithm>

namespace mw::fins {
namespace {

constexpr std::size_t model_size = 20;

/// Text that a NUL ends.
std::string text_of(bytes field) {
  const auto end = std::ranges::find(field, std::uint8_t{0});
  auto text = printable(field.first(static_cast<std::size_t>(end - field.begin())));
  return text.find('?') == std::string::npos ? text : std::string{};
}

void one_element(reader& in, std::uint8_t area, operation& op) {
  if (op.values.size() >= list_limit) return in.skip(in.left());
  if (is_bit(area)) {
    const auto v = in.u8();
    if (in.ok()) op.values.emplace_back((v & 1) != 0);
    return;
  }
  const auto v = in.be_n(element_size(area));
  if (in.ok()) op.values.emplace_back(v);
}

void memory(reader& in, operation& op, const asked& about) {
  if (about.areas.empty()) {  // the request was not seen: nothing says what these octets are
    if (in.left()) op.values.emplace_back(hex(in.take(in.left())));
    return;
  }
  for (std::uint32_t i = 0; i < about.count && in.left(); ++i) one_element(in, about.areas[0], op);
}

/// Each element after the code of its area.
void several(reader& in, operation& op, const asked& about) {
  std::size_t i = 0;
  while (in.left()) {
    const auto area = in.u8();
    in.expect(i >= about.areas.size() || about.areas[i] == area, "the areas that were asked for");
    ++i;
    one_element(in, area, op);
  }
}

void controller_data(reader& in, operation& op, const asked& about, std::vector<learned>& facts) {
  if (about.selector != 0) return;
  const auto model = text_of(in.take(model_size)), version = text_of(in.take(model_size));
  if (!in.ok() || model.empty()) return;
  op.values.emplace_back(model);
  op.values.emplace_back(version);
  facts.push_back({"vendor", "Omron", 80});
  facts.push_back({"model", model, 90});
  if (!version.empty()) facts.push_back({"firmware", version, 85});
}

/// Units of the rack: how many, then the address and the model of each.
void connection_data(reader& in, operation& op, std::vector<learned>& facts) {
  in.skip(1);
  while (in.left() > model_size) {
    const auto unit = in.u8();
    const auto model = text_of(in.take(model_size));
    if (model.empty()) continue;
    op.returned.push_back({"unit", std::to_string(unit), 1, {}, {}});
    op.values.emplace_back(model);
    facts.push_back({"model", model, 85, unit});
  }
}

void status(reader& in, operation& op, std::vector<learned>& facts) {
  const auto state = in.u8(), mode = in.u8();
  const auto fatal = in.u16(), warning = in.u16(), message = in.u16(), error = in.u16();
  if (!in.ok()) return;
  const auto name = mode_name(mode);
  op.fields.emplace_back("status", std::uint64_t{state});
  op.fields.emplace_back("mode", name.empty() ? value{std::uint64_t{mode}} : value{std::string{name}});
  op.fields.emplace_back("fatal_errors", std::uint64_t{fatal});
  op.fields.emplace_back("non_fatal_errors", std::uint64_t{warning});
  op.fields.emplace_back("messages", std::uint64_t{message});
  op.fields.emplace_back("error_code", std::uint64_t{error});
  if (const auto text = text_of(in.take(std::min<std::size_t>(in.left(), 16))); !text.empty()) op.fields.emplace_back("message", text);
  if ((state & 0x7f) <= 1) facts.push_back({"run_state", (state & 1) != 0 ? "run" : "stop", 95});
  if (!name.empty()) facts.push_back({"mode", std::string{name}, 90});
}

/// Year, month, day, hour, minute, second, weekday in binary coded decimals.
void clock(reader& in, operation& op) {
  std::string text;
  for (const auto d : in.take(std::min<std::size_t>(in.left(), 7))) text += hex(bytes{&d, 1}).substr(2);
  if (!text.empty()) op.values.emplace_back(std::move(text));
}

}  // namespace

void read_response(reader& in, operation& op, const asked& about, std::vector<learned>& facts) {
  switch (about.command) {
    case command::memory_read: return memory(in, op, about);
    case command::multiple_read: return several(in, op, about);
    case command::controller_data: return controller_data(in, op, about, facts);
    case command::connection_data: return connection_data(in, op, facts);
    case command::controller_status: return status(in, op, facts);
    case command::clock_read: return clock(in, op);
    case command::cycle_time:
      for (const auto* name : {"average", "maximum", "minimum"})
        if (in.left() >= 4) op.fields.emplace_back(name, std::uint64_t{in.u32()});
      return;
    case command::access_acquire:
    case command::access_force:
      if (in.left() >= 3) {
        const auto network = in.u8(), node = in.u8(), unit = in.u8();
        op.fields.emplace_back("holder", std::to_string(network) + '.' + std::to_string(node) + '.' + std::to_string(unit));
      }
      return;
    case command::name_read: {
      const auto name = text_of(in.take(in.left()));
      if (name.empty()) return;
      op.values.emplace_back(name);
      facts.push_back({"host_name", name, 70});
      return;
    }
    case command::error_log_read: {
      const auto most = in.u16(), stored = in.u16(), count = in.u16();
      if (!in.ok()) return;
      op.fields.emplace_back("records_at_most", std::uint64_t{most});
      op.fields.emplace_back("records_stored", std::uint64_t{stored});
      for (unsigned i = 0; i < count && in.left(); ++i)
        if (const auto record = in.take(10); in.ok() && op.values.size() < list_limit) op.values.emplace_back(hex(record));
      return;
    }
    case command::broadcast_results: op.fields.emplace_back("receptions", std::uint64_t{in.u16()}); return;
    case command::loopback: op.fields.emplace_back("echo_size", std::uint64_t{in.left()}); return;
    case command::program_read: {
      in.skip(2 + 4 + 2);
      op.fields.emplace_back("payload_size", std::uint64_t{in.left()});
      if (in.left()) op.values.emplace_back(hex(in.take(in.left())));
      return;
    }
    case command::force_status: {
      in.skip(4);
      const auto count = in.u16();
      (void)count;
      if (in.left()) op.values.emplace_back(hex(in.take(in.left())));
      return;
    }
    case command::file_read: {
      in.skip(4 + 4 + 2);  // capacity, position, length
      if (in.left()) op.values.emplace_back(hex(in.take(in.left())));
      return;
    }
    case command::file_delete:
    case command::memory_file:
    case command::parameter_file:
    case command::program_file:
      if (in.left() >= 2) op.fields.emplace_back("processed", std::uint64_t{in.u16()});
      return;
    default:
      if (in.left()) op.values.emplace_back(hex(in.take(in.left()), 256));
      return;
  }
}

}  // namespace mw::fins
