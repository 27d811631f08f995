// DCE/RPC over TCP as Windows speaks it ([MS-RPCE], C706): the endpoint mapper on port 135, and whoever it or an object exporter names.
#include "sensor/dissect/msrpc_messages.hpp"

#include <array>

namespace mw {
namespace {

constexpr std::array<std::uint16_t, 1> ports{135};
constexpr std::size_t head_of_message = 16;

/// Strict: a whole head that is consistent, and of a bind the first interface's transfer syntax.
match probe(bytes head, transport t) {
  if (t != transport::tcp) return match::no;
  const auto size = dce_rpc::frame(head);
  if (!size) return match::no;
  if (head.size() > 1 && head[1] > 1) return match::no;
  if (head.size() > 2 && head[2] > static_cast<std::uint8_t>(dce_rpc::kind::orphaned)) return match::no;
  if (head.size() < head_of_message) return match::unsure;
  reader in{head};
  in.skip(2);
  const auto type = static_cast<dce_rpc::kind>(in.u8());
  const auto flags = in.u8();
  const auto order = in.u8(), floats = in.u8();
  const auto reserved = in.u16();
  if ((order != 0x10 && order != 0x00) || floats > 3 || reserved != 0 || (flags & 0x08) != 0) return match::no;
  const bool connected = type == dce_rpc::kind::request || type == dce_rpc::kind::response || type == dce_rpc::kind::fault ||
                         (type >= dce_rpc::kind::bind && type <= dce_rpc::kind::auth3);
  if (!connected) return match::no;
  if (head.size() < *size) return *size <= 8192 ? match::unsure : match::no;
  const auto h = dce_rpc::read(head.first(*size));
  if (!h) return match::no;
  if (h->type == dce_rpc::kind::bind) {
    const auto contexts = dce_rpc::offered(*h);
    if (contexts.empty()) return match::no;
    return msrpc::find(contexts[0].interface_id) != nullptr ? match::certain : match::yes;
  }
  return match::yes;
}

class msrpc_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    calls_.on_fragment(m, out);
    return verdict::taken;
  }
  void on_gap(side from) override { calls_.on_gap(from); }
  void on_time(timestamp now, output& out) override { calls_.on_time(now, out); }
  void on_end(timestamp, output& out) override { calls_.on_end(out); }

private:
  msrpc::calls calls_;
};

const protocol here{{
    .name = "msrpc",
    .tcp_ports = ports,
    .probe = probe,
    .frame = dce_rpc::frame,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<msrpc_session>(); },
    .risks_by_ndpi = true,
}};

}  // namespace
}  // namespace mw
