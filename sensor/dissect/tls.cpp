// TLS 1.0 to 1.3, SSL 3.0, hellos of SSL 2.0, and the national TLCP (RFC 8446, RFC 5246, RFC 6101, GB/T 38636), as far as it is in the
// clear: who greets whom by which name, what is agreed on, which certificates are shown. What is sealed is only counted.
#include "sensor/dissect/tls_messages.hpp"

namespace mw {
namespace {

/// HTTPS, SMTPS, Modbus Security, DNS, LDAPS, FTPS, TELNETS, IMAPS, POP3S, CIP Security, OPC UA, DoIP, SIPS, AMQPS, secure syslog,
/// DNP3 and IEC 60870-5-104 over TLS, Fox, MQTT.
constexpr std::array<std::uint16_t, 25> ports{443,  465,  636,  802,  853,  989,  990,  992,  993,  995,   2221,  3269, 3496,
                                              4433, 4843, 4911, 5061, 5671, 6514, 8443, 8883, 9443, 10161, 19998, 19999};

match probe(bytes head, transport t) { return t == transport::tcp ? tls::probe_stream(head) : match::no; }

class tls_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    watch_.add(m, m.data, out);
    return verdict::taken;
  }
  void on_gap(side from) override { watch_.on_gap(from); }
  void on_time(timestamp now, output& out) override { watch_.on_time(now, out); }
  void on_end(timestamp now, output& out) override { watch_.on_end(now, out); }

private:
  tls::watch watch_{false};
};

const protocol here{{
    .name = "tls",
    .tcp_ports = ports,
    .probe = probe,
    .frame = tls::record_size,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<tls_session>(); },
    .risks_by_ndpi = true,
}};

}  // namespace
}  // namespace mw
