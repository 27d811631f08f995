// DTLS 1.0 to 1.3 on UDP (RFC 6347, RFC 9147, record of a connection identifier RFC 9146): the handshake as in TLS, in datagrams.
#include "sensor/dissect/tls_names.hpp"
#include "sensor/dissect/tls_report.hpp"

#include <algorithm>

namespace mw {
namespace {

using namespace tls;

/// HTTPS and its VPNs, DNS, CIP Security, TURN, CoAP, secure syslog, SNMP.
constexpr std::array<std::uint16_t, 9> ports{443, 853, 2221, 4433, 5349, 5684, 6514, 10161, 10162};
constexpr std::uint8_t with_identifier = 25, acknowledgement = 26;
constexpr std::uint8_t unified_mask = 0xe0, unified = 0x20, unified_identifier = 0x10, unified_sequence = 0x08, unified_length = 0x04;
constexpr std::size_t longest_message = 64 * 1024;

struct record {
  std::uint8_t type = 0;  ///< 0: sealed by DTLS 1.3, which hides it
  std::uint16_t epoch = 0;
  bytes body;
};
/// The next record of a datagram; nothing where none begins.
std::optional<record> next_record(reader& in) {
  record r;
  const auto first = in.u8();
  if ((first & unified_mask) == unified) {
    if ((first & unified_identifier) != 0) return {};  // how long it is was said in a sealed message
    in.skip((first & unified_sequence) != 0 ? 2 : 1);
    r.body = (first & unified_length) != 0 ? in.take(in.u16()) : in.take(in.left());
    r.epoch = 1;
    if (!in.ok() || r.body.size() < 16) return {};
    return r;
  }
  const auto v = in.u16();
  r.type = first;
  r.epoch = in.u16();
  in.skip(6);  // sequence number
  if (first < content::change_cipher || first > acknowledgement || (v != version::dtls_1_0 && v != version::dtls_1_2)) return {};
  if (first == with_identifier) {
    in.take(in.left());
    r.epoch = 1;
  } else {
    r.body = in.take(in.u16());
    if (r.body.empty()) return {};
  }
  if (!in.ok()) return {};
  return r;
}

struct fragment {
  std::uint8_t type = 0;
  std::uint16_t sequence = 0;
  std::size_t size = 0, offset = 0;
  bytes data;
};
std::optional<fragment> next_fragment(reader& in) {
  fragment f;
  f.type = in.u8();
  f.size = static_cast<std::size_t>(in.be_n(3));
  f.sequence = in.u16();
  f.offset = static_cast<std::size_t>(in.be_n(3));
  f.data = in.take(static_cast<std::size_t>(in.be_n(3)));
  if (!in.ok() || f.offset + f.data.size() > f.size || (f.data.empty() && f.size != 0)) return {};
  return f;
}

class dtls_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    of_.addresses[static_cast<std::size_t>(m.from)] = m.source.address;
    of_.addresses[static_cast<std::size_t>(other(m.from))] = m.target.address;
    reader in{m.data};
    bool any = false;
    while (in.left()) {
      const auto r = next_record(in);
      if (!r) {
        if (any) connection_.broke(m.from, "record", "behind a record stands something else");
        break;
      }
      any = true;
      on_record(*r, m, out);
    }
    tell_remarks(connection_, of_, out);
    tell(connection_, of_, m.time, false, out);
    return any ? verdict::taken : verdict::not_mine;
  }
  void on_time(timestamp now, output& out) override { tell(connection_, of_, now, false, out); }
  void on_end(timestamp now, output& out) override { tell(connection_, of_, now, true, out); }

private:
  struct assembly {  // of the message whose fragments come
    std::uint16_t sequence = 0;
    std::vector<std::uint8_t> data;
  };

  void on_record(const record& r, const message& m, output& out) {
    out.count("dtls", "record", std::uint32_t{r.type});
    const bool sealed = r.epoch != 0;
    switch (r.type) {
      case content::change_cipher: connection_.on_change_cipher(m.from); break;
      case content::alert:
        if (sealed || r.body.size() != 2) return connection_.on_sealed(m.from, r.type, m.time);
        out.count("dtls", "alert", std::uint32_t{r.body[1]});
        connection_.on_alert(m.from, r.body, m.time);
        break;
      case content::handshake: sealed ? connection_.on_sealed(m.from, r.type, m.time) : on_fragments(r.body, m, out); break;
      case content::heartbeat:
        if (!sealed) connection_.on_heartbeat(m.from, r.body);
        break;
      case acknowledgement: break;
      default: connection_.on_application(m.from, r.body.size(), m.time); break;
    }
  }

  void on_fragments(bytes body, const message& m, output& out) {
    reader in{body};
    while (in.left()) {
      const auto f = next_fragment(in);
      if (!f) return connection_.broke(m.from, "fragment", "a fragment is not a part of its message");
      if (f->data.size() == f->size) {
        on_whole(f->type, f->data, m, out);
        continue;
      }
      if (f->size > longest_message) {
        out.count("dtls", "forgotten", "handshake");
        continue;
      }
      auto& a = assemblies_[static_cast<std::size_t>(m.from)];
      if (f->offset == 0) a.sequence = f->sequence, a.data.clear();
      if (a.sequence != f->sequence || a.data.size() != f->offset) continue;  // it is sent again, or something before it is lost
      a.data.insert(a.data.end(), f->data.begin(), f->data.end());
      if (a.data.size() == f->size) on_whole(f->type, std::exchange(a.data, {}), m, out);
    }
  }
  void on_whole(std::uint8_t type, bytes body, const message& m, output& out) {
    out.count("dtls", "handshake", std::uint32_t{type});
    connection_.on_handshake(m.from, type, body, m.time);
  }

  connection connection_{true};
  std::array<assembly, 2> assemblies_;
  telling of_{.protocol = "dtls"};
};

match probe(bytes head, transport t) {
  if (t != transport::udp) return match::no;
  reader in{head};
  bool greets = false, first = true;
  while (in.left()) {
    const auto r = next_record(in);
    if (!r || (first && r->type == 0)) return match::no;  // what DTLS 1.3 seals looks like noise
    first = false;
    if (r->type == content::change_cipher && r->epoch == 0 && (r->body.size() != 1 || r->body[0] != 1)) return match::no;
    if (r->type != content::handshake || r->epoch != 0) continue;
    reader body{r->body};
    while (body.left()) {
      const auto f = next_fragment(body);
      if (!f) return match::no;
      greets = greets || f->type == handshake_type::client_hello || f->type == handshake_type::server_hello;
    }
  }
  return first ? match::no : greets ? match::certain : match::yes;
}

const protocol here{{
    .name = "dtls",
    .udp_ports = ports,
    .probe = probe,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<dtls_session>(); },
    .risks_by_ndpi = true,
}};

}  // namespace
}  // namespace mw
