// Data connections of FTP (RFC 959 5.2), which their control connection announces: counted and digested, never kept.
#include "sensor/dissect/protocol.hpp"

#include "common/digest.hpp"

#include <array>

namespace mw {
namespace {

constexpr std::array<std::uint16_t, 1> ports{20};
constexpr std::uint64_t most_digested = 8ull * 1024 * 1024;

/// Nobody is known by these bytes; who announced the connection knows.
match probe(bytes, transport t) { return t == transport::tcp ? match::unsure : match::no; }
result<std::size_t> frame(bytes head) { return head.size(); }

class transfer final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    auto& d = sides_[static_cast<std::size_t>(m.from)];
    if (d.octets == 0) {
      d.began = m.time;
      d.tls = m.data.size() > 2 && m.data[0] == 0x16 && m.data[1] == 3;  // RFC 4217: PROT P
      out.count("ftp_data", "transfer", m.from == side::client ? "store" : "retrieve");
    }
    d.last = m.time;
    d.octets += m.data.size();
    if (d.octets <= most_digested && !d.tls && !d.lost) d.sum.add(m.data);
    return verdict::taken;
  }
  void on_gap(side from) override { sides_[static_cast<std::size_t>(from)].lost = true; }
  void on_end(timestamp, output& out) override {
    for (const auto from : {side::client, side::server}) tell(from, out);
  }

private:
  struct direction {
    std::uint64_t octets = 0;
    timestamp began{}, last{};
    bool lost = false, tls = false;
    sha256_sum sum;
  };

  void tell(side from, output& out) {
    auto& d = sides_[static_cast<std::size_t>(from)];
    const bool tls = sides_[0].tls || sides_[1].tls;
    if (d.octets == 0) return;
    operation op;
    op.time = d.began;
    op.function = from == side::client ? "STOR" : "RETR";
    op.function_name = from == side::client ? "store" : "retrieve";
    op.action = from == side::client ? action::file_write : action::read;  // a listing comes this way, too
    op.fields.emplace_back("bytes", d.octets);
    op.fields.emplace_back("seconds", to_seconds(d.last - d.began));
    if (tls) op.fields.emplace_back("encrypted", true);
    if (d.lost) op.fields.emplace_back("incomplete", true);
    if (!tls && !d.lost && d.octets <= most_digested) op.fields.emplace_back("sha256", d.sum.text());
    out.emit(std::move(op));
    d.octets = 0;
  }

  std::array<direction, 2> sides_;
};

const protocol ftp_data{{
    .name = "ftp_data",
    .tcp_ports = ports,
    .any_tcp_port = false,
    .probe = probe,
    .frame = frame,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<transfer>(); },
}};

}  // namespace
}  // namespace mw
