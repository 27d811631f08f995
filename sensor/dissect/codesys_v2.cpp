// CODESYS V2 on TCP: a magic of two octets, a length, and a request whose first octet says what it is. There is no public specification;
// only the question for the controller's identity has been published.
#include "common/text.hpp"
#include "sensor/dissect/pending.hpp"
#include "sensor/dissect/told.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace mw {
namespace {

constexpr std::array<std::uint16_t, 2> ports{1200, 2455};
constexpr std::uint16_t magic = 0xbbbb;
constexpr std::size_t head_size = 6, largest = 256 * 1024, most_told = 16;
constexpr std::uint8_t stated = 80, identity_request = 1;

result<std::size_t> frame(bytes head) {
  reader in{head};
  const auto mark = in.u16();
  if (in.ok() && mark != magic) return fail(fault::malformed, "magic");
  const auto size = in.u32le();
  if (!in.ok()) return 0u;
  if (size == 0 || size > largest) return fail(fault::malformed, "length", 2);
  return head_size + size;
}
match probe(bytes head, transport t) {
  if (t != transport::tcp) return match::no;
  const auto size = frame(head);
  if (!size) return match::no;
  if (*size == 0 || head.size() < *size) return match::unsure;
  return head.size() == *size ? match::yes : match::no;
}

class codesys_v2_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    reader in{m.data};
    in.skip(head_size);
    const auto code = in.u8();
    if (!in.ok()) {
      out.violate(m.from, "length", "a message without a service");
      return verdict::taken;
    }
    out.count("codesys_v2", m.from == side::client ? "request" : "response", code);
    if (m.from == side::client)
      on_request(code, in.rest(), m, out);
    else
      on_reply(code, m, out);
    return verdict::taken;
  }
  /// An answer finds its request by order: after a loss the order is not known.
  void on_gap(side) override { lost_ = true; }
  void on_time(timestamp now, output& out) override { open_.expire(now, out); }
  void on_end(timestamp, output& out) override { open_.finish(out); }

private:
  void on_request(std::uint8_t code, bytes data, const message& m, output& out) {
    if (std::exchange(lost_, false)) open_.finish(out);
    operation op;
    op.time = m.time;
    op.function = std::to_string(code);
    op.function_name = code == identity_request ? "read_identity" : "service";
    op.action = code == identity_request ? action::identify : action::diagnose;
    if (!data.empty()) op.fields.emplace_back("payload_size", std::uint64_t{data.size()});
    open_.add(0, std::move(op), out, m.from, code);
  }
  void on_reply(std::uint8_t code, const message& m, output& out) {
    if (std::exchange(lost_, false)) open_.finish(out);
    auto asked = open_.take(0);
    if (asked) {
      if (asked->extra == identity_request) tell_identity(m, asked->op, out);
      return answer(std::move(*asked), m.time, outcome::ok, out);
    }
    operation op;
    op.time = m.time;
    op.function = std::to_string(code);
    op.function_name = "reply";
    op.action = action::diagnose;
    op.outcome = outcome::unpaired;
    out.emit(std::move(op), other(m.from));
  }
  /// Name and version of the operating system, and the product, each ended by a zero.
  void tell_identity(const message& m, operation& op, output& out) {
    constexpr std::size_t first = 64, width = 32;
    reader in{m.data};
    in.skip(first);
    const auto text = [](bytes b) { return printable(b.first(static_cast<std::size_t>(std::ranges::find(b, 0) - b.begin()))); };
    auto system = text(in.take(width));
    const auto version = text(in.take(width)), product = text(in.rest().first(std::min(width, in.left())));
    if (!in.ok()) return;
    if (!system.empty() && !version.empty()) system += ' ' + version;
    for (const auto& [kind, value] : {std::pair<std::string_view, std::string>{"os", system}, {"model", product}}) {
      if (value.empty() || value.find('?') != std::string::npos) continue;
      op.values.emplace_back(value);
      if (told_.fresh({}, {}, kind, value, m.time, "codesys_v2", out)) out.learn(m.from, {}, kind, value, stated);
    }
  }

  pending_requests<int, std::uint8_t, 64> open_;
  told_facts<most_told> told_;
  bool lost_ = false;
};

const protocol codesys_v2{{
    .name = "codesys_v2",
    .tcp_ports = ports,
    .any_tcp_port = false,
    .probe = probe,
    .frame = frame,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<codesys_v2_session>(); },
}};

}  // namespace
}  // namespace mw
