// SMB over TCP ([MS-SMB2], [MS-SMB], [MS-CIFS]) with the session service of NetBIOS (RFC 1001, 1002): who logs on, which shares, files and
// pipes are opened, and what is called over the pipes. Contents of files are counted, never kept.
#include "common/text.hpp"
#include "sensor/dissect/smb_stream.hpp"
#include "sensor/dissect/smb_v1.hpp"
#include "sensor/dissect/smb_v2.hpp"

#include <array>

namespace mw {
namespace {

constexpr std::array<std::uint16_t, 2> ports{139, 445};
enum version : std::uint8_t { compressed = 0xfc, encrypted = 0xfd, second = 0xfe, first = 0xff };
constexpr std::size_t size_of_name = 34;

/// A name of NetBIOS, each half octet as a letter (RFC 1001 14.1), and its last octet, which says what of the machine is meant.
std::string decode_name(bytes encoded, std::uint8_t& suffix) {
  std::array<std::uint8_t, 16> name{};
  for (std::size_t i = 0; i < name.size(); ++i) {
    const unsigned high = encoded[2 * i] - unsigned{'A'}, low = encoded[2 * i + 1] - unsigned{'A'};
    if (high > 15 || low > 15) return {};
    name[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  suffix = name[15];
  return printable(bytes{name}.first(15));
}

match probe(bytes head, transport t) {
  if (t != transport::tcp || head.empty()) return match::no;
  if (head[0] == 0x81) {  // a session is asked for: two names of a fixed form
    if (head.size() < 4) return match::unsure;
    const std::size_t size = std::size_t{head[2]} << 8 | head[3];
    if ((head[1] & 0xfe) != 0 || size != 2 * size_of_name) return match::no;
    if (head.size() < smb::head_of_unit + size) return match::unsure;
    return head[4] == 32 && head[4 + size_of_name] == 32 ? match::certain : match::no;
  }
  if (head[0] >= 0x82 && head[0] <= 0x83) {
    if (head.size() < 4) return match::unsure;
    const bool empty = head[1] == 0 && head[2] == 0 && head[3] == (head[0] == 0x83 ? 1 : 0);
    return empty ? match::yes : match::no;
  }
  if (head[0] != 0) return match::no;
  if (head.size() < 8) return match::unsure;
  return smb::begins(head) ? match::certain : match::no;
}

/// Any bytes: messages are longer than what is kept of them, so the session cuts for itself.
result<std::size_t> frame(bytes head) { return head.size(); }

class smb_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    auto& s = streams_[static_cast<std::size_t>(m.from)];
    const bool good = s.add(m, [&](const smb::unit& u) {
      auto one = m;
      one.data = u.data;
      one.time = u.time;
      on_unit(u, one, out);
    });
    if (!good) out.violate(m.from, "session_message", "octets are no message of the session service");
    return verdict::taken;
  }
  void on_gap(side from) override {
    streams_[static_cast<std::size_t>(from)].gap();
    state_.on_gap(from);
  }
  void on_time(timestamp now, output& out) override {
    state_.on_time(now, out);
    first_.on_time(now, out);
    second_.on_time(now, out);
  }
  void on_end(timestamp now, output& out) override {
    first_.on_end(out);
    second_.on_end(out);
    state_.on_end(now, out);
  }

private:
  void on_unit(const smb::unit& u, const message& m, output& out) {
    if (u.kind != smb::unit_kind::message) return on_session_service(u, m, out);
    switch (u.data[0]) {
      case first: return first_.on_message(u.data, u.size, m, out);
      case second: {
        auto multi = first_.take_negotiation();
        second_.on_message(u.data, u.size, m, out, multi);
        if (multi) {  // it was not answered by this
          multi->outcome = outcome::none;
          out.emit(std::move(*multi), m.from);
        }
        return;
      }
      case encrypted: return second_.on_encrypted(u.data, u.size, m, out);
      case compressed: return second_.on_compressed(u.data, u.size, m, out);
      default: return;
    }
  }

  void on_session_service(const smb::unit& u, const message& m, output& out) {
    out.count("smb", "session_service", static_cast<std::uint32_t>(u.kind));
    if (u.kind == smb::unit_kind::negative) {
      auto op = smb::made("netbios", 0x81, "session_request", action::session, m.time);
      op.outcome = outcome::refused;
      if (!u.data.empty()) op.code = std::to_string(u.data[0]);
      return out.emit(std::move(op), other(m.from));
    }
    if (u.kind != smb::unit_kind::request) return;
    constexpr std::uint8_t label = 32, workstation = 0x00, server = 0x20, hinted = 60;
    reader in{u.data};
    const auto called = in.take(size_of_name), calling = in.take(size_of_name);
    if (!in.ok() || called[0] != label || calling[0] != label)
      return out.violate(m.from, "session_request", "names that are none of NetBIOS");
    std::uint8_t suffix = 0;
    const auto there = decode_name(called.subspan(1, 32), suffix);
    if (suffix == server && !there.empty() && there[0] != '*') out.learn(other(m.from), {}, "host_name", there, hinted);
    const auto here = decode_name(calling.subspan(1, 32), suffix);
    if (suffix == workstation && !here.empty()) out.learn(m.from, {}, "host_name", here, hinted);
  }

  smb::state state_;
  smb::version_1 first_{state_};
  smb::version_2 second_{state_};
  std::array<smb::stream, 2> streams_;
};

const protocol here{{
    .name = "smb",
    .tcp_ports = ports,
    .probe = probe,
    .frame = frame,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<smb_session>(); },
    .risks_by_ndpi = true,
}};

}  // namespace
}  // namespace mw
