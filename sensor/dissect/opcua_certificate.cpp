// What an X.509 certificate says of its owner (RFC 5280).
#include "sensor/dissect/opcua_certificate.hpp"

#include "common/digest.hpp"
#include "common/text.hpp"
#include "sensor/dissect/ber.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace mw::opcua {
namespace {

constexpr std::size_t most_attributes = 16, most_extensions = 32, most_names = 32, most_hosts = 8;

constexpr std::array<std::pair<std::string_view, std::string_view>, 8> attributes{{
    {"2.5.4.3", "CN"},
    {"2.5.4.6", "C"},
    {"2.5.4.7", "L"},
    {"2.5.4.8", "ST"},
    {"2.5.4.10", "O"},
    {"2.5.4.11", "OU"},
    {"0.9.2342.19200300.100.1.25", "DC"},
    {"1.2.840.113549.1.9.1", "emailAddress"},
}};

/// A distinguished name: a sequence of sets of attributes.
std::string read_name(bytes content) {
  std::string text;
  reader in{content};
  for (std::size_t n = 0; in.left() && n < most_attributes; ++n) {
    reader set{ber::next(in).content};
    reader pair{ber::next(set).content};
    const auto oid = ber::to_oid(ber::next(pair).content);
    const auto said = ber::next(pair);
    if (!pair.ok()) break;
    const auto known = std::ranges::find(attributes, oid, [](const auto& a) { return a.first; });
    if (!text.empty()) text += ", ";
    text += known != attributes.end() ? std::string{known->second} : oid;
    text += '=' + printable(said.content, 128);
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

void read_alternative_names(bytes content, certificate& c) {
  reader outer{content};
  reader in{ber::next(outer).content};
  for (std::size_t n = 0; in.left() && n < most_names; ++n) {
    const auto name = ber::next(in);
    if (!in.ok()) return;
    if (name.context(6) && c.application_uri.empty()) c.application_uri = printable(name.content);
    if (name.context(2) && c.hosts.size() < most_hosts) c.hosts.push_back(printable(name.content));
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
  }
}

}  // namespace

std::optional<certificate> read_certificate(bytes der) {
  reader all{der};
  const auto whole = ber::next(all);
  if (!all.ok() || !whole.universal(ber::sequence)) return {};
  reader outer{whole.content};
  const auto signed_part = ber::next(outer);
  reader in{signed_part.content};
  if (const auto first = ber::next(in); first.context(0)) ber::next(in);  // version, then the serial number
  ber::next(in);                                                          // algorithm of the signature
  certificate c;
  const auto issuer = ber::next(in);
  reader validity{ber::next(in).content};
  const auto from = ber::next(validity), to = ber::next(validity);
  const auto subject = ber::next(in);
  ber::next(in);  // public key
  if (!outer.ok() || !in.ok() || !validity.ok() || !signed_part.universal(ber::sequence)) return {};
  c.issuer = read_name(issuer.content);
  c.subject = read_name(subject.content);
  c.not_before = read_time(from);
  c.not_after = read_time(to);
  c.thumbprint = sha1(der.first(der.size() - all.left()));
  for (std::size_t n = 0; in.left() && n < 4; ++n)
    if (const auto e = ber::next(in); e.context(3)) read_extensions(e.content, c);
  return c;
}

}  // namespace mw::opcua
