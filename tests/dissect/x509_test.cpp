// Certificates: names, times, keys, alternative names, and what is weak about them.
#include "sensor/dissect/x509.hpp"
#include "tests/dissect/tls_harness.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace mw::test::wire {
namespace {

using x509::read_certificate;

TEST(x509, says_who_owns_it_and_how_long) {
  const auto c = read_certificate(certificate());
  ASSERT_TRUE(c);
  EXPECT_EQ(c->subject, "CN=plc1");
  EXPECT_EQ(c->common_name, "plc1");
  EXPECT_EQ(c->issuer, "CN=Mill CA");
  EXPECT_EQ(c->serial, "0x00a1b2");
  EXPECT_EQ(c->not_before, "2026-01-01T00:00:00Z");
  EXPECT_EQ(c->not_after, "2026-12-31T23:59:59Z");
  EXPECT_EQ(c->signature, "sha256_ecdsa");
  EXPECT_EQ(c->hosts, std::vector<std::string>{"plc1.mill"});
  EXPECT_EQ(c->addresses, std::vector<std::string>{"10.1.2.3"});
  EXPECT_FALSE(c->authority);
  EXPECT_FALSE(c->self_signed());
  EXPECT_EQ(c->thumbprint.size(), 40u);
  EXPECT_EQ(c->sha256.size(), 64u);
}

TEST(x509, fingerprints_are_of_the_certificate_alone) {
  const auto exact = certificate();
  EXPECT_EQ(read_certificate(joined({exact, hex("00 00")}))->sha256, read_certificate(exact)->sha256);
}

TEST(x509, keys_and_their_sizes) {
  const auto key = [](std::string_view algorithm, const octets& bits) {
    return der(0x30, joined({der(0x30, hex(algorithm)), der(0x03, joined({{0}, bits}))}));
  };
  const auto rsa = [&](std::size_t octets_wide) {
    const auto modulus = der(0x02, joined({{0}, octets(octets_wide, 0xc1)}));
    return key("06 09 2a864886f70d010101 05 00", der(0x30, joined({modulus, hex("02 03 010001")})));
  };
  const struct {
    octets key;
    std::string_view name;
    std::size_t bits;
    bool weak;
  } rows[] = {{rsa(256), "rsa", 2048, false},
              {rsa(128), "rsa", 1024, true},
              {key("06 07 2a8648ce3d0201 06 05 2b81040022", hex("04 01")), "ec", 384, false},
              {key("06 07 2a8648ce3d0201 06 08 2a8648ce3d030101", hex("04 01")), "ec", 192, true},
              {key("06 07 2a8648ce3d0201 06 08 2a811ccf5501822d", hex("04 01")), "sm2", 256, false},
              {key("06 03 2b6570", octets(32, 1)), "ed25519", 256, false},
              {key("06 07 2a8648ce380401 30 08 02 02 7fff 02 02 0001", hex("02 01 02")), "dsa", 15, true},
              {key("06 03 2a0304", hex("00")), "1.2.3.4", 0, false}};
  for (const auto& r : rows) {
    certificate_parts parts;
    parts.key = r.key;
    const auto c = read_certificate(certificate(parts));
    ASSERT_TRUE(c) << r.name;
    EXPECT_EQ(c->key, r.name);
    EXPECT_EQ(c->key_bits, r.bits) << r.name;
    EXPECT_EQ(x509::weak_key(*c), r.weak) << r.name << r.bits;
  }
}

TEST(x509, signatures_that_can_be_forged) {
  const struct {
    std::string_view oid, name;
    bool weak;
  } rows[] = {{"06 09 2a864886f70d010104", "md5_rsa", true},
              {"06 09 2a864886f70d010105", "sha1_rsa", true},
              {"06 09 2a864886f70d01010b", "sha256_rsa", false},
              {"06 08 2a811ccf55018375", "sm3_sm2", false},
              {"06 03 2a0304", "1.2.3.4", false}};
  for (const auto& r : rows) {
    certificate_parts parts;
    parts.signature = r.oid;
    const auto c = read_certificate(certificate(parts));
    EXPECT_EQ(c->signature, r.name);
    EXPECT_EQ(x509::weak_signature(*c), r.weak) << r.name;
  }
}

TEST(x509, is_valid_between_its_times) {
  using namespace std::chrono;
  const auto c = *read_certificate(certificate());
  const auto at = [&](sys_days day) { return x509::valid_at(c, timestamp{day}); };
  EXPECT_EQ(at(2025y / December / 31), x509::validity::not_yet);
  EXPECT_EQ(at(2026y / January / 1), x509::validity::valid);
  EXPECT_EQ(at(2026y / December / 31), x509::validity::valid);
  EXPECT_EQ(at(2027y / January / 1), x509::validity::expired);
  certificate_parts parts;
  parts.from = "19990101000000Z", parts.to = "99991231235959Z";
  const auto forever = *read_certificate(certificate(parts));
  EXPECT_EQ(forever.not_after, "9999-12-31T23:59:59Z");
  EXPECT_EQ(x509::valid_at(forever, timestamp{sys_days{2200y / May / 1}}), x509::validity::valid);
  parts.to = "never";
  EXPECT_EQ(x509::valid_at(*read_certificate(certificate(parts)), timestamp{}), x509::validity::unknown);
}

TEST(x509, names_in_two_octets_a_letter) {
  certificate_parts parts;
  auto whole = certificate(parts);
  const auto name = text("plc1"), letters = hex("4e2d 0041");
  const auto at = std::search(whole.begin(), whole.end(), name.begin(), name.end());
  *(at - 2) = 0x1e;  // BMPString
  std::copy(letters.begin(), letters.end(), at);
  EXPECT_EQ(read_certificate(whole)->subject,
            "CN=\xe4\xb8\xad"
            "A");
}

TEST(x509, what_is_no_certificate) {
  const auto whole = certificate();
  for (std::size_t n = 0; n < whole.size(); ++n)
    EXPECT_FALSE(read_certificate(octets{whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n)}));
  EXPECT_FALSE(read_certificate(text("GET / HTTP/1.1")));
  for (std::size_t n = 0; n < whole.size(); ++n) {
    auto spoiled = whole;
    spoiled[n] ^= 0xff;
    (void)read_certificate(spoiled);
  }
}

}  // namespace
}  // namespace mw::test::wire
