// Fingerprints of greetings by their published examples, and names of what TLS numbers.
#include "sensor/dissect/tls_hello.hpp"
#include "sensor/dissect/tls_names.hpp"
#include "tests/dissect/tls_harness.hpp"

#include <gtest/gtest.h>

namespace mw::test::wire {
namespace {

TEST(tls_hello, ja3_of_the_published_example) {
  tls::client_hello h;
  h.version = 769;
  h.ciphers = {0x1a1a, 47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4};
  h.extensions = {0, 0xdada, 10, 11}, h.groups = {0x2a2a, 23, 24, 25}, h.point_formats = {0};
  EXPECT_EQ(tls::ja3(h), "ada70206e40642a3e4461f35503241d5");
  tls::server_hello s;
  s.legacy = 769, s.cipher = 47, s.extensions = {65281, 0, 11, 35, 5, 16};
  EXPECT_EQ(tls::ja3s(s), "836ce314215654b5b1f85f97c73e506f");  // MD5 of 769,47,65281-0-11-35-5-16
}

tls::client_hello published() {
  tls::client_hello h;
  h.version = 0x0303;
  h.versions = {0xfafa, 0x0304, 0x0303};
  h.ciphers = {0x2a2a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030,
               0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035};
  h.extensions = {0x0a0a, 0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002d, 0x000d,
                  0x0005, 0x0023, 0x0012, 0x002b, 0xff01, 0x000b, 0x000a, 0x0015, 0x1a1a};
  h.signatures = {0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601};
  h.first_application = "h2";
  return h;
}

TEST(tls_hello, ja4_of_the_published_example) {
  auto h = published();
  EXPECT_EQ(tls::ja4(h), "t13d1516h2_8daaf6152771_e5627efa2ab1");
  std::erase(h.extensions, 0);
  EXPECT_EQ(tls::ja4(h).substr(0, 10), "t13i1515h2");
  h.ciphers.clear(), h.extensions.clear(), h.signatures.clear(), h.versions.clear();
  h.version = 0x0300, h.first_application.clear();
  EXPECT_EQ(tls::ja4(h), "ts3i000000_000000000000_000000000000");
}

TEST(tls_hello, ja4_of_applications) {
  const std::pair<std::string, std::string_view> rows[] = {{"http/1.1", "h1"},
                                                           {"h2", "h2"},
                                                           {"x", "xx"},
                                                           {"", "00"},
                                                           {"\xab", "ab"},
                                                           {"\x30\xab", "3b"},
                                                           {"\x30\x31\xab\xcd", "3d"},
                                                           {"0\xab\xcd"
                                                            "1",
                                                            "01"}};
  for (const auto& [name, two] : rows) {
    auto h = published();
    h.first_application = name;
    EXPECT_EQ(tls::ja4(h).substr(8, 2), two);
  }
}

TEST(tls_hello, versions_of_datagrams_count_down) {
  tls::client_hello h;
  h.datagram = true, h.version = 0xfefd, h.versions = {0xfefd, 0xfefc};
  EXPECT_EQ(h.newest(), 0xfefc);
  EXPECT_EQ(tls::ja4(h).substr(0, 3), "dd3");
}

TEST(tls_hello, reads_what_a_client_offers) {
  const auto h = tls::read_client_hello(client_hello({.session = octets(32, 1),
                                                      .extensions = joined({server_name, alpn("h2"), versions_1_3, extension(35, hex("01")),
                                                                            extension(42, {}), extension(0xfe0d, hex("00"))})}));
  ASSERT_TRUE(h);
  EXPECT_EQ(h->server_name, "plc1.mill");
  EXPECT_EQ(h->applications, std::vector<std::string>{"h2"});
  EXPECT_EQ(h->newest(), 0x0304);
  EXPECT_EQ(h->session.size(), 32u);
  EXPECT_TRUE(h->ticket && h->early_data && h->encrypted_hello);
  EXPECT_FALSE(h->psk);
  EXPECT_TRUE(h->offers(0xfe0d));
  EXPECT_FALSE(tls::read_client_hello(client_hello({.suites = hex("13")})));
  EXPECT_FALSE(tls::read_client_hello(client_hello({.session = octets(33, 1)})));
  EXPECT_FALSE(tls::read_client_hello(client_hello({.extensions = hex("0000 0005 00")})));
}

TEST(tls_names, versions_suites_and_what_is_wrong_with_them) {
  const std::pair<unsigned, std::string_view> versions[] = {{0x0002, "SSL 2.0"},  {0x0300, "SSL 3.0"},  {0x0304, "TLS 1.3"},
                                                            {0x0101, "TLCP 1.1"}, {0xfefd, "DTLS 1.2"}, {0x7f1c, "TLS 1.3 draft 28"},
                                                            {0x0305, "0x0305"}};
  for (const auto& [v, name] : versions) EXPECT_EQ(tls::version_name(static_cast<std::uint16_t>(v)), name);
  for (const unsigned v : {0x0002u, 0x0300u, 0x0301u, 0x0302u, 0xfeffu}) EXPECT_TRUE(tls::is_old(static_cast<std::uint16_t>(v))) << v;
  for (const unsigned v : {0x0303u, 0x0304u, 0x0101u, 0xfefdu}) EXPECT_FALSE(tls::is_old(static_cast<std::uint16_t>(v))) << v;
  const struct {
    std::uint32_t number;
    std::string_view name, weakness;
  } suites[] = {{0x1301, "TLS_AES_128_GCM_SHA256", ""},
                {0xc030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", ""},
                {0x0005, "TLS_RSA_WITH_RC4_128_SHA", "rc4"},
                {0x0009, "TLS_RSA_WITH_DES_CBC_SHA", "des"},
                {0x000a, "TLS_RSA_WITH_3DES_EDE_CBC_SHA", "3des"},
                {0x0003, "TLS_RSA_EXPORT_WITH_RC4_40_MD5", "export"},
                {0x0034, "TLS_DH_anon_WITH_AES_128_CBC_SHA", "anonymous"},
                {0xc0b4, "TLS_SHA256_SHA256", "null"},
                {0x00c6, "TLS_SM4_GCM_SM3", ""},
                {0xe011, "ECDHE_SM4_CBC_SM3", ""},
                {0xe013, "ECC_SM4_CBC_SM3", ""},
                {0xe053, "ECC_SM4_GCM_SM3", ""},
                {0x0700c0, "SSL2_DES_192_EDE3_CBC_WITH_MD5", "3des"},
                {0xabcd, "0xabcd", ""}};
  for (const auto& s : suites) {
    EXPECT_EQ(tls::cipher_text(s.number), s.name);
    EXPECT_EQ(tls::weakness_of(s.number), s.weakness) << s.name;
  }
  EXPECT_EQ(tls::alert_name(48), "unknown_ca");
  EXPECT_EQ(tls::group_name(41), "curveSM2");
  EXPECT_EQ(tls::application_of("x-amzn-mqtt-ca"), "mqtt");
  EXPECT_EQ(tls::application_of("nothing"), "");
  const std::pair<std::string_view, std::string_view> hosts[] = {{"authds.todesk.com", "todesk"}, {"slapi.oray.net", "sunlogin"},
                                                                 {"anydesk.com", "anydesk"},      {"autodesk.com", ""},
                                                                 {"todesk.com.plant", ""},        {"", ""}};
  for (const auto& [host, program] : hosts) EXPECT_EQ(tls::remote_access_of(host), program) << host;
}

}  // namespace
}  // namespace mw::test::wire
