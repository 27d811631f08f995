// SSH (RFC 4253, RFC 4252; SSH 1.5): programs, algorithms, fingerprints and the host key of the clear handshake; logins by the shape of
// what is encrypted. Nothing is told per packet of a session, a tunnel or a file transfer.
#include "common/digest.hpp"
#include "common/text.hpp"
#include "sensor/dissect/lines.hpp"
#include "sensor/dissect/ssh_algorithms.hpp"
#include "sensor/dissect/ssh_authentication.hpp"
#include "sensor/dissect/ssh_names.hpp"

#include <array>
#include <vector>

namespace mw {
namespace {

constexpr std::array<std::uint16_t, 2> ports{22, 2222};
constexpr std::size_t longest_version = 255, longest_packet = 35'000, least_padding = 4, most_greeting = 64;  // RFC 4253 4.2, 6.1, 6
constexpr std::size_t longest_name = 64;
constexpr std::uint8_t disconnect = 1, debug = 4, ext_info = 7, kexinit = 20, newkeys = 21, first_kex = 30, last_kex = 49;
constexpr std::uint8_t ssh1_public_key = 2, ssh1_session_key = 3;
constexpr std::uint8_t stated = 80, hinted = 60;
constexpr std::uint32_t least_rsa = 2048;

/// Payload of the packet at the front of `data`, where it is whole and clear.
struct clear_packet {
  bytes payload;
  std::size_t size = 0;  ///< with length and padding; 0 = more bytes are needed
};
result<clear_packet> parse_packet(bytes data) {
  reader in{data};
  const auto length = in.u32();
  const auto padding = in.u8();
  if (!in.ok()) return clear_packet{};
  if (length < least_padding + 2 || length > longest_packet) return fail(fault::malformed, "packet length", 0);
  if (padding < least_padding || padding + 2u > length) return fail(fault::malformed, "padding length", 4);
  if (in.left() < length - 1) return clear_packet{};
  return clear_packet{in.take(length - 1 - padding), std::size_t{4} + length};
}
bool begins_with_offer(bytes data) {
  const auto p = parse_packet(data);
  return p && p->size != 0 && ssh::parse_offer(p->payload).has_value();
}

match probe(bytes head, transport) {
  constexpr std::string_view two = "SSH-2.0-", one = "SSH-1.";
  const auto begins = [&](std::string_view with) {
    return std::ranges::equal(head.first(std::min(head.size(), with.size())), with.substr(0, std::min(head.size(), with.size())));
  };
  if (head.size() >= two.size() && (begins(two) || begins(one))) return match::certain;
  if (begins_with_offer(head)) return match::certain;
  return match::unsure;  // never no: behind a gap the rest of the conversation is encrypted and may look like anything
}

/// Any bytes: borders are known only to who followed the handshake, so the session cuts for itself.
result<std::size_t> frame(bytes head) { return head.size(); }

/// Without what a terminal would obey.
std::string safe(std::string_view text) {
  const std::vector<std::uint8_t> octets(text.begin(), text.end());
  return printable(octets, longest_version);
}

/// "SHA256:…" as OpenSSH prints it: base64 of the digest, without padding.
std::string fingerprint(bytes key) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out = "SHA256:";
  unsigned held = 0, bits = 0;
  for (const char c : sha256(key)) {
    held = held << 4 | static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10), bits += 4;
    if (bits < 6) continue;
    out += letters[held >> (bits - 6) & 63u];
    bits -= 6;
  }
  if (bits != 0) out += letters[held << (6 - bits) & 63u];
  return out;
}
std::uint32_t bits_of(bytes mpint) {
  while (!mpint.empty() && mpint.front() == 0) mpint = mpint.subspan(1);
  if (mpint.empty()) return 0;
  return static_cast<std::uint32_t>((mpint.size() - 1) * 8) + static_cast<std::uint32_t>(std::bit_width(unsigned{mpint.front()}));
}

class ssh_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    if (began_ == timestamp{}) began_ = m.time;
    last_ = m.time;
    auto& d = sides_[static_cast<std::size_t>(m.from)];
    auto rest = m.data;
    while (!rest.empty()) {
      if (d.at == where::hidden) {
        if (!old_) logins_.take(m.from, rest, m.time, out);
        break;
      }
      d.at == where::version ? version(d, rest, m, out) : packets(d, rest, m, out);
    }
    return verdict::taken;
  }
  void on_gap(side from) override {
    auto& d = sides_[static_cast<std::size_t>(from)];
    d.lines.clear();
    d.buffer.clear();
    d.lost = true;
    logins_.gap(from);
  }
  void on_end(timestamp, output& out) override {
    logins_.end(out);
    const bool through = sides_[0].at == where::hidden && sides_[1].at == where::hidden;
    handshake(refused_ ? outcome::refused : through ? outcome::ok : outcome::timeout, last_, out);
  }

private:
  enum class where : std::uint8_t { version, packets, hidden };
  struct direction {
    where at = where::version;
    line_reader<512> lines;
    std::vector<std::uint8_t> buffer;  ///< of a packet that has not ended; at most longest_packet and its length
    bool lost = false, complained = false;
    unsigned greeting = 0;
    std::string version;
    std::optional<ssh::offer> offer;
  };

  void version(direction& d, bytes& rest, const message& m, output& out) {
    if (d.lines.line().empty() && begins_with_offer(rest)) {  // picked up behind the version
      d.at = where::packets;
      return;
    }
    const bool lost = std::exchange(d.lost, false);
    if (!d.lines.next(rest)) {
      d.lost = lost;
      return;
    }
    auto line = d.lines.line();
    if (!line.starts_with("SSH-")) {
      if (line.find("MaxStartups") != std::string_view::npos || line.find("Not allowed") != std::string_view::npos) refused_ = true;
      // RFC 4253 4.2: the server may say other lines first; the client may not
      if (lost || (m.from == side::server && ++d.greeting <= most_greeting)) return;
      if (!std::exchange(d.complained, true)) out.violate(m.from, "identification", "a line that is not allowed before the version");
      return;
    }
    if (d.lines.cut() || line.size() + 2 > longest_version) out.violate(m.from, "version_length", "a version string is longer than 255");
    d.at = where::packets;
    d.version = safe(line);
    line.remove_prefix(4);
    const auto dash = line.find('-');
    const auto number = line.substr(0, dash);
    if (dash == std::string_view::npos || (number != "2.0" && number != "1.99" && number != "1.5" && number != "1.3"))
      out.violate(m.from, "version", "a version that no document knows");
    if (number.starts_with("1.") && number != "1.99") old_ = true;
    if (number == "1.99") out.describe("ssh1_offered", "yes");
    if (number.starts_with("1.")) out.learn(m.from, {}, "insecure_configuration", "ssh protocol 1 is spoken", stated);
    out.count("ssh", "version", number == "2.0" ? std::string_view{"2.0"} : number == "1.99" ? "1.99" : "1");
    out.describe(m.from == side::client ? "client_version" : "server_version", d.version);
    if (dash == std::string_view::npos) return;
    const auto software = std::string_view{d.version}.substr(std::min(d.version.size(), 4 + dash + 1));
    if (software.empty()) return;
    out.learn(m.from, {}, "software", software, stated);
    const auto is = ssh::program_of(software);
    if (!is.os.empty()) out.learn(m.from, {}, "os", is.os, hinted);
    if (!is.vendor.empty()) out.learn(m.from, {}, "vendor", is.vendor, hinted);
  }

  /// Packets that are not encrypted yet.
  void packets(direction& d, bytes& rest, const message& m, output& out) {
    bytes whole = rest;
    if (!d.buffer.empty()) {
      const auto room = std::min(rest.size(), longest_packet + 4 - std::min(longest_packet + 4, d.buffer.size()));
      d.buffer.insert(d.buffer.end(), rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(room));
      whole = d.buffer;
    }
    const auto before = d.buffer.empty() ? 0u : d.buffer.size() - std::min(rest.size(), d.buffer.size());
    const auto packet = old_ ? parse_old(whole) : parse_packet(whole);
    if (!packet) {
      if (!d.lost) out.violate(m.from, "packet", packet.error().what);
      hide(d, m, out);  // most likely encrypted: the change of keys was in what is missing
      d.buffer.clear();
      return;
    }
    if (packet->size == 0) {
      if (d.buffer.empty()) d.buffer.assign(rest.begin(), rest.end());
      rest = {};
      return;
    }
    d.lost = false;
    old_ ? old_message(packet->payload, d, m, out) : take(packet->payload, d, m, out);
    rest = rest.subspan(std::min(rest.size(), packet->size - std::min<std::size_t>(packet->size, before)));
    d.buffer.clear();
  }

  void take(bytes payload, direction& d, const message& m, output& out) {
    const auto type = payload.front();
    out.count("ssh", "message", type);
    reader in{payload.subspan(1)};
    if (type == kexinit) {
      auto offer = ssh::parse_offer(payload);
      if (!offer) return out.violate(m.from, "kexinit", "SSH_MSG_KEXINIT is not its ten name-lists");
      d.offer = std::move(offer);
      const bool server = m.from == side::server;
      hassh_[server ? 1 : 0] = ssh::hassh(*d.offer, server);
      out.describe(server ? "hassh_server" : "hassh", hassh_[server ? 1 : 0]);
      if (sides_[0].offer && sides_[1].offer) agree(out);
    } else if (type == newkeys) {
      if (!d.offer && !d.version.empty()) out.violate(m.from, "new_keys", "SSH_MSG_NEWKEYS without a key exchange");
      hide(d, m, out);
    } else if (type == disconnect) {
      code_ = in.u32();
      refused_ = true;
    } else if (type >= first_kex && type <= last_kex) {
      if (!d.offer && !d.version.empty()) out.violate(m.from, "key_exchange", "a key exchange message before SSH_MSG_KEXINIT");
      const bool with_key = algorithms_[0].find("group-exchange") != std::string::npos ? type == 33
                            : algorithms_[0].starts_with("rsa")                        ? type == 30
                                                                                       : type == 31;
      if (m.from == side::server && with_key) host_key(in, m, out);
    } else if (type > last_kex) {
      out.violate(m.from, "unencrypted", "a login or session message before the change of keys");
    } else if (type > debug && type != ext_info) {
      out.violate(m.from, "unexpected_message", "a message that has no place in the key exchange");
    }
  }

  void agree(output& out) {
    const auto &c = *sides_[0].offer, &s = *sides_[1].offer;
    constexpr std::array<std::string_view, ssh::list_count> names{
        "kex", "host_key_algorithm", "cipher_c2s", "cipher_s2c", "mac_c2s", "mac_s2c", "compression_c2s", "compression_s2c"};
    for (std::size_t i = 0; i < names.size(); ++i) algorithms_[i] = std::string{ssh::agreed(c[i], s[i]).substr(0, longest_name)};
    logins_.shapes(ssh::shape_of(algorithms_[ssh::cipher_c2s], algorithms_[ssh::mac_c2s]),
                   ssh::shape_of(algorithms_[ssh::cipher_s2c], algorithms_[ssh::mac_s2c]));
    for (const auto& [mac, cipher] : {std::pair{ssh::mac_c2s, ssh::cipher_c2s}, std::pair{ssh::mac_s2c, ssh::cipher_s2c}})
      if (algorithms_[cipher].find("gcm") != std::string::npos || algorithms_[cipher].starts_with("chacha20-poly1305"))
        algorithms_[mac] = "implicit";
    for (std::size_t i = 0; i < names.size(); ++i) {
      const auto& a = algorithms_[i];
      if (a.empty()) out.describe("no_common_algorithm", names[i]), refused_ = true;
      if (!a.empty()) out.describe(names[i], a);
      const bool bare = a == "none" && i < ssh::compression_c2s;
      if ((bare || ssh::is_weak(a)) && !ssh::offers(weak_, a)) weak_ += (weak_.empty() ? "" : ",") + a;
    }
    const bool strict =
        ssh::offers(c[ssh::kex], "kex-strict-c-v00@openssh.com") && ssh::offers(s[ssh::kex], "kex-strict-s-v00@openssh.com");
    out.describe("strict_kex", strict ? "yes" : "no");
    if (!weak_.empty()) {
      out.describe("weak_algorithms", weak_);
      out.learn(side::server, {}, "insecure_configuration", "ssh: " + weak_, stated);
    }
    std::string offered;
    for (std::size_t i = 0; i < ssh::compression_c2s; ++i)
      if (i != ssh::cipher_c2s && i != ssh::mac_c2s)
        if (const auto w = ssh::weak_of(s[i]); !w.empty()) offered += (offered.empty() ? "" : ",") + w;
    if (!offered.empty()) out.describe("weak_offered", offered);
    sides_[0].offer->fill({}), sides_[1].offer->fill({});  // only that they came is of interest from here on
  }

  void host_key(reader& in, const message& m, output& out) {
    const auto key = in.take(in.u32());
    reader k{key};
    const auto type = k.take(k.u32());
    if (!in.ok() || !k.ok() || type.empty()) return out.violate(m.from, "host_key", "a key exchange reply without a host key");
    key_type_ = printable(type, 64);
    fingerprint_ = fingerprint(key);
    if (key_type_ == "ssh-rsa") k.skip(k.u32());
    if (key_type_ == "ssh-rsa" || key_type_ == "ssh-dss") key_bits_ = bits_of(k.take(k.u32()));
    tell_key(out);
  }
  void tell_key(output& out) {
    out.describe("host_key_type", key_type_);
    out.describe("host_key_fingerprint", fingerprint_);
    if (key_bits_ != 0) out.describe("host_key_bits", std::to_string(key_bits_));
    if (key_bits_ != 0 && key_bits_ < least_rsa) out.learn(side::server, {}, "insecure_configuration", "ssh: short host key", stated);
    out.learn(side::server, {}, "ssh_host_key", key_type_ + ' ' + fingerprint_, stated);
  }

  /// From here on `d` is encrypted.
  void hide(direction& d, const message& m, output& out) {
    d.at = where::hidden;
    if (sides_[0].at == where::hidden && sides_[1].at == where::hidden) handshake(refused_ ? outcome::refused : outcome::ok, m.time, out);
  }

  // ---- SSH 1.5: length, padding to eight octets, type, data, CRC
  static result<clear_packet> parse_old(bytes data) {
    reader in{data};
    const auto length = in.u32();
    if (!in.ok()) return clear_packet{};
    if (length < 5 || length > longest_packet) return fail(fault::malformed, "packet length", 0);
    const auto padding = 8 - length % 8;
    if (in.left() < length + padding) return clear_packet{};
    in.skip(padding);
    return clear_packet{in.take(length - 4), std::size_t{4} + padding + length};
  }
  void old_message(bytes payload, direction& d, const message& m, output& out) {
    reader in{payload};
    const auto type = in.u8();
    out.count("ssh", "message_1", type);
    const auto number = [&] { return in.take((in.u16() + 7u) / 8u); };
    if (type == ssh1_public_key && m.from == side::server) {
      in.skip(8 + 4);  // cookie; bits of the server key
      (void)number(), (void)number();
      in.skip(4);
      const auto exponent = number(), modulus = number();
      in.skip(4);  // flags
      const auto ciphers = in.u32(), methods = in.u32();
      if (!in.ok()) return out.violate(m.from, "public_key", in.why().what);
      std::vector<std::uint8_t> key(modulus.begin(), modulus.end());
      key.insert(key.end(), exponent.begin(), exponent.end());
      key_type_ = "rsa1", fingerprint_ = fingerprint(key), key_bits_ = bits_of(modulus);
      tell_key(out);
      out.describe("ciphers", ssh::ssh1_ciphers(ciphers));
      out.describe("login_methods", ssh::ssh1_methods(methods));
      d.at = where::hidden;
    } else if (type == ssh1_session_key && m.from == side::client) {
      const auto cipher = in.u8();
      algorithms_[ssh::cipher_c2s] = algorithms_[ssh::cipher_s2c] = ssh::ssh1_ciphers(cipher < 32 ? 1u << cipher : 0u);
      hide(d, m, out);
    } else if (type == disconnect) {
      refused_ = true;
    }
  }

  void handshake(outcome how, timestamp at, output& out) {
    if (std::exchange(told_, true) || (sides_[0].version.empty() && sides_[1].version.empty() && hassh_[0].empty() && hassh_[1].empty()))
      return;
    operation op;
    op.time = began_;
    op.action = action::session;
    op.function = old_ ? "3" : "20";
    op.function_name = hassh_[0].empty() && hassh_[1].empty() && !old_ ? "version_exchange" : "key_exchange";
    op.outcome = how;
    if (how != outcome::timeout) op.latency = at - began_;
    if (code_) {
      op.code = std::to_string(*code_);
      if (const auto why = ssh::reason_name(*code_); !why.empty()) op.fields.emplace_back("reason", std::string{why});
    }
    const auto put = [&](std::string_view name, const std::string& text) {
      if (!text.empty()) op.fields.emplace_back(name, text);
    };
    put("client_version", sides_[0].version);
    put("server_version", sides_[1].version);
    put("hassh", hassh_[0]);
    put("hassh_server", hassh_[1]);
    put("kex", algorithms_[ssh::kex]);
    put("cipher", algorithms_[ssh::cipher_c2s]);
    put("mac", algorithms_[ssh::mac_c2s]);
    put("host_key_type", key_type_);
    put("host_key_fingerprint", fingerprint_);
    put("weak_algorithms", weak_);
    out.emit(std::move(op));
  }

  std::array<direction, 2> sides_;
  std::array<std::string, 2> hassh_;
  std::array<std::string, ssh::list_count> algorithms_;
  std::string key_type_, fingerprint_, weak_;
  std::uint32_t key_bits_ = 0;
  std::optional<std::uint32_t> code_;
  ssh::authentication logins_;
  timestamp began_{}, last_{};
  bool old_ = false, refused_ = false, told_ = false;
};

const protocol here{{
    .name = "ssh",
    .tcp_ports = ports,
    .probe = probe,
    .frame = frame,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<ssh_session>(); },
    .risks_by_ndpi = true,
}};

}  // namespace
}  // namespace mw
