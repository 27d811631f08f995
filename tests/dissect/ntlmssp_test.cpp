// Messages of NTLM, bare and inside SPNEGO, and the Kerberos ticket's service.
#include "sensor/dissect/ntlmssp.hpp"

#include "sensor/dissect/spnego.hpp"
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>

using namespace mw;
using namespace mw::test;

namespace {

using octets = std::vector<std::uint8_t>;

octets wide(std::string_view s) {
  octets out;
  for (const char c : s) out.push_back(static_cast<std::uint8_t>(c)), out.push_back(0);
  return out;
}
void number(octets& to, std::uint64_t v, int size) {
  for (int i = 0; i < size; ++i) to.push_back(static_cast<std::uint8_t>(v >> (8 * i)));
}
/// Fixed part of `head` octets, whose fields point at the parts in their order.
octets built(std::uint32_t type, std::size_t head, const std::vector<octets>& parts, const octets& rest) {
  octets out{'N', 'T', 'L', 'M', 'S', 'S', 'P', 0};
  number(out, type, 4);
  auto at = head;
  for (const auto& p : parts) number(out, p.size(), 2), number(out, p.size(), 2), number(out, at, 4), at += p.size();
  out.insert(out.end(), rest.begin(), rest.end());
  out.resize(head);
  for (const auto& p : parts) out.insert(out.end(), p.begin(), p.end());
  return out;
}
const octets version = hex("0a 00 63 45 00 00 00 0f");

octets authenticate(std::size_t response) {
  octets rest;
  number(rest, 0x02000001, 4);
  rest.insert(rest.end(), version.begin(), version.end());
  return built(3, 72, {octets(24, 0xaa), octets(response, 0xbb), wide("PLANT"), wide("maria"), wide("HMI-3"), {}}, rest);
}

TEST(ntlmssp, challenge_tells_the_server) {
  octets information;
  const auto pair = [&](std::uint16_t id, const octets& v) {
    number(information, id, 2), number(information, v.size(), 2);
    information.insert(information.end(), v.begin(), v.end());
  };
  pair(2, wide("PLANT")), pair(1, wide("DC1")), pair(4, wide("plant.local")), pair(3, wide("dc1.plant.local")), pair(5, wide("local"));
  pair(7, hex("00 01 02 03 04 05 06 07")), pair(0, {});
  // the target comes first, then flags, challenge, reserved, target information, version
  octets m{'N', 'T', 'L', 'M', 'S', 'S', 'P', 0, 2, 0, 0, 0};
  const auto target = wide("PLANT");
  number(m, target.size(), 2), number(m, target.size(), 2), number(m, 56, 4);
  number(m, 0x02800001, 4);
  m.resize(m.size() + 16, 0xcc);
  number(m, information.size(), 2), number(m, information.size(), 2), number(m, 56 + target.size(), 4);
  m.insert(m.end(), version.begin(), version.end());
  m.insert(m.end(), target.begin(), target.end());
  m.insert(m.end(), information.begin(), information.end());
  const auto r = ntlmssp::read(m);
  ASSERT_TRUE(r);
  EXPECT_EQ(r->type, ntlmssp::kind::challenge);
  EXPECT_EQ(r->target, "PLANT");
  EXPECT_EQ(r->computer, "DC1");
  EXPECT_EQ(r->netbios_domain, "PLANT");
  EXPECT_EQ(r->dns_computer, "dc1.plant.local");
  EXPECT_EQ(r->dns_domain, "plant.local");
  EXPECT_EQ(r->dns_forest, "local");
  EXPECT_EQ(r->os, "10.0.17763");
  EXPECT_EQ(r->time, 0x0706050403020100u);
  for (std::size_t n = 0; n < m.size(); ++n) (void)ntlmssp::read(octets(m.begin(), m.begin() + static_cast<std::ptrdiff_t>(n)));
}

TEST(ntlmssp, authenticate_tells_the_user_and_no_response) {
  const auto m = authenticate(64);
  const auto r = ntlmssp::read(m);
  ASSERT_TRUE(r);
  EXPECT_EQ(r->type, ntlmssp::kind::authenticate);
  EXPECT_EQ(r->domain, "PLANT");
  EXPECT_EQ(r->user, "maria");
  EXPECT_EQ(r->workstation, "HMI-3");
  EXPECT_EQ(r->os, "10.0.17763");
  EXPECT_EQ(r->version(), 2);
  EXPECT_FALSE(r->anonymous());
  EXPECT_EQ(ntlmssp::read(authenticate(24))->version(), 1);
  const auto nobody = ntlmssp::read(built(3, 64, {octets(1, 0), {}, {}, {}, {}, {}}, hex("01 00 00 00")));
  ASSERT_TRUE(nobody);
  EXPECT_TRUE(nobody->anonymous());
  for (std::size_t n = 0; n < m.size(); ++n) (void)ntlmssp::read(octets(m.begin(), m.begin() + static_cast<std::ptrdiff_t>(n)));
}

TEST(ntlmssp, fields_that_point_outside) {
  auto m = authenticate(24);
  m[12 + 8 + 4] = 0xff, m[12 + 8 + 5] = 0xff;  // where the response is
  EXPECT_FALSE(ntlmssp::read(m));
  EXPECT_FALSE(ntlmssp::read(hex("4e 54 4c 4d 53 53 50 00 04 00 00 00")));
  EXPECT_FALSE(ntlmssp::read(hex("4e 54 4c 4d 53 53 50 01 01 00 00 00")));
}

TEST(ntlmssp, text) {
  const struct {
    octets said;
    std::string_view meant;
  } rows[] = {{wide("abc"), "abc"},
              {hex("41 00 00 00 00 00"), "A"},
              {hex("e4 00 ac 20"), "\xc3\xa4\xe2\x82\xac"},
              {hex("3d d8 00 de"), "\xf0\x9f\x98\x80"},
              {hex("3d d8 41 00"), "?A"},
              {hex("0a 00 41"), "?"}};
  for (const auto& r : rows) EXPECT_EQ(ntlmssp::from_utf16(r.said), r.meant);
  EXPECT_EQ(ntlmssp::from_utf16(wide("abcdef"), 3), "abc");
}

octets der(std::uint8_t tag, const std::vector<octets>& parts) {
  octets content;
  for (const auto& p : parts) content.insert(content.end(), p.begin(), p.end());
  octets out{tag};
  if (content.size() < 128)
    out.push_back(static_cast<std::uint8_t>(content.size()));
  else
    out.push_back(0x82), out.push_back(static_cast<std::uint8_t>(content.size() >> 8)),
        out.push_back(static_cast<std::uint8_t>(content.size()));
  out.insert(out.end(), content.begin(), content.end());
  return out;
}
octets text(std::string_view s) { return {s.begin(), s.end()}; }
const octets oid_spnego = hex("06 06 2b 06 01 05 05 02"), oid_ntlm = hex("06 0a 2b 06 01 04 01 82 37 02 02 0a"),
             oid_kerberos = hex("06 09 2a 86 48 82 f7 12 01 02 02");

TEST(spnego, carries_ntlm_both_ways) {
  const auto first = der(
      0x60,
      {oid_spnego, der(0xa0, {der(0x30, {der(0xa0, {der(0x30, {oid_kerberos, oid_ntlm})}), der(0xa2, {der(0x04, {authenticate(24)})})})})});
  const auto a = spnego::read(first);
  ASSERT_TRUE(a);
  EXPECT_EQ(a->mechanisms, (std::vector<std::string>{"kerberos", "ntlm"}));
  EXPECT_EQ(a->mechanism(), "ntlm");
  EXPECT_EQ(ntlmssp::read(a->ntlm)->user, "maria");
  const auto back = der(0xa1, {der(0x30, {der(0xa0, {hex("0a 01 02")}), der(0xa1, {oid_ntlm})})});
  const auto b = spnego::read(back);
  ASSERT_TRUE(b);
  EXPECT_EQ(b->state, spnego::state::reject);
  EXPECT_EQ(b->mechanisms, (std::vector<std::string>{"ntlm"}));
  EXPECT_EQ(spnego::read(authenticate(24))->mechanism(), "ntlm");
  for (std::size_t n = 0; n < first.size(); ++n) (void)spnego::read(octets(first.begin(), first.begin() + static_cast<std::ptrdiff_t>(n)));
}

TEST(spnego, kerberos_ticket_names_its_service) {
  const auto ticket =
      der(0x61, {der(0x30, {der(0xa0, {hex("02 01 05")}), der(0xa1, {der(0x1b, {text("PLANT.LOCAL")})}),
                            der(0xa2, {der(0x30, {der(0xa0, {hex("02 01 02")}),
                                                  der(0xa1, {der(0x30, {der(0x1b, {text("cifs")}), der(0x1b, {text("dc1")})})})})})})});
  const auto request = der(0x6e, {der(0x30, {der(0xa0, {hex("02 01 05")}), der(0xa1, {hex("02 01 0e")}), der(0xa3, {ticket})})});
  const auto gss = der(0x60, {oid_kerberos, hex("01 00"), request});
  for (const auto& blob : {gss, der(0x60, {oid_spnego, der(0xa0, {der(0x30, {der(0xa2, {der(0x04, {gss})})})})})}) {
    const auto t = spnego::read(blob);
    ASSERT_TRUE(t);
    EXPECT_EQ(t->mechanism(), "kerberos");
    EXPECT_EQ(t->realm, "PLANT.LOCAL");
    EXPECT_EQ(t->service, "cifs/dc1");
  }
}

}  // namespace
