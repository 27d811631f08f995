// The client interfaces of Universal Robots controllers (TCP 30001, 30002, 30011, 30012): the controller tells its state in packages, a
// client sends programs and single commands in URScript.
#include "common/text.hpp"
#include "sensor/dissect/told.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace mw {
namespace {

constexpr std::array<std::uint16_t, 4> ports{30001, 30002, 30011, 30012};
constexpr std::uint32_t head_size = 5, longest = 1u << 16;
constexpr std::size_t most_told = 16, longest_script_name = 64;
constexpr std::uint8_t robot_state = 16, robot_message = 20, program_state = 25, stated = 85;
constexpr std::uint8_t version_message = 3, mode_data = 0;
constexpr std::array<std::uint8_t, 6> types{5, robot_state, robot_message, 22, 23, program_state};
constexpr std::array<std::string_view, 9> modes{"disconnected", "confirm_safety", "booting", "power_off",        "power_on",
                                                "idle",         "backdrive",      "running", "updating_firmware"};
constexpr nanoseconds pause_between_scripts = std::chrono::milliseconds{500};

bool is_type(std::uint8_t t) { return std::ranges::find(types, t) != types.end(); }
bool is_script(bytes text) {
  return !text.empty() && std::ranges::all_of(text, [](auto b) { return b == '\t' || b == '\n' || b == '\r' || (b >= ' ' && b != 0x7f); });
}

/// The controller's packages begin with a length of four octets, of which the first is zero; scripts are text.
result<std::size_t> frame(bytes head) {
  if (head.empty()) return 0u;
  if (head[0] != 0) {
    if (!is_script(head.first(std::min<std::size_t>(head.size(), 256)))) return fail(fault::malformed, "neither a package nor a script");
    return head.size();
  }
  if (head.size() < head_size) return 0u;
  reader in{head};
  const auto size = in.u32();
  if (size < head_size || size > longest || !is_type(in.u8())) return fail(fault::malformed, "length or type of a package");
  return std::size_t{size};
}
match probe(bytes head, transport t) {
  if (t != transport::tcp) return match::no;
  const auto size = frame(head);
  if (!size) return match::no;
  if (*size == 0 || head.size() < *size) return match::unsure;
  if (head[0] != 0) {
    const auto end = std::ranges::find(head, std::uint8_t{'\n'});
    const std::string line(head.begin(), end);
    return line.starts_with("def ") || line.starts_with("sec ") || line.find('(') != std::string::npos ? match::yes : match::no;
  }
  reader in{head.first(*size)};
  in.skip(4);
  if (in.u8() != robot_state) return match::yes;
  while (in.left()) {  // parts fill the package
    const auto part = in.u32();
    if (part < head_size) return match::no;
    in.skip(part - 4);
  }
  return in.ok() ? match::yes : match::no;
}

class ur_primary_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    if (m.data.empty()) return verdict::taken;
    if (m.from == side::client && m.data[0] != 0)
      on_script(m, out);
    else
      on_package(m, out);
    return verdict::taken;
  }
  void on_time(timestamp now, output& out) override {
    if (script_ && now - last_ > pause_between_scripts) finish(out);
  }
  void on_end(timestamp, output& out) override { finish(out); }

private:
  /// A program may come in many segments: it is told when it ends, or after a pause.
  void on_script(const message& m, output& out) {
    const std::string text(m.data.begin(), m.data.end());
    if (!script_) {
      script_ = operation{};
      script_->time = m.time;
      begin_script(text);
    } else if (m.time - last_ > pause_between_scripts) {
      finish(out);
      return on_script(m, out);
    }
    last_ = m.time;
    octets_ += m.data.size();
    lines_ += static_cast<std::uint64_t>(std::ranges::count(text, '\n'));
    const auto tail =
        std::string_view{text}.substr(text.find_last_not_of("\r\n\t ") == std::string::npos ? 0 : text.find_last_not_of("\r\n\t ") + 1);
    const auto body = std::string_view{text}.substr(0, text.size() - tail.size());
    const bool ends = !program_ ? text.ends_with('\n') : (body == "end" || body.ends_with("\nend"));
    if (ends) finish(out);
  }
  void begin_script(std::string_view text) {
    auto line = text.substr(0, text.find('\n'));
    program_ = line.starts_with("def ") || line.starts_with("sec ");
    script_->function = "script";
    script_->function_name = program_ ? "script_program" : "script_command";
    script_->action = program_ ? action::program_download : action::control;
    if (program_) line.remove_prefix(4);
    const auto name = line.substr(0, std::min(line.find('('), longest_script_name));
    const std::vector<std::uint8_t> octets(name.begin(), name.end());
    script_->objects.push_back({.space = program_ ? "program" : "function", .address = printable(octets), .property = {}, .index = {}});
    octets_ = 0, lines_ = 0;
  }
  void finish(output& out) {
    if (!script_) return;
    out.count("ur_primary", "script", program_ ? "program" : "command");
    script_->outcome = outcome::none;
    script_->fields.emplace_back("octets", octets_);
    script_->fields.emplace_back("lines", lines_);
    out.emit(std::move(*script_));
    script_.reset();
  }

  void on_package(const message& m, output& out) {
    reader in{m.data};
    const auto size = in.u32();
    const auto type = in.u8();
    if (!in.ok() || size != m.data.size()) return out.violate(m.from, "length", "a package is not as long as it says");
    out.count("ur_primary", "package", std::uint32_t{type});
    if (type == robot_message) return on_robot_message(in, m, out);
    if (type != robot_state) return;
    while (in.left()) {
      const auto length = in.u32();
      if (length < head_size) return out.violate(m.from, "length", "a part of the state is shorter than its head");
      auto part = in.part(length - 4);
      if (!in.ok()) return out.violate(m.from, "length", "a part of the state is longer than its package");
      if (part.u8() == mode_data) on_mode(part, m, out);
    }
  }
  void on_mode(reader& in, const message& m, output& out) {
    in.skip(8);
    const auto flags = in.take(7);
    const auto mode = in.u8();
    if (!in.ok()) return out.violate(m.from, "length", "the mode of the robot is cut short");
    const bool emergency = flags[3] != 0, protective = flags[4] != 0, running = flags[5] != 0, paused = flags[6] != 0;
    const std::string_view state = emergency    ? "emergency_stop"
                                   : protective ? "protective_stop"
                                   : paused     ? "pause"
                                   : running    ? "run"
                                                : "stop";
    say(m, "run_state", state, out);
    if (mode < modes.size()) say(m, "mode", modes[mode], out);
  }
  void on_robot_message(reader& in, const message& m, output& out) {
    in.skip(9);
    const auto type = in.u8();
    if (!in.ok()) return out.violate(m.from, "length", "a message of the robot is cut short");
    out.count("ur_primary", "robot_message", std::uint32_t{type});
    if (type != version_message) return;
    const auto project = in.take(in.u8());
    const auto major = in.u8(), minor = in.u8();
    const auto bugfix = in.u32();
    if (!in.ok()) return out.violate(m.from, "length", "the version of the robot is cut short");
    auto version = std::to_string(major) + '.' + std::to_string(minor) + '.' + std::to_string(bugfix);
    if (major >= 3 && in.left() >= 4) version += '.' + std::to_string(in.u32());
    say(m, "vendor", "Universal Robots", out), say(m, "role", "robot_controller", out);
    say(m, "software", printable(project), out), say(m, "firmware", version, out);
  }
  void say(const message& m, std::string_view kind, std::string_view said, output& out) {
    if (!said.empty() && told_.fresh({}, {}, kind, said, m.time, "ur_primary", out)) out.learn(m.from, {}, kind, said, stated);
  }

  std::optional<operation> script_;  ///< the one that is coming in
  bool program_ = false;
  std::uint64_t octets_ = 0, lines_ = 0;
  timestamp last_{};
  told_facts<most_told> told_;
};

const protocol ur_primary{{
    .name = "ur_primary",
    .tcp_ports = ports,
    .any_tcp_port = false,
    .probe = probe,
    .frame = frame,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<ur_primary_session>(); },
}};

}  // namespace
}  // namespace mw
