// FANUC FOCAS2 on TCP, by which programs talk to CNC controls. There is no public specification; layouts follow published analyses of
// what the library and controls say. A message carries several requests, which are answered in their order.
#include "common/text.hpp"
#include "sensor/dissect/focas_names.hpp"
#include "sensor/dissect/pending.hpp"
#include "sensor/dissect/told.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <tuple>
#include <utility>

namespace mw {
namespace {

using namespace focas;

constexpr std::array<std::uint16_t, 1> ports{8193};
constexpr std::size_t head_size = 10, most_raw = 64, most_values = 64, most_told = 32;
constexpr std::uint16_t last_version = 9;
constexpr std::uint8_t stated = 85;

/// The high octet says what it is about, the low one whether it asks (1) or answers (2), or moves data (4).
enum type : std::uint16_t {
  open_request = 0x0101,
  open_response = 0x0102,
  close_request = 0x0201,
  close_response = 0x0202,
  upload_request = 0x1501,
  upload_response = 0x1502,
  upload_data = 0x1604,
  upload_end = 0x1701,
  upload_end_response = 0x1702,
  call = 0x2101,
  call_response = 0x2102,
};
constexpr std::uint16_t first_download = 0x1100, last_download = 0x13ff;  // the other way round, as far as is known
constexpr std::array<std::uint16_t, 11> types{open_request,    open_response, close_request, close_response,      upload_request,
                                              upload_response, upload_data,   upload_end,    upload_end_response, call,
                                              call_response};
bool is_download(std::uint16_t t) { return t >= first_download && t <= last_download; }
bool is_type(std::uint16_t t) { return std::ranges::find(types, t) != types.end() || is_download(t); }

result<std::size_t> frame(bytes head) {
  for (std::size_t i = 0; i < std::min<std::size_t>(head.size(), 4); ++i)
    if (head[i] != 0xa0) return fail(fault::malformed, "not the mark of a message", i);
  if (head.size() < head_size) return 0u;
  reader in{head};
  in.skip(4);
  const auto version = in.u16();
  in.skip(2);
  const auto length = in.u16();
  if (version == 0 || version > last_version) return fail(fault::malformed, "version", 4);
  return head_size + length;
}

match probe(bytes head, transport t) {
  if (t != transport::tcp) return match::no;
  const auto size = frame(head);
  if (!size) return match::no;
  if (*size == 0) return match::unsure;
  reader in{head};
  in.skip(6);
  return is_type(in.u16()) ? match::certain : match::no;
}

struct asked {
  focas::function function;
};
using key = std::tuple<std::uint16_t, std::uint16_t, std::uint16_t>;  // device, path, number; a message's type where it is no call

class focas_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    reader in{m.data};
    in.skip(4);
    in.skip(2);
    const auto type = in.u16();
    auto body = in.part(in.u16());
    if (!body.ok()) {
      out.violate(m.from, "length", "the message is shorter than its head says");
      return verdict::taken;
    }
    out.count("focas", "type", std::uint32_t{type});
    switch (type) {
      case open_request: on_open(body, m, out); break;
      case close_request: begin(type, "close", action::session, m, out); break;
      case open_response:
      case close_response: complete(static_cast<std::uint16_t>(type - 1), m, out); break;
      case call: on_calls(body, m, out); break;
      case call_response: on_answers(body, m, out); break;
      case upload_request: on_upload(body, m, out); break;
      case upload_data: moved_ += body.left(), ++messages_; break;
      case upload_end: on_upload_end(m, out); break;
      case upload_response:
      case upload_end_response: break;
      default: on_other(type, body, m, out); break;
    }
    return verdict::taken;
  }
  void on_gap(side) override { whole_ = false; }
  void on_time(timestamp now, output& out) override { waiting_.expire(now, out); }
  void on_end(timestamp, output& out) override { waiting_.finish(out); }

private:
  void begin(std::uint16_t type, std::string_view name, action what, const message& m, output& out) {
    operation op;
    op.time = m.time;
    op.function = std::to_string(type);
    op.function_name = name;
    op.action = what;
    waiting_.add({0, 0, type}, std::move(op), out, m.from, {});
  }
  void complete(std::uint16_t asked_type, const message& m, output& out) {
    if (auto r = waiting_.take({0, 0, asked_type}); r) return answer(*r, m.time, outcome::ok, out);
    if (whole_) out.violate(m.from, "unpaired_response", "an answer whose request was not seen");
  }
  void on_open(reader& in, const message& m, output& out) {
    const auto channel = in.u16();
    begin(open_request, "open", action::session, m, out);
    if (auto* r = waiting_.find({0, 0, open_request}); r != nullptr && in.ok())
      r->op.fields.emplace_back("channel", std::string{channel == 1 ? "transfer" : "calls"});
  }

  void on_calls(reader& in, const message& m, output& out) {
    const auto announced = in.u16();
    unsigned calls = 0;
    while (in.left() && calls < announced) {
      const auto size = in.u16();
      auto one = in.part(size < 2 ? 0 : static_cast<std::size_t>(size - 2));
      if (!in.ok() || one.left() < 26) return out.violate(m.from, "length", "a call is cut short");
      on_call(one, m, out), ++calls;
    }
    if (calls != announced || in.left()) out.violate(m.from, "count", "the message holds another number of calls than it says");
  }
  void on_call(reader& in, const message& m, output& out) {
    const auto device = in.u16(), path = in.u16(), number = in.u16();
    std::array<std::uint32_t, 5> argument{};
    for (auto& a : argument) a = in.u32();
    out.count("focas", "function", std::uint32_t{device}, std::uint32_t{number});
    const auto f = describe(device, number);
    operation op;
    op.time = m.time;
    op.unit = path == 1 ? "" : std::to_string(path);
    op.function = std::to_string(device) + '/' + std::to_string(number);
    op.function_name = f.name;
    op.action = f.what;
    if (in.left()) op.fields.emplace_back("payload_size", std::uint64_t{in.left()});
    address(f, argument, in, op);
    waiting_.add({device, path, number}, std::move(op), out, m.from, {f});
  }
  static void address(const focas::function& f, const std::array<std::uint32_t, 5>& a, reader& in, operation& op) {
    const auto add = [&](std::string where, std::uint32_t count) {
      op.objects.push_back({.space = std::string{f.space}, .address = std::move(where), .count = count, .property = {}, .index = {}});
    };
    const auto elements = a[1] >= a[0] && a[1] - a[0] < 0xffff ? a[1] - a[0] + 1 : 1;
    switch (f.layout) {
      case layout::range:
      case layout::macros: add(std::to_string(a[0]), elements); break;
      case layout::program: add('O' + std::to_string(a[0]), 1); break;
      case layout::pmc: add(pmc_letter(a[2]) + std::to_string(a[0]), elements); break;
      case layout::directory:
        if (in.left()) add(text_of(in.rest()), 1);
        break;
      case layout::set_clock:
        if (in.left() >= 12) {
          for (int i = 0; i < 6; ++i) op.values.emplace_back(std::uint64_t{in.u16()});
          return;
        }
        break;
      default:
        if (!f.known())
          for (const auto v : a) op.values.emplace_back(std::uint64_t{v});
        break;
    }
    if (is_change(f.what) && in.left()) op.values.emplace_back(hex(in.rest(), most_raw));
  }

  void on_answers(reader& in, const message& m, output& out) {
    const auto announced = in.u16();
    unsigned answers = 0;
    while (in.left() && answers < announced) {
      const auto size = in.u16();
      auto one = in.part(size < 2 ? 0 : static_cast<std::size_t>(size - 2));
      if (!in.ok() || one.left() < 12) return out.violate(m.from, "length", "an answer is cut short");
      on_answer(one, m, out), ++answers;
    }
    if (answers != announced || in.left()) out.violate(m.from, "count", "the message holds another number of answers than it says");
  }
  void on_answer(reader& in, const message& m, output& out) {
    const auto device = in.u16(), path = in.u16(), number = in.u16();
    const auto error = static_cast<std::int16_t>(in.u16());
    in.skip(4);
    const auto announced = in.left() >= 2 ? in.u16() : std::uint16_t{0};
    auto r = waiting_.take({device, path, number});
    if (!r) {
      operation op;
      const auto f = describe(device, number);
      op.time = m.time;
      op.function = std::to_string(device) + '/' + std::to_string(number);
      op.function_name = f.name, op.action = f.what;
      op.outcome = outcome::unpaired;
      if (error != 0) op.code = std::to_string(error);
      if (whole_) out.violate(m.from, "unpaired_response", "an answer whose request was not seen");
      return out.emit(std::move(op), other(m.from));
    }
    auto& op = r->op;
    if (error != 0) {
      op.code = std::to_string(error);
      if (!error_name(error).empty()) op.fields.emplace_back("reason", std::string{error_name(error)});
      return answer(*r, m.time, outcome::refused, out);
    }
    if (announced > in.left()) out.violate(m.from, "length", "an answer is shorter than it says");
    read(r->extra.function, reader{in.rest().first(std::min<std::size_t>(announced, in.left()))}, op, m, out);
    answer(*r, m.time, outcome::ok, out);
  }

  void read(const focas::function& f, reader in, operation& op, const message& m, output& out) {
    switch (f.layout) {
      case layout::macros:
      case layout::numbers:
        while (in.left() >= 8 && op.values.size() < most_values) op.values.push_back(number(in));
        return;
      case layout::programs:
        while (in.left() >= 4 && op.values.size() < most_values) op.values.emplace_back(std::uint64_t{in.u32()});
        return;
      case layout::system: return read_system(in, op, m, out);
      case layout::status: return read_status(in, op, m, out);
      default:
        if (f.known() && !is_change(f.what)) {
          if (in.left()) op.values.emplace_back(hex(in.rest(), most_raw));
        } else if (in.left()) {
          op.fields.emplace_back("answer", hex(in.rest(), most_raw));
        }
        return;
    }
  }
  /// 32 bits, a base (2 or 10), and how many digits stand behind the point. All ones: there is no value.
  static value number(reader& in) {
    const auto raw = static_cast<std::int32_t>(in.u32());
    const auto base = in.u16(), digits = in.u16();
    if ((base != 2 && base != 10) || digits > 31) return std::monostate{};
    double v = raw;
    for (unsigned i = 0; i < digits; ++i) v /= base;
    return v;
  }
  void read_system(reader in, operation& op, const message& m, output& out) {
    in.skip(2);
    const auto axes = in.u16();
    const auto kind = text_of(in.take(2)), machine = text_of(in.take(2)), series = text_of(in.take(4)), version = text_of(in.take(4));
    if (!in.ok()) return out.violate(m.from, "length", "the system information is cut short");
    op.values.emplace_back(kind), op.values.emplace_back(machine), op.values.emplace_back(series), op.values.emplace_back(version);
    op.fields.emplace_back("most_axes", std::uint64_t{axes});
    say(m, "vendor", "FANUC", out);
    if (!kind.empty() && std::ranges::all_of(kind, [](char c) { return c >= '0' && c <= '9'; })) say(m, "model", "Series " + kind, out);
    if (!series.empty()) say(m, "firmware", series + ' ' + version, out);
    if (machine == "M" || machine == "T") say(m, "role", machine == "M" ? "milling_machine" : "lathe", out);
  }
  void read_status(reader in, operation& op, const message& m, output& out) {
    constexpr std::array<std::string_view, 7> names{"mode", "run", "motion", "mstb", "emergency", "alarm", "edit"};
    std::array<std::uint16_t, names.size()> v{};
    if (in.left() != 2 * v.size()) {  // older controls lay it out in another way
      if (in.left()) op.values.emplace_back(hex(in.rest(), most_raw));
      return;
    }
    for (auto& one : v) one = in.u16();
    for (std::size_t i = 0; i < v.size(); ++i) op.fields.emplace_back(std::string{names[i]}, std::uint64_t{v[i]});
    if (!run_name(v[1]).empty()) say(m, "run_state", std::string{run_name(v[1])}, out);
    if (!mode_name(v[0]).empty()) say(m, "mode", std::string{mode_name(v[0])}, out);
  }

  void on_upload(reader& in, const message& m, output& out) {
    in.skip(4);
    operation op;
    op.time = m.time;
    op.function = std::to_string(upload_request);
    op.function_name = "upload";
    op.action = action::program_upload;
    if (in.ok()) op.objects.push_back({.space = "program", .address = text_of(in.rest()), .property = {}, .index = {}});
    moved_ = 0, messages_ = 0;
    waiting_.add({0, 0, upload_request}, std::move(op), out, m.from, {});
  }
  void on_upload_end(const message& m, output& out) {
    auto r = waiting_.take({0, 0, upload_request});
    if (!r) return;
    r->op.fields.emplace_back("octets", std::uint64_t{moved_});
    r->op.fields.emplace_back("messages", std::uint64_t{messages_});
    answer(*r, m.time, outcome::ok, out);
  }
  /// What brings a program to the control is told once, where it begins; what is not known at all, each time.
  void on_other(std::uint16_t type, reader& in, const message& m, output& out) {
    if (!is_type(type)) return out.violate(m.from, "type", "a message of a type that is not known");
    constexpr std::uint16_t begins = 0x1101, begun = 0x1102, ends = 0x1301;
    if (type == begins) {
      in.skip(4);
      operation op;
      op.time = m.time;
      op.function = std::to_string(type);
      op.function_name = "download";
      op.action = action::program_download;
      if (in.ok() && in.left()) op.objects.push_back({.space = "program", .address = text_of(in.rest()), .property = {}, .index = {}});
      moved_ = 0, messages_ = 0;
      waiting_.add({0, 0, begins}, std::move(op), out, m.from, {});
    } else if (type == ends) {
      if (auto r = waiting_.take({0, 0, begins}); r) {
        r->op.fields.emplace_back("octets", std::uint64_t{moved_});
        answer(*r, m.time, outcome::ok, out);
      }
    } else if (type != begun) {
      moved_ += in.left(), ++messages_;
    }
  }

  static std::string text_of(bytes b) {
    const auto end = static_cast<std::size_t>(std::ranges::find(b, std::uint8_t{0}) - b.begin());
    auto text = printable(b.first(end));
    text.erase(0, std::min(text.find_first_not_of(' '), text.size()));
    return text;
  }
  void say(const message& m, std::string_view kind, const std::string& said, output& out) {
    if (!said.empty() && told_.fresh({}, {}, kind, said, m.time, "focas", out)) out.learn(m.from, {}, kind, said, stated);
  }

  pending_requests<key, asked> waiting_;
  std::uint64_t moved_ = 0, messages_ = 0;  ///< of the program that is on its way
  bool whole_ = true;                       ///< nothing was missed
  told_facts<most_told> told_;
};

const protocol focas_protocol{{
    .name = "focas",
    .tcp_ports = ports,
    .probe = probe,
    .frame = frame,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<focas_session>(); },
}};

}  // namespace
}  // namespace mw
