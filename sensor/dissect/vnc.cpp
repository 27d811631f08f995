// VNC: the remote framebuffer protocol 3.3 to 3.8 (RFC 6143) with the security types of its makers. Who is let in and how, the screen, and
// that it is operated; pictures are not read.
#include "sensor/dissect/vnc_handshake.hpp"
#include "sensor/dissect/vnc_input.hpp"

namespace mw {
namespace {

constexpr std::array<std::uint16_t, 6> ports{5900, 5901, 5902, 5903, 5904, 5500};  // 5500: the server calls the viewer

match probe(bytes head, transport) {
  return rfb::parse_version(head) ? match::certain : match::unsure;  // never no: behind a gap anything may follow
}

/// Any bytes: borders are known only to who followed the handshake.
result<std::size_t> frame(bytes head) { return head.size(); }

class vnc_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    if (!handshake_.running()) {
      handshake_.take(m, out);
      if (handshake_.running())
        if (const auto rest = handshake_.rest_of_viewer(); !rest.empty()) input_.take(rest, handshake_.viewer(), m.time, out);
    } else if (m.from == handshake_.viewer()) {
      input_.take(m.data, m.from, m.time, out);
    } else {
      server_text(m, out);
    }
    return verdict::taken;
  }
  void on_gap(side from) override {
    if (!handshake_.running())
      handshake_.lost();
    else if (from == handshake_.viewer())
      input_.gap();
  }
  void on_end(timestamp, output& out) override {
    handshake_.end(out);
    input_.end(out);
  }

private:
  /// Of what the server sends, pictures hide the borders; a copied text that is a segment of its own is seen.
  void server_text(const message& m, output& out) {
    constexpr std::uint8_t cut_text = 3;
    reader in{m.data};
    const auto type = in.u8();
    const bool padded = in.u8() == 0 && in.u16() == 0;
    if (type == cut_text && padded && in.u32() == in.left() && in.ok()) input_.copied(m.from == side::client ? "client" : "server", out);
  }

  rfb::handshake handshake_;
  rfb::input input_;
};

const protocol here{{
    .name = "vnc",
    .tcp_ports = ports,
    .probe = probe,
    .frame = frame,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<vnc_session>(); },
    .risks_by_ndpi = true,
}};

}  // namespace
}  // namespace mw
