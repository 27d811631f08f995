// Robot controllers of KUKA: KUKAVARPROXY and C3 Bridge on TCP, which read and write the controller's variables (layouts follow their
// public sources), and the Robot Sensor Interface on UDP, where controller and sensor exchange XML in the robot's cycle
// (KUKA.RobotSensorInterface 3).
#include "common/text.hpp"
#include "sensor/dissect/pending.hpp"
#include "sensor/dissect/told.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace mw {
namespace {

constexpr std::array<std::uint16_t, 1> tcp_ports{7000};
constexpr std::array<std::uint16_t, 2> udp_ports{49152, 49153};
constexpr std::size_t head_size = 4, longest_name = 256, longest_value = 256, most_told = 8, tail_size = 3;
constexpr std::uint8_t stated = 70;
constexpr nanoseconds again = std::chrono::minutes{10};

struct command {
  std::uint8_t number = 0;
  std::string_view name = "unknown";
  action what = action::diagnose;
  bool known() const { return name != "unknown"; }
};
constexpr std::uint8_t read_variable = 0, write_variable = 1;
constexpr auto commands = std::to_array<command>({
    {read_variable, "read_variable", action::read},
    {write_variable, "write_variable", action::write},
    {2, "read_array", action::read},
    {3, "write_array", action::write},
    {4, "read_variable_unicode", action::read},
    {5, "write_variable_unicode", action::write},
    {6, "read_variables", action::read},
    {7, "write_variables", action::write},
    {10, "program_control", action::control},
    {11, "motion", action::control},
    {12, "key_action", action::control},
    {13, "proxy_information", action::identify},
    {14, "proxy_features", action::identify},
    {15, "proxy_information_extended", action::identify},
    {16, "proxy_cross_information", action::identify},
    {17, "proxy_benchmark", action::diagnose},
    {20, "file_set_attribute", action::file_write},
    {21, "file_list", action::file_read},
    {22, "file_create", action::file_write},
    {23, "file_delete", action::file_delete},
    {24, "file_copy", action::file_write},
    {25, "file_move", action::file_write},
    {26, "file_properties", action::file_read},
    {27, "file_full_name", action::file_read},
    {28, "file_krc_name", action::file_read},
    {29, "file_write_content", action::file_write},
    {30, "file_read_content", action::file_read},
    {50, "set_information_on", action::subscribe},
    {51, "set_information_off", action::subscribe},
    {52, "get_robot_directory", action::file_read},
    {53, "download_disk_to_robot", action::program_download},
    {54, "download_memory_to_robot", action::program_download},
    {55, "upload_robot_to_disk", action::program_upload},
    {56, "upload_robot_to_memory", action::program_upload},
    {57, "delete_robot_program", action::file_delete},
    {58, "robot_level_stop", action::stop},
    {59, "control_level_stop", action::stop},
    {60, "run_control_level", action::start},
    {61, "select_module", action::control},
    {62, "cancel_module", action::control},
    {63, "confirm_all", action::control},
    {64, "krc_ok", action::diagnose},
    {65, "io_restart", action::restart},
});
constexpr std::array<std::string_view, 11> errors{"general",    "success",         "access",       "argument", "memory",     "pointer",
                                                  "unexpected", "not_implemented", "no_interface", "protocol", "long_answer"};
command describe(std::uint8_t number) {
  const auto at = std::ranges::find(commands, number, &command::number);
  return at == commands.end() ? command{.number = number} : *at;
}

result<std::size_t> frame(bytes head) {
  if (head.size() < head_size + 1) return 0u;
  reader in{head};
  in.skip(2);
  const auto size = in.u16();
  if (size == 0 || !describe(in.u8()).known()) return fail(fault::malformed, "size or command", 2);
  return head_size + size;
}

std::string_view text_of(bytes b, std::string& keep) {
  keep.assign(b.begin(), b.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(b.size(), 200)));
  return keep;
}
/// "<Rob Type="KUKA">" from the controller, "<Sen Type="…">" to it; both hold the counter of the cycle.
enum class part : std::uint8_t { none, robot, sensor };
part rsi_part(bytes data) {
  std::string keep;
  auto text = text_of(data, keep);
  if (text.starts_with("<?xml")) text.remove_prefix(std::min(text.find("?>") + 2, text.size()));
  text.remove_prefix(std::min(text.find_first_not_of("\r\n\t "), text.size()));
  if (text.starts_with("<Rob T") && (text.starts_with("<Rob TYPE=\"KUKA\"") || text.starts_with("<Rob Type=\"KUKA\""))) return part::robot;
  if (text.starts_with("<Sen Type=\"")) return part::sensor;
  return part::none;
}
bool has_counter(bytes data) {
  constexpr std::string_view mark = "<IPOC>";
  return !std::ranges::search(data, mark, {}, {}, [](char c) { return static_cast<std::uint8_t>(c); }).empty();
}

match probe(bytes head, transport t) {
  if (t == transport::udp) {
    const auto what = rsi_part(head);
    if (what == part::none || !has_counter(head)) return match::no;
    return what == part::robot ? match::certain : match::yes;
  }
  if (t != transport::tcp) return match::no;
  const auto size = frame(head);
  if (!size) return match::no;
  if (*size == 0 || head.size() < *size) return match::unsure;
  reader in{head.first(*size)};
  in.skip(head_size);
  const auto kind = in.u8();
  if (kind > write_variable) return match::no;  // only these prove themselves
  const auto text = in.take(in.u16());
  if (!in.ok() || !is_text(text)) return match::no;
  if (in.left() == 0 && kind == read_variable && !text.empty()) return match::yes;
  if (in.left() == tail_size) {  // an answer, or a write of one letter
    const auto pad = in.u8(), first = in.u8(), second = in.u8();
    const bool one_letter = kind == write_variable && first == 1 && second >= ' ' && second < 0x7f;
    return pad == 0 && ((first == second && first <= 1) || one_letter) ? match::yes : match::no;
  }
  if (kind != write_variable || text.empty()) return match::no;
  const auto value = in.take(in.u16());
  return in.ok() && in.left() == 0 && is_text(value) ? match::yes : match::no;
}

class kuka_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    if (m.transport == transport::udp)
      on_rsi(m, out);
    else if (m.from == side::client)
      on_request(m, out);
    else
      on_answer(m, out);
    return verdict::taken;
  }
  void on_gap(side) override { whole_ = false; }
  void on_time(timestamp now, output& out) override { waiting_.expire(now, out, std::chrono::seconds{10}); }
  void on_end(timestamp, output& out) override { waiting_.finish(out); }

private:
  void on_request(const message& m, output& out) {
    reader in{m.data};
    const auto tag = in.u16();
    auto body = in.part(in.u16());
    const auto c = describe(body.u8());
    if (!body.ok()) return out.violate(m.from, "length", "a request without a command");
    out.count("kuka", "command", std::uint32_t{c.number});
    operation op;
    op.time = m.time;
    op.function = std::to_string(c.number);
    op.function_name = c.name;
    op.action = c.what;
    if (!c.known()) out.violate(m.from, "command", "a command that is not known");
    if (c.number <= write_variable) {
      const auto name = body.take(body.u16());
      const auto said = c.number == write_variable ? body.take(body.u16()) : bytes{};
      if (!body.ok() || body.left()) out.violate(m.from, "length", "the variable does not fit into its message");
      if (body.ok()) {
        op.objects.push_back({.space = "variable", .address = printable(name, longest_name), .property = {}, .index = {}});
        if (c.number == write_variable) op.values.emplace_back(printable(said, longest_value));
      }
    } else if (body.left()) {
      op.fields.emplace_back("data", hex(body.rest(), 64));
    }
    op.fields.emplace_back("tag", std::uint64_t{tag});
    waiting_.add(tag, std::move(op), out, m.from, c.number);
  }

  void on_answer(const message& m, output& out) {
    reader in{m.data};
    const auto tag = in.u16();
    auto body = in.part(in.u16());
    const auto number = body.u8();
    if (!body.ok() || body.left() < tail_size) return out.violate(m.from, "length", "an answer without its end");
    auto inner = body.part(body.left() - tail_size);
    const auto error = body.u16();
    const bool well = body.u8() == 1;
    auto r = waiting_.take(tag);
    if (!r) {
      operation op;
      op.time = m.time;
      op.function = std::to_string(number);
      op.function_name = describe(number).name, op.action = describe(number).what;
      op.outcome = outcome::unpaired;
      if (whole_) out.violate(m.from, "unpaired_response", "an answer whose request was not seen");
      return out.emit(std::move(op), other(m.from));
    }
    auto& op = r->op;
    if (number != r->extra) out.violate(m.from, "mismatch", "the answer is to another command");
    if (number <= write_variable) {
      const auto said = inner.take(inner.u16());
      if (!inner.ok()) out.violate(m.from, "length", "the value does not fit into its message");
      if (inner.ok() && number == read_variable && well) {
        op.values.emplace_back(printable(said, longest_value));
        learn(op.objects, printable(said, longest_value), m, out);
      }
    } else if (inner.left()) {
      op.fields.emplace_back("answer", hex(inner.rest(), 64));
    }
    if (!well) {
      op.code = std::to_string(error);
      if (error < errors.size()) op.fields.emplace_back("reason", std::string{errors[error]});
    }
    answer(*r, m.time, well ? outcome::ok : outcome::refused, out);
  }
  /// System variables by which a controller says what it is.
  void learn(const std::vector<object>& what, std::string said, const message& m, output& out) {
    if (what.empty() || said.empty()) return;
    std::erase(said, '"');
    const auto& name = what.front().address;
    const auto say = [&](std::string_view kind) {
      if (told_.fresh({}, {}, kind, said, m.time, "kuka", out)) out.learn(m.from, {}, kind, said, stated);
    };
    const auto is = [&](std::string_view other_name) {
      return name.size() == other_name.size() &&
             std::ranges::equal(name, other_name, {}, [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
    };
    if (is("$MODEL_NAME[]") || is("$TRAFONAME[]")) say("model");
    if (is("$KR_SERIALNO")) say("serial");
    if (is("$ROBROOT_NAME[]") || is("$ROBNAME[]")) say("host_name");
    if (is("$RCV_VERSION[]") || is("$V_R1MADA[]")) say("firmware");
    if (is("$MODE_OP")) say("mode");
    if (is("$PRO_STATE") || is("$PRO_STATE1")) say("run_state");
  }

  /// Every few milliseconds: told when it begins, and now and then.
  void on_rsi(const message& m, output& out) {
    const auto what = rsi_part(m.data);
    if (what == part::none) {
      out.violate(m.from, "rsi", "neither the controller's nor the sensor's element");
      return;
    }
    out.count("kuka", "rsi", what == part::robot ? "robot" : "sensor");
    if (!has_counter(m.data)) out.violate(m.from, "rsi", "an element without the counter of the cycle");
    if (what == part::robot && told_.fresh(m.source.address, {}, "vendor", "KUKA", m.time, "kuka", out))
      out.learn(m.from, {}, "vendor", "KUKA", stated), out.learn(m.from, {}, "role", "robot_controller", stated);
    auto& last = what == part::robot ? robot_ : sensor_;
    if (last != timestamp{} && m.time - last < again) return;
    last = m.time;
    operation op;
    op.time = m.time;
    op.function = what == part::robot ? "Rob" : "Sen";
    op.function_name = what == part::robot ? "rsi_state" : "rsi_correction";
    op.action = what == part::robot ? action::report : action::control;
    op.outcome = outcome::none;
    out.emit(std::move(op), m.from);
  }

  pending_requests<std::uint16_t, std::uint8_t> waiting_;
  told_facts<most_told> told_;
  timestamp robot_{}, sensor_{};
  bool whole_ = true;  ///< nothing was missed
};

const protocol kuka{{
    .name = "kuka",
    .tcp_ports = tcp_ports,
    .udp_ports = udp_ports,
    .any_tcp_port = false,
    .probe = probe,
    .frame = frame,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<kuka_session>(); },
}};

}  // namespace
}  // namespace mw
