// What an X.509 certificate says of its owner and of itself (RFC 5280, names of algorithms from RFC 3279, 4055, 5480, 8410 and GB/T 33560).
#include "sensor/dissect/x509.hpp"

#include "common/digest.hpp"
#include "common/text.hpp"
#include "sensor/dissect/ber.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

namespace mw::x509 {
namespace {

constexpr std::size_t most_attributes = 16, most_extensions = 32, most_names = 64, most_hosts = 8, longest_serial = 20;
constexpr std::uint32_t bmp_string = 30;
constexpr std::string_view time_shape = "0000-00-00T00:00:00Z";

using name_of = std::pair<std::string_view, std::string_view>;
constexpr std::array<name_of, 8> attributes{{
    {"2.5.4.3", "CN"},
    {"2.5.4.6", "C"},
    {"2.5.4.7", "L"},
    {"2.5.4.8", "ST"},
    {"2.5.4.10", "O"},
    {"2.5.4.11", "OU"},
    {"0.9.2342.19200300.100.1.25", "DC"},
    {"1.2.840.113549.1.9.1", "emailAddress"},
}};
constexpr std::array<name_of, 15> signatures{{
    {"1.2.840.113549.1.1.2", "md2_rsa"},
    {"1.2.840.113549.1.1.4", "md5_rsa"},
    {"1.2.840.113549.1.1.5", "sha1_rsa"},
    {"1.2.840.113549.1.1.10", "rsa_pss"},
    {"1.2.840.113549.1.1.11", "sha256_rsa"},
    {"1.2.840.113549.1.1.12", "sha384_rsa"},
    {"1.2.840.113549.1.1.13", "sha512_rsa"},
    {"1.2.840.10040.4.3", "sha1_dsa"},
    {"1.2.840.10045.4.1", "sha1_ecdsa"},
    {"1.2.840.10045.4.3.2", "sha256_ecdsa"},
    {"1.2.840.10045.4.3.3", "sha384_ecdsa"},
    {"1.2.840.10045.4.3.4", "sha512_ecdsa"},
    {"1.3.101.112", "ed25519"},
    {"1.3.101.113", "ed448"},
    {"1.2.156.10197.1.501", "sm3_sm2"},
}};
constexpr std::string_view rsa_oid = "1.2.840.113549.1.1.1", rsa_pss_oid = "1.2.840.113549.1.1.10", dsa_oid = "1.2.840.10040.4.1",
                           ec_oid = "1.2.840.10045.2.1";
struct curve {
  std::string_view oid, key;
  std::size_t bits;
};
/// Keys whose size is that of their curve.
constexpr std::array<curve, 13> curves{{
    {"1.2.840.10045.3.1.1", "ec", 192},
    {"1.2.840.10045.3.1.7", "ec", 256},
    {"1.3.132.0.10", "ec", 256},
    {"1.3.132.0.33", "ec", 224},
    {"1.3.132.0.34", "ec", 384},
    {"1.3.132.0.35", "ec", 521},
    {"1.3.36.3.3.2.8.1.1.7", "ec", 256},
    {"1.3.36.3.3.2.8.1.1.11", "ec", 384},
    {"1.3.36.3.3.2.8.1.1.13", "ec", 512},
    {"1.2.156.10197.1.301", "sm2", 256},
    {"1.3.101.112", "ed25519", 256},
    {"1.3.101.113", "ed448", 456},
    {"1.3.101.110", "x25519", 256},
}};

template <std::size_t N>
std::string named(const std::array<name_of, N>& table, const std::string& oid) {
  const auto known = std::ranges::find(table, oid, [](const name_of& n) { return n.first; });
  return known != table.end() ? std::string{known->second} : oid;
}

/// UTF-16 as UTF-8; what is outside of the basic plane becomes '?'.
std::string from_bmp(bytes content) {
  std::string out;
  reader in{content};
  while (in.left() > 1 && out.size() < 128) {
    const unsigned c = in.u16();
    if (c < 0x80)
      out += c >= 0x20 && c != 0x7f ? static_cast<char>(c) : '?';
    else if (c < 0x800)
      out += static_cast<char>(0xc0 | c >> 6), out += static_cast<char>(0x80 | (c & 0x3f));
    else if (c >= 0xd800 && c < 0xe000)
      out += '?';
    else
      out += static_cast<char>(0xe0 | c >> 12), out += static_cast<char>(0x80 | (c >> 6 & 0x3f)),
          out += static_cast<char>(0x80 | (c & 0x3f));
  }
  return out;
}

/// A distinguished name: a sequence of sets of attributes.
std::string read_name(bytes content, std::string* common_name = nullptr) {
  std::string text;
  reader in{content};
  for (std::size_t n = 0; in.left() && n < most_attributes; ++n) {
    reader set{ber::next(in).content};
    reader pair{ber::next(set).content};
    const auto oid = ber::to_oid(ber::next(pair).content);
    const auto said = ber::next(pair);
    if (!pair.ok()) break;
    const auto what = said.universal(bmp_string) ? from_bmp(said.content) : printable(said.content, 128);
    if (!text.empty()) text += ", ";
    text += named(attributes, oid) + '=' + what;
    if (common_name != nullptr && oid == attributes[0].first) *common_name = what;
  }
  return text;
}

/// UTCTime or GeneralizedTime; empty where it is neither.
std::string read_time(const ber::element& e) {
  auto text = printable(e.content, 32);
  if (e.universal(ber::utc_time)) text.insert(0, text < "50" ? "20" : "19");
  if (text.size() < 14 || !std::all_of(text.begin(), text.begin() + 14, [](char c) { return c >= '0' && c <= '9'; })) return {};
  return text.substr(0, 4) + '-' + text.substr(4, 2) + '-' + text.substr(6, 2) + 'T' + text.substr(8, 2) + ':' + text.substr(10, 2) + ':' +
         text.substr(12, 2) + 'Z';
}

/// Bits of an unsigned number.
std::size_t bits_of(bytes number) {
  while (!number.empty() && number.front() == 0) number = number.subspan(1);
  return number.empty() ? 0 : number.size() * 8 - static_cast<std::size_t>(std::countl_zero(number.front()));
}

void read_key(bytes content, certificate& c) {
  reader in{content};
  reader algorithm{ber::next(in).content};
  const auto oid = ber::to_oid(ber::next(algorithm).content);
  const auto parameters = algorithm.left() ? ber::next(algorithm) : ber::element{};
  const auto bits = ber::next(in);
  if (!in.ok() || !algorithm.ok() || oid.empty()) return;
  c.key = oid;
  if (oid == rsa_oid || oid == rsa_pss_oid) {
    c.key = "rsa";
    reader value{bits.content};
    value.skip(1);  // unused bits
    reader pair{ber::next(value).content};
    const auto modulus = ber::next(pair);
    if (pair.ok()) c.key_bits = bits_of(modulus.content);
  } else if (oid == dsa_oid) {
    c.key = "dsa";
    reader three{parameters.content};
    if (const auto prime = ber::next(three); three.ok()) c.key_bits = bits_of(prime.content);
  } else {
    const auto id = oid == ec_oid ? ber::to_oid(parameters.content) : oid;
    const auto* const known = std::ranges::find(curves, id, &curve::oid);
    if (oid == ec_oid) c.key = "ec";
    if (known != curves.end()) c.key = known->key, c.key_bits = known->bits;
  }
}

std::string read_address(bytes content) {
  if (content.size() == 4) return to_string(ip::v4(content[0], content[1], content[2], content[3]));
  std::array<std::uint8_t, 16> six{};
  if (content.size() != six.size()) return {};
  std::ranges::copy(content, six.begin());
  return to_string(ip::v6(six));
}

void read_alternative_names(bytes content, certificate& c) {
  reader outer{content};
  reader in{ber::next(outer).content};
  for (std::size_t n = 0; in.left() && n < most_names; ++n) {
    const auto name = ber::next(in);
    if (!in.ok()) return;
    if (name.context(6) && c.application_uri.empty()) c.application_uri = printable(name.content);
    if (name.context(2) && c.hosts.size() < most_hosts) c.hosts.push_back(printable(name.content));
    if (name.context(7) && c.addresses.size() < most_hosts)
      if (auto a = read_address(name.content); !a.empty()) c.addresses.push_back(std::move(a));
  }
}

void read_extensions(bytes content, certificate& c) {
  reader outer{content};
  reader in{ber::next(outer).content};
  for (std::size_t n = 0; in.left() && n < most_extensions; ++n) {
    reader one{ber::next(in).content};
    const auto oid = ber::to_oid(ber::next(one).content);
    auto data = ber::next(one);
    if (data.universal(ber::boolean)) data = ber::next(one);
    if (!in.ok() || !one.ok()) return;
    if (oid == "2.5.29.17") read_alternative_names(data.content, c);
    if (oid == "2.5.29.19") {  // basic constraints
      reader value{data.content};
      reader limits{ber::next(value).content};
      const auto first = limits.left() ? ber::next(limits) : ber::element{};
      c.authority = limits.ok() && first.universal(ber::boolean) && !first.content.empty() && first.content[0] != 0;
    }
  }
}

/// A time of a packet as certificates are written here, so that they compare as text.
std::string written(timestamp t) {
  const auto day = std::chrono::floor<std::chrono::days>(t);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{std::chrono::floor<std::chrono::seconds>(t - day)};
  auto text = std::string{time_shape};
  const auto put = [&](std::size_t end, std::size_t digits, unsigned v) {
    for (; digits > 0; --digits, v /= 10) text[--end] = static_cast<char>('0' + v % 10);
  };
  put(4, 4, static_cast<unsigned>(std::max(0, static_cast<int>(date.year()))));
  put(7, 2, static_cast<unsigned>(date.month())), put(10, 2, static_cast<unsigned>(date.day()));
  put(13, 2, static_cast<unsigned>(clock.hours().count())), put(16, 2, static_cast<unsigned>(clock.minutes().count()));
  put(19, 2, static_cast<unsigned>(clock.seconds().count()));
  return text;
}

}  // namespace

std::optional<certificate> read_certificate(bytes der) {
  reader all{der};
  const auto whole = ber::next(all);
  if (!all.ok() || !whole.universal(ber::sequence)) return {};
  reader outer{whole.content};
  const auto signed_part = ber::next(outer);
  reader in{signed_part.content};
  auto serial = ber::next(in);
  if (serial.context(0)) serial = ber::next(in);  // the version stood before it
  reader algorithm{ber::next(in).content};
  certificate c;
  const auto issuer = ber::next(in);
  reader validity{ber::next(in).content};
  const auto from = ber::next(validity), to = ber::next(validity);
  const auto subject = ber::next(in);
  const auto key = ber::next(in);
  if (!outer.ok() || !in.ok() || !validity.ok() || !signed_part.universal(ber::sequence)) return {};
  c.serial = hex(serial.content, longest_serial);
  c.signature = named(signatures, ber::to_oid(ber::next(algorithm).content));
  c.issuer = read_name(issuer.content);
  c.subject = read_name(subject.content, &c.common_name);
  c.not_before = read_time(from);
  c.not_after = read_time(to);
  read_key(key.content, c);
  const auto itself = der.first(der.size() - all.left());
  c.thumbprint = sha1(itself);
  c.sha256 = sha256(itself);
  for (std::size_t n = 0; in.left() && n < 4; ++n)
    if (const auto e = ber::next(in); e.context(3)) read_extensions(e.content, c);
  return c;
}

validity valid_at(const certificate& c, timestamp now) {
  if (c.not_before.empty() || c.not_after.empty()) return validity::unknown;
  const auto text = written(now);
  return text < c.not_before ? validity::not_yet : text > c.not_after ? validity::expired : validity::valid;
}

bool weak_signature(const certificate& c) { return c.signature.starts_with("md") || c.signature.starts_with("sha1_"); }

bool weak_key(const certificate& c) {
  if (c.key_bits == 0) return false;
  return c.key_bits < (c.key == "rsa" || c.key == "dsa" ? 2048u : 224u);
}

}  // namespace mw::x509
