// SSH algorithm negotiation: RFC 4253 7.1; sizes after RFC 4253 6.3-6.4, RFC 5647, RFC 6668 and OpenSSH's PROTOCOL and chacha20poly1305.
#include "sensor/dissect/ssh_algorithms.hpp"

#include "common/digest.hpp"

#include <algorithm>

namespace mw::ssh {
namespace {

constexpr std::uint8_t kexinit = 20;
constexpr std::string_view etm = "-etm@openssh.com";

struct size_entry {
  std::string_view begin;
  std::size_t size;
};
/// Block sizes by how the cipher's name begins.
constexpr std::array<size_entry, 14> blocks{{{"aes", 16},
                                             {"rijndael", 16},
                                             {"twofish", 16},
                                             {"serpent", 16},
                                             {"camellia", 16},
                                             {"seed", 16},
                                             {"3des", 8},
                                             {"des", 8},
                                             {"blowfish", 8},
                                             {"cast128", 8},
                                             {"idea", 8},
                                             {"arcfour", 8},
                                             {"chacha20-poly1305", 8},
                                             {"none", 8}}};
/// Tag sizes by name, without what says that the tag is over the encrypted packet.
constexpr std::array<size_entry, 15> tags{{{"hmac-sha1", 20},
                                           {"hmac-sha1-96", 12},
                                           {"hmac-md5", 16},
                                           {"hmac-md5-96", 12},
                                           {"hmac-sha2-256", 32},
                                           {"hmac-sha2-256-96", 12},
                                           {"hmac-sha2-512", 64},
                                           {"hmac-sha2-512-96", 12},
                                           {"hmac-ripemd160", 20},
                                           {"hmac-ripemd160@openssh.com", 20},
                                           {"hmac-ripemd", 20},
                                           {"umac-64", 8},
                                           {"umac-64@openssh.com", 8},
                                           {"umac-128", 16},
                                           {"umac-128@openssh.com", 16}}};

constexpr std::array<std::string_view, 29> weak{"diffie-hellman-group1-sha1",
                                                "diffie-hellman-group14-sha1",
                                                "diffie-hellman-group-exchange-sha1",
                                                "rsa1024-sha1",
                                                "ssh-dss",
                                                "ssh-rsa",
                                                "3des-cbc",
                                                "3des-ctr",
                                                "des-cbc",
                                                "des-cbc@ssh.com",
                                                "blowfish-cbc",
                                                "cast128-cbc",
                                                "idea-cbc",
                                                "arcfour",
                                                "arcfour128",
                                                "arcfour256",
                                                "aes128-cbc",
                                                "aes192-cbc",
                                                "aes256-cbc",
                                                "rijndael-cbc@lysator.liu.se",
                                                "hmac-md5",
                                                "hmac-md5-96",
                                                "hmac-sha1",
                                                "hmac-sha1-96",
                                                "hmac-ripemd160",
                                                "umac-64@openssh.com",
                                                "hmac-md5-etm@openssh.com",
                                                "hmac-sha1-etm@openssh.com",
                                                "hmac-sha1-96-etm@openssh.com"};

template <class F>
void each(std::string_view list, F f) {  // stops where f says true
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    if (f(list.substr(0, comma))) return;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
}

}  // namespace

std::optional<offer> parse_offer(bytes payload) {
  reader in{payload};
  in.expect(in.u8() == kexinit, "SSH_MSG_KEXINIT is 20");
  in.skip(16);  // cookie
  offer o;
  const auto name_list = [&] {
    const auto text = in.take(in.u32());
    const auto good = [](std::uint8_t c) { return c > ' ' && c < 0x7f; };
    in.expect(std::ranges::all_of(text, good), "a name-list is printable US-ASCII");
    return std::string{text.begin(), text.end()};
  };
  for (auto& l : o) l = name_list();
  for (int language = 0; language < 2; ++language) (void)name_list();
  in.skip(5);  // a guess follows; reserved
  if (!in.ok() || in.left() != 0 || o[kex].empty() || o[host_key].empty()) return {};
  return o;
}

std::string hassh(const offer& o, bool server) {
  return md5(o[kex] + ';' + o[server ? cipher_s2c : cipher_c2s] + ';' + o[server ? mac_s2c : mac_c2s] + ';' +
             o[server ? compression_s2c : compression_c2s]);
}

bool offers(std::string_view list, std::string_view name) {
  bool found = false;
  each(list, [&](std::string_view w) { return found = w == name; });
  return found;
}

std::string_view agreed(std::string_view client, std::string_view server) {
  std::string_view found;
  each(client, [&](std::string_view w) {
    if (offers(server, w)) found = w;
    return !found.empty();
  });
  return found;
}

bool is_weak(std::string_view algorithm) { return std::ranges::find(weak, algorithm) != weak.end(); }

std::string weak_of(std::string_view list) {
  std::string out;
  each(list, [&](std::string_view w) {
    if (is_weak(w)) out += (out.empty() ? "" : ",") + std::string{w};
    return false;
  });
  return out;
}

std::optional<shape> shape_of(std::string_view cipher, std::string_view mac) {
  shape s;
  const auto* const block = std::ranges::find_if(blocks, [&](const size_entry& e) { return cipher.starts_with(e.begin); });
  if (block == blocks.end()) return {};
  s.block = block->size;
  const bool gcm = cipher.find("gcm") != std::string_view::npos, chacha = cipher.starts_with("chacha20-poly1305");
  if (gcm || chacha) {  // the tag is the cipher's own; the negotiated MAC is not used
    s.tag = 16, s.counts_length = false, s.clear_length = gcm;
    return s;
  }
  if (mac.ends_with(etm)) {
    mac.remove_suffix(etm.size());
    s.counts_length = false, s.clear_length = true;
  }
  const auto* const tag = std::ranges::find(tags, mac, &size_entry::begin);
  if (tag == tags.end()) return {};
  s.tag = tag->size;
  return s;
}

}  // namespace mw::ssh
