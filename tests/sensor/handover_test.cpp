// A conversation that turns into another protocol, and one that another conversation announced.
#include "sensor/engine.hpp"
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace mw {
namespace {

using namespace std::chrono_literals;

/// Tells every message as an operation, "PROTOCOL: text"; "upgrade" makes it the second protocol, "data PORT" announces the third.
struct echo final : session {
  verdict on_message(const message& m, output& out) override {
    const std::string text{m.data.begin(), m.data.end()};
    operation op;
    op.time = m.time;
    op.function_name = text;
    out.emit(std::move(op), m.from);
    if (text == "upgrade\n") out.become("handover_second");
    if (text.starts_with("data "))
      out.expect({m.source.address, port{static_cast<std::uint16_t>(std::stoi(text.substr(5)))}, {}}, side::server, m.transport,
                 "handover_third");
    return verdict::taken;
  }
  void on_end(timestamp now, output& out) override {
    operation op;
    op.time = now;
    op.function_name = "end";
    out.emit(std::move(op));
  }
};
template <char Ends>
result<std::size_t> upto(bytes head) {
  const auto at = std::ranges::find(head, std::uint8_t{Ends});
  return at == head.end() ? std::size_t{0} : static_cast<std::size_t>(at - head.begin()) + 1;
}
std::unique_ptr<session> open() { return std::make_unique<echo>(); }
match never(bytes, transport) { return match::no; }

constexpr std::uint16_t first_port[] = {61'001};
const protocol first{{.name = "handover_first",
                      .tcp_ports = first_port,
                      .any_tcp_port = false,
                      .any_udp_port = false,
                      .probe = [](bytes, transport) { return match::yes; },
                      .frame = upto<'\n'>,
                      .open = open}};
constexpr std::uint16_t other_port[] = {61'002};
const protocol second{{.name = "handover_second",
                       .tcp_ports = other_port,
                       .any_tcp_port = false,
                       .any_udp_port = false,
                       .probe = never,
                       .frame = upto<'.'>,
                       .open = open}};
const protocol third{{.name = "handover_third",
                      .tcp_ports = other_port,
                      .any_tcp_port = false,
                      .any_udp_port = false,
                      .probe = never,
                      .frame = upto<';'>,
                      .open = open}};

struct keep final : record_sink {
  std::vector<operation> operations;
  std::vector<flow_record> flows;
  void on_record(record&& r) override {
    if (auto* o = std::get_if<operation>(&r))
      operations.push_back(std::move(*o));
    else if (auto* f = std::get_if<flow_record>(&r))
      flows.push_back(std::move(*f));
  }
};

struct handover : testing::Test {
  keep out;
  engine it{{}, out};
  timestamp now{1'700'000'000s};
  std::map<std::uint32_t, std::uint32_t> next;  // sequence number by sending port

  /// One TCP segment between 10.0.0.LAST octets.
  void segment(int from, std::uint16_t from_port, int to, std::uint16_t to_port, std::uint8_t flags, std::string_view text = {}) {
    auto data = test::hex(
        "020000000002 020000000001 0800 4500 0028 0000 0000 40 06 0000 0a000000 0a000000 0000 0000 00000000 00000000 50 00 ffff 0000 0000");
    const auto put = [&](std::size_t at, std::uint32_t value, std::size_t size) {
      for (std::size_t i = 0; i < size; ++i) data[at + i] = static_cast<std::uint8_t>(value >> (8 * (size - 1 - i)));
    };
    auto& sequence = next[from_port];
    put(16, static_cast<std::uint32_t>(40 + text.size()), 2);
    put(29, static_cast<std::uint32_t>(from), 1), put(33, static_cast<std::uint32_t>(to), 1);
    put(34, from_port, 2), put(36, to_port, 2), put(38, sequence, 4), put(47, flags, 1);
    data.insert(data.end(), text.begin(), text.end());
    sequence += static_cast<std::uint32_t>(text.size()) + ((flags & 2) != 0 ? 1 : 0);
    now += 1ms;
    it.on_frame({.time = now, .data = data, .wire_size = static_cast<std::uint32_t>(data.size()), .link_type = 1});
  }
  std::vector<std::string> told() const {
    std::vector<std::string> all;
    for (const auto& o : out.operations) all.push_back(o.protocol + ": " + o.function_name);
    return all;
  }
};
constexpr std::uint8_t syn = 0x02, push = 0x08;

TEST_F(handover, both_sides_go_on_as_the_other_protocol_behind_the_message_that_says_so) {
  segment(1, 5000, 2, 61'001, syn);
  segment(1, 5000, 2, 61'001, push, "hello\n");
  segment(2, 61'001, 1, 5000, push, "welcome\n");
  segment(2, 61'001, 1, 5000, push, "upgrade\nsecond.");  // what follows in the same segment is the other protocol's
  segment(1, 5000, 2, 61'001, push, "not a line\n but one.");
  it.finish({});
  EXPECT_EQ(told(), (std::vector<std::string>{"handover_first: hello\n", "handover_first: welcome\n", "handover_first: upgrade\n",
                                              "handover_first: end", "handover_second: second.", "handover_second: not a line\n but one.",
                                              "handover_second: end"}));
  for (const auto& s : it.stats().ledger.all()) EXPECT_TRUE(s.balanced()) << s.stage;
}

TEST_F(handover, an_announced_conversation_needs_no_probe_and_knows_its_client) {
  segment(1, 5000, 2, 61'001, push, "data 4321\n");  // of 10.0.0.1, which will be the server there
  segment(1, 4321, 2, 20, push, "the server spoke first;");
  segment(3, 4321, 2, 21, push, "another machine;");
  now += 11min;
  segment(1, 4321, 2, 22, push, "too late;");
  it.finish({});
  const auto of_third = std::ranges::find(out.operations, "handover_third", &operation::protocol);
  ASSERT_NE(of_third, out.operations.end());
  EXPECT_EQ(of_third->function_name, "the server spoke first;");
  EXPECT_EQ(of_third->client.port.number, 4321) << "the echo tells what side::server says as that side's question";
  std::size_t third_flows = 0;
  for (const auto& f : out.flows) third_flows += f.application == "handover_third" && f.server.port.number == 4321;
  EXPECT_EQ(third_flows, 2u) << "told when it is new and when it ends";
}

TEST_F(handover, announcements_are_bounded_and_counted) {
  for (int i = 0; i < 5000; ++i) segment(1, 5000, 2, 61'001, push, "data " + std::to_string(1024 + i) + "\n");
  it.finish({});
  EXPECT_EQ(it.stats().pdus.read().at("handover_first").at("forgotten").at("expected_conversation"), 5000u - 4096u);
}

}  // namespace
}  // namespace mw
