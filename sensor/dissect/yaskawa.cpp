// High Speed Ethernet Server of Yaskawa robot controllers (FS100, DX200, YRC1000; manual 160766-1CD) on UDP: commands to the robot and
// the transfer of files, each request with a number that its answer repeats.
#include "common/text.hpp"
#include "sensor/dissect/pending.hpp"
#include "sensor/dissect/told.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace mw {
namespace {

constexpr std::array<std::uint16_t, 2> ports{10040, 10041};
constexpr std::array<std::uint8_t, 4> magic{'Y', 'E', 'R', 'C'};
constexpr std::uint16_t head_size = 32, longest = 0x1df;
constexpr std::size_t most_raw = 64, most_values = 64, most_told = 32;
constexpr std::uint8_t robot = 1, files = 2, answered = 0x80, stated = 85;
constexpr std::uint8_t get_all = 0x01, get_single = 0x0e, get_many = 0x33;
constexpr std::uint8_t delete_file = 0x09, write_file = 0x15, read_file = 0x16, list_files = 0x32;
constexpr std::uint32_t last_block = 0x80000000u;

enum class shape : std::uint8_t { other, octet, word, int16, int32, real, text, text32 };
struct command {
  std::uint16_t number = 0;
  std::string_view name = "unknown";
  action what = action::diagnose;  ///< of those that are read or written: read
  std::string_view space = {};
  shape layout = shape::other;
  bool many = false;  ///< a count stands in front of the data
};
constexpr auto commands = std::to_array<command>({
    {0x70, "alarm", action::diagnose, "alarm"},
    {0x71, "alarm_history", action::diagnose, "alarm"},
    {0x72, "status", action::diagnose},
    {0x73, "executing_job", action::read, "task"},
    {0x74, "axis_configuration", action::identify, "group"},
    {0x75, "position", action::read, "group"},
    {0x76, "position_error", action::read, "group"},
    {0x77, "torque", action::read, "group"},
    {0x78, "io", action::read, "io", shape::octet},
    {0x79, "register", action::read, "register", shape::word},
    {0x7a, "byte_variable", action::read, "B", shape::octet},
    {0x7b, "integer_variable", action::read, "I", shape::int16},
    {0x7c, "double_variable", action::read, "D", shape::int32},
    {0x7d, "real_variable", action::read, "R", shape::real},
    {0x7e, "string_variable", action::read, "S", shape::text},
    {0x7f, "position_variable", action::read, "P"},
    {0x80, "base_position_variable", action::read, "BP"},
    {0x81, "external_axis_variable", action::read, "EX"},
    {0x82, "reset_alarm", action::control},
    {0x83, "hold_or_servo", action::control},
    {0x84, "cycle_mode", action::mode_change},
    {0x85, "display_message", action::control},
    {0x86, "start_job", action::start},
    {0x87, "select_job", action::control, "job"},
    {0x88, "management_time", action::diagnose},
    {0x89, "system_information", action::identify},
    {0x8a, "move_cartesian", action::control},
    {0x8b, "move_pulse", action::control},
    {0x8c, "long_string_variable", action::read, "S", shape::text32},
    {0x300, "many_io", action::read, "io", shape::octet, true},
    {0x301, "many_registers", action::read, "register", shape::word, true},
    {0x302, "many_byte_variables", action::read, "B", shape::octet, true},
    {0x303, "many_integer_variables", action::read, "I", shape::int16, true},
    {0x304, "many_double_variables", action::read, "D", shape::int32, true},
    {0x305, "many_real_variables", action::read, "R", shape::real, true},
    {0x306, "many_string_variables", action::read, "S", shape::text, true},
    {0x307, "many_position_variables", action::read, "P", shape::other, true},
    {0x308, "many_base_position_variables", action::read, "BP", shape::other, true},
    {0x309, "many_external_axis_variables", action::read, "EX", shape::other, true},
    {0x30a, "alarm_with_subcode", action::diagnose, "alarm"},
    {0x30b, "alarm_history_with_subcode", action::diagnose, "alarm"},
    {0x30c, "many_long_string_variables", action::read, "S", shape::text32, true},
    {0x411, "encoder_temperature", action::read},
    {0x413, "converter_temperature", action::read},
});
command describe(std::uint16_t number) {
  const auto at = std::ranges::find(commands, number, &command::number);
  return at == commands.end() ? command{.number = number} : *at;
}

struct head {
  std::uint16_t payload = 0;
  std::uint8_t division = 0, ack = 0, id = 0;
  std::uint32_t block = 0;
};
std::optional<head> read_head(reader& in) {
  head h;
  const auto word = in.take(magic.size());
  const auto size = in.u16le();
  h.payload = in.u16le();
  in.skip(1);
  h.division = in.u8(), h.ack = in.u8(), h.id = in.u8();
  h.block = in.u32le();
  const auto filling = in.take(8);
  if (!in.ok() || !std::ranges::equal(word, magic) || size != head_size) return {};
  if (!std::ranges::all_of(filling, [](auto b) { return b == '9'; })) return {};
  return h;
}
match probe(bytes data, transport t) {
  if (t != transport::udp) return match::no;
  reader in{data};
  const auto h = read_head(in);
  return h && data.size() == std::size_t{head_size} + h->payload && (h->division == robot || h->division == files) && h->ack <= 1
             ? match::certain
             : match::no;
}

struct asked {
  struct command command;
  std::uint8_t service = 0;
  std::uint64_t octets = 0;  ///< of a file, so far
};
using key = std::pair<std::uint8_t, std::uint8_t>;  // division and number

class yaskawa_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    reader in{m.data};
    const auto h = read_head(in);
    if (!h) {
      out.violate(m.from, "head", "the datagram does not begin as a message of the server");
      return verdict::taken;
    }
    out.count("yaskawa", "division", std::uint32_t{h->division});
    if (m.data.size() != std::size_t{head_size} + h->payload || h->payload > longest) {
      out.violate(m.from, "length", "the message is not as long as its head says, or longer than allowed");
      return verdict::taken;
    }
    if (h->ack == 0)
      on_request(*h, in, m, out);
    else
      on_answer(*h, in, m, out);
    return verdict::taken;
  }
  void on_time(timestamp now, output& out) override { waiting_.expire(now, out, std::chrono::seconds{10}); }
  void on_end(timestamp, output& out) override { waiting_.finish(out); }

private:
  void on_request(const head& h, reader& in, const message& m, output& out) {
    const auto number = in.u16le(), instance = in.u16le();
    const auto attribute = in.u8(), service = in.u8();
    in.skip(2);
    if (h.division == files) return on_file_request(h, service, in, m, out);
    out.count("yaskawa", "command", std::uint32_t{number});
    auto c = describe(number);
    if (c.name == "unknown") out.violate(m.from, "command", "a command that is not known");
    operation op;
    op.time = m.time;
    op.function = std::to_string(number) + '/' + std::to_string(service);
    op.function_name = c.name;
    op.action = c.what;
    const bool reads = service == get_all || service == get_single || service == get_many;
    if (!reads && c.what == action::read) op.action = action::write;
    op.fields.emplace_back("instance", std::uint64_t{instance});
    op.fields.emplace_back("attribute", std::uint64_t{attribute});
    std::uint32_t count = 1;
    if (c.many && in.left() >= 4) count = in.u32le();
    if (number == select_job)
      name_job(in, op);
    else if (!c.space.empty())
      op.objects.push_back(
          {.space = std::string{c.space}, .address = std::to_string(instance), .count = count, .property = {}, .index = {}});
    if (number == hold_or_servo) name_switch(instance, in, op);
    if (!reads && in.left()) read_values(c, in, op);
    waiting_.add({h.division, h.id}, std::move(op), out, m.from, {c, service});
  }

  /// Hold stops what runs; servo power and locks are control.
  static void name_switch(std::uint16_t instance, reader in, operation& op) {
    constexpr std::uint16_t hold = 1, servo = 2, lock = 3;
    constexpr std::uint32_t on = 1;
    const auto state = in.u32le();
    if (!in.ok()) return;
    const std::string_view what = instance == hold ? "hold" : instance == servo ? "servo" : instance == lock ? "lock" : "unknown";
    op.fields.emplace_back("switch", std::string{what} + (state == on ? " on" : " off"));
    if (instance == hold && state == on) op.action = action::stop;
  }
  static void name_job(reader& in, operation& op) {
    const auto name = in.take(32);
    const auto line = in.u32le();
    if (!in.ok()) return;
    op.objects.push_back({.space = "job", .address = text_of(name), .property = {}, .index = {}});
    op.fields.emplace_back("line", std::uint64_t{line});
  }

  void on_file_request(const head& h, std::uint8_t service, reader& in, const message& m, output& out) {
    out.count("yaskawa", "file_service", std::uint32_t{service});
    if (auto* r = waiting_.find({h.division, h.id}); r != nullptr && r->asker == m.from && r->extra.service == service) {
      r->extra.octets += in.left();  // a further block of it
      return;
    }
    operation op;
    op.time = m.time;
    op.function = "file/" + std::to_string(service);
    auto name = text_of(in.rest());
    const bool job = name.ends_with(".JBI") || name.ends_with(".jbi");
    switch (service) {
      case delete_file: op.function_name = "delete_file", op.action = action::file_delete; break;
      case write_file: op.function_name = "write_file", op.action = job ? action::program_download : action::file_write; break;
      case read_file: op.function_name = "read_file", op.action = job ? action::program_upload : action::file_read; break;
      case list_files: op.function_name = "list_files", op.action = action::file_read; break;
      default:
        op.function_name = "unknown", op.action = action::diagnose;
        out.violate(m.from, "command", "a service for files that is not known");
        break;
    }
    if (!name.empty()) op.objects.push_back({.space = "file", .address = std::move(name), .property = {}, .index = {}});
    waiting_.add({h.division, h.id}, std::move(op), out, m.from, {{}, service});
  }

  void on_answer(const head& h, reader& in, const message& m, output& out) {
    const auto service = in.u8(), status = in.u8(), added_size = in.u8();
    in.skip(1);
    const auto added = in.u16le();
    in.skip(2);
    auto* waiting = waiting_.find({h.division, h.id});
    if (waiting != nullptr && waiting->asker == m.from) {  // who asked acknowledges a block, or sends one
      waiting->extra.octets += h.division == files ? in.left() : 0;
      return;
    }
    if (waiting == nullptr) {
      if (h.division == files) return;  // the tail of a transfer
      operation op;
      op.time = m.time;
      op.function = std::to_string(service & ~answered);
      op.function_name = "answer";
      op.action = action::diagnose;
      op.outcome = outcome::unpaired;
      if (status != 0) op.code = std::to_string(status);
      out.violate(m.from, "unpaired_response", "an answer whose request was not seen");
      return out.emit(std::move(op), other(m.from));
    }
    if (service != (waiting->extra.service | answered)) out.violate(m.from, "mismatch", "the answer is to another service");
    if (h.division == files && status == 0) {
      waiting->extra.octets += in.left();
      if ((h.block & last_block) == 0) return;  // further blocks follow
    }
    auto r = waiting_.take({h.division, h.id});
    auto& op = r->op;
    if (status != 0) {
      op.code = std::to_string(status);
      if (added_size != 0) op.fields.emplace_back("added_status", std::uint64_t{added});
      return answer(*r, m.time, outcome::refused, out);
    }
    if (h.division == files)
      op.fields.emplace_back("octets", r->extra.octets);
    else
      read_result(r->extra, in, op, m, out);
    answer(*r, m.time, outcome::ok, out);
  }

  void read_result(const asked& a, reader in, operation& op, const message& m, output& out) {
    if (a.service != get_all && a.service != get_single && a.service != get_many) return;
    if (a.command.number == status_command) return read_status(in, op, m, out);
    if (a.command.number == system_command && a.service == get_all) return read_system(in, op, m, out);
    if (a.command.many && in.left() >= 4) in.skip(4);
    read_values(a.command, in, op);
  }
  static void read_values(const command& c, reader& in, operation& op) {
    const auto more = [&](std::size_t size) { return in.left() >= size && op.values.size() < most_values; };
    switch (c.layout) {
      case shape::octet:
        while (more(1)) op.values.emplace_back(std::uint64_t{in.u8()});
        return;
      case shape::word:
        while (more(2)) op.values.emplace_back(std::uint64_t{in.u16le()});
        return;
      case shape::int16:
        while (more(2)) op.values.emplace_back(std::int64_t{static_cast<std::int16_t>(in.u16le())});
        return;
      case shape::int32:
        while (more(4)) op.values.emplace_back(std::int64_t{static_cast<std::int32_t>(in.u32le())});
        return;
      case shape::real:
        while (more(4)) op.values.emplace_back(double{in.f32le()});
        return;
      case shape::text:
      case shape::text32: {
        const std::size_t size = c.layout == shape::text ? 16 : 32;
        while (more(1)) op.values.emplace_back(text_of(in.take(std::min(in.left(), size))));
        return;
      }
      case shape::other:
        if (in.left()) op.values.emplace_back(hex(in.rest(), most_raw));
        return;
    }
  }
  void read_status(reader in, operation& op, const message& m, output& out) {
    constexpr std::array<std::string_view, 8> first{"step",          "one_cycle", "continuous", "running",
                                                    "speed_limited", "teach",     "play",       "remote"};
    constexpr std::array<std::string_view, 7> second{"", "hold_pendant", "hold_external", "hold_command", "alarm", "error", "servo_on"};
    const auto one = in.u32le();
    if (!in.ok()) return out.violate(m.from, "length", "the status is cut short");
    for (std::size_t i = 0; i < first.size(); ++i) op.fields.emplace_back(std::string{first[i]}, (one >> i & 1) != 0);
    say(m, "run_state", (one & 0x08) != 0 ? "run" : "stop", out);
    const std::string_view mode = (one & 0x80) != 0 ? "remote" : (one & 0x20) != 0 ? "teach" : (one & 0x40) != 0 ? "play" : "";
    say(m, "mode", mode, out);
    if (in.left() < 4) return;
    const auto two = in.u32le();
    for (std::size_t i = 1; i < second.size(); ++i) op.fields.emplace_back(std::string{second[i]}, (two >> i & 1) != 0);
  }
  void read_system(reader in, operation& op, const message& m, output& out) {
    const auto software = text_of(in.take(24)), model = text_of(in.take(16)), parameters = text_of(in.take(8));
    if (!in.ok()) return out.violate(m.from, "length", "the system information is cut short");
    for (const auto& t : {software, model, parameters}) op.values.emplace_back(t);
    say(m, "vendor", "Yaskawa", out), say(m, "firmware", software, out), say(m, "model", model, out);
  }

  static std::string text_of(bytes b) {
    return printable(b.first(static_cast<std::size_t>(std::ranges::find(b, std::uint8_t{0}) - b.begin())));
  }
  void say(const message& m, std::string_view what, std::string_view said, output& out) {
    if (!said.empty() && told_.fresh({}, {}, what, said, m.time, "yaskawa", out)) out.learn(m.from, {}, what, said, stated);
  }

  static constexpr std::uint16_t status_command = 0x72, system_command = 0x89, hold_or_servo = 0x83, select_job = 0x87;
  pending_requests<key, asked> waiting_;
  told_facts<most_told> told_;
};

const protocol yaskawa{{
    .name = "yaskawa",
    .udp_ports = ports,
    .probe = probe,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<yaskawa_session>(); },
}};

}  // namespace
}  // namespace mw
