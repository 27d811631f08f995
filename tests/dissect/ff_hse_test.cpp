// Foundation Fieldbus HSE: services on objects, devices and their tags, and what is wrong with a message.
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>
#include <algorithm>

namespace mw::test {
namespace {

std::string octet(std::size_t n) {
  constexpr std::string_view digits = "0123456789abcdef";
  return {digits[n >> 4 & 15], digits[n & 15]};
}
std::string tag(std::string_view s) {
  std::string out;
  for (const char c : s) out += octet(static_cast<unsigned char>(c));
  while (out.size() < 64) out += "20";
  return out;
}
enum { request = 0, response = 1, refusal = 2 };
std::string confirmed(unsigned layer, unsigned kind, unsigned service, const std::string& body, unsigned invoke = 7) {
  const auto size = hex(body).size() + 16;
  return "01 40" + octet(layer << 2 | kind) + octet(0x80 | service) + "01020304 0000" + octet(size >> 8) + octet(size) + body + "000000" +
         octet(invoke);
}
std::string unconfirmed(unsigned layer, unsigned service, const std::string& body) {
  const auto size = hex(body).size() + 12;
  return "01 00" + octet(layer << 2) + octet(service) + "01020304 0000" + octet(size >> 8) + octet(size) + body;
}
std::string device(const std::string& duplicates = "00", const std::string& name = "FIC-101") {
  return "05 20 00" + duplicates + "0003 0009 00000000000000000000ffff0a000005" + tag("DEVID-1") + tag(name) +
         "000007d0 0000 0000 00000001 00000002 00000000";
}

struct link {
  explicit link(transport t = transport::udp) : talk{"ff_hse", t} {}
  conversation talk;
  std::string operations() const {
    std::string text;
    for (const auto& o : talk.out.operations) (text += text.empty() ? "" : ",") += std::string{to_string(o.action)} + ' ' + o.function_name;
    return text;
  }
  std::string rules() const {
    std::string text;
    for (const auto& v : talk.out.violations) (text += text.empty() ? "" : ",") += v.rule;
    return text;
  }
  std::string facts() const {
    std::string text;
    for (const auto& f : talk.out.facts) (text += text.empty() ? "" : ",") += f.kind + '=' + f.value;
    return text;
  }
  const operation& at(std::size_t i) const { return talk.out.operations.at(i); }
};

TEST(ff_hse, each_service_has_its_action) {
  const struct {
    unsigned service;
    std::string body, operation, address;
  } rows[] = {
      {2, "00001234", "read read", "4660"},
      {82, "00001234 00000002", "read read_with_subindex", "4660/2"},
      {3, "00001234 0102", "write write", "4660"},
      {83, "00001234 00000002 01", "write write_with_subindex", "4660/2"},
      {4, "01 00 00000005", "read get_od", "16777216"},
      {9, "00000005", "program_download initiate_download_sequence", "5"},
      {12, "00000005", "program_upload initiate_upload_sequence", "5"},
      {19, "00000005 01", "start start", "5"},
      {20, "00000005", "stop stop", "5"},
      {22, "00000005", "restart reset", "5"},
      {23, "00000005", "stop kill", "5"},
      {29, "00", "configure put_od", ""},
      {96, "01 00 0000 0000 0001" + tag("FIC-101"), "session initiate", ""},
      {0, "", "diagnose status", ""},
  };
  for (const auto& r : rows) {
    link l;
    l.talk.client(confirmed(3, request, r.service, r.body));
    l.talk.server(confirmed(3, response, r.service, "00000000"));
    ASSERT_EQ(l.operations(), r.operation) << r.service;
    EXPECT_EQ(l.at(0).outcome, outcome::ok) << r.service;
    EXPECT_EQ(l.at(0).unit, "258/772");
    EXPECT_EQ(l.at(0).objects.empty() ? "" : l.at(0).objects.at(0).address, r.address) << r.service;
    EXPECT_EQ(l.rules(), "") << r.service;
  }
}

TEST(ff_hse, objects_are_read_and_refused) {
  link l;
  l.talk.client(confirmed(3, request, 2, "00001234", 1));
  l.talk.client(confirmed(3, request, 3, "00001234 0102", 2));
  l.talk.server(confirmed(3, refusal, 3, "06 02 0003" + std::string(32, '0'), 2));
  l.talk.server(confirmed(3, response, 2, "01020304", 1));
  l.talk.client(confirmed(3, request, 2, "00000001", 3));
  l.talk.wait(std::chrono::minutes{1});
  l.talk.server(confirmed(3, response, 2, "09", 9));
  EXPECT_EQ(l.operations(), "write write,read read,read read,read read");
  EXPECT_EQ(l.at(0).outcome, outcome::refused);
  EXPECT_EQ(l.at(0).code, "6/2");
  EXPECT_EQ(l.at(0).values.at(0), value{std::string{"0x0102"}});
  EXPECT_EQ(l.at(1).values.at(0), value{std::string{"0x01020304"}});
  EXPECT_EQ(l.at(2).outcome, outcome::timeout);
  EXPECT_EQ(l.at(3).outcome, outcome::unpaired);
}

TEST(ff_hse, a_device_says_who_it_is_once) {
  link l;
  l.talk.client(unconfirmed(2, 16, device()));
  l.talk.client(unconfirmed(2, 16, device()));
  l.talk.client(unconfirmed(2, 16, device("00", "FIC-102")));
  EXPECT_EQ(l.operations(), "identify device_annunciation,identify device_annunciation");
  EXPECT_EQ(l.facts(), "device_id=DEVID-1,tag=FIC-101,ip=10.0.0.5,run_state=operational,device_type=hse_field_device,tag=FIC-102");
  EXPECT_EQ(l.at(0).objects.at(0).address, "DEVID-1");
}

TEST(ff_hse, who_asks_is_told) {
  link l;
  l.talk.client(confirmed(2, request, 3, ""));
  l.talk.server(confirmed(2, response, 3, device()));
  l.talk.client(confirmed(3, request, 1, ""));
  l.talk.server(confirmed(3, response, 1, tag("ACME") + tag("TT300") + tag("1.0")));
  EXPECT_EQ(l.operations(), "identify sm_identify,identify identify");
  EXPECT_EQ(
      l.facts(),
      "device_id=DEVID-1,tag=FIC-101,ip=10.0.0.5,run_state=operational,device_type=hse_field_device,vendor=ACME,model=TT300,firmware=1.0");
}

TEST(ff_hse, assignments_are_configuring) {
  link l;
  l.talk.client(
      confirmed(2, request, 14, tag("DEVID-1") + tag("FIC-101") + "20 00 0001 000007d0 0003 0009 00000000000000000000ffff0a000007 00", 1));
  l.talk.client(confirmed(2, request, 15, tag("DEVID-1") + tag("FIC-101"), 2));
  l.talk.client(confirmed(2, request, 12, tag("DEVID-1") + tag("FIC-101") + "00", 3));
  l.talk.client(confirmed(4, request, 2, "00", 4));
  l.talk.end();
  EXPECT_EQ(l.operations(),
            "configure set_assignment_info,configure clear_assignment_info,configure clear_address,configure put_redundancy_information");
  EXPECT_EQ(l.at(0).values.at(0), value{std::string{"10.0.0.7"}});
  EXPECT_EQ(l.at(0).objects.at(0).address, "DEVID-1");
}

TEST(ff_hse, reports_and_searches_ask_for_nothing) {
  link l;
  l.talk.client(unconfirmed(3, 0, "00000005 0102"));
  l.talk.client(unconfirmed(3, 16, "00000005 00000001 0102"));
  l.talk.client(unconfirmed(3, 2, "00000005 00000001"));
  l.talk.client(unconfirmed(2, 1, "01 000000 00000003" + tag("FIC-101") + tag("V")));
  l.talk.client(unconfirmed(4, 1, "00"));
  l.talk.client(confirmed(1, request, 3, ""));
  EXPECT_EQ(l.operations(),
            "report information_report,report information_report_with_subindex,alarm event_notification,identify find_tag_query");
  EXPECT_EQ(l.at(1).objects.at(0).address, "5/1");
  EXPECT_EQ(l.at(3).objects.at(0).address, "FIC-101");
}

TEST(ff_hse, a_password_is_never_told) {
  link l;
  l.talk.client(confirmed(3, request, 96, "01 00 5a01 0000 0001" + tag("FIC-101")));
  l.talk.end();
  EXPECT_NE(std::ranges::find(l.at(0).fields, field{"password_given", true}), l.at(0).fields.end());
  for (const auto& [name, v] : l.at(0).fields) EXPECT_NE(to_string(v), "90") << name;
}

TEST(ff_hse, a_stream_is_cut_into_messages_and_a_datagram_may_carry_two) {
  link l{transport::tcp};
  EXPECT_EQ(l.talk.say(side::client, confirmed(3, request, 2, "00000001", 1) + confirmed(3, request, 2, "00000002", 2) + "0140"), 2u);
  l.talk.gap(side::client);
  l.talk.end();
  EXPECT_EQ(l.operations(), "read read,read read");
  link two;
  two.talk.client(unconfirmed(3, 0, "00000005 01") + unconfirmed(3, 0, "00000006 01"));
  EXPECT_EQ(two.operations(), "report information_report,report information_report");
}

TEST(ff_hse, what_breaks_the_rules_is_said) {
  const struct {
    const char* name;
    std::string frame, rules;
  } rows[] = {
      {"version", "02" + confirmed(3, request, 2, "00000001").substr(2), "length"},
      {"too_long", "01 00 0c 00 01020304 00000099 00000001", "length"},
      {"service", confirmed(3, request, 50, ""), "service"},
      {"kind", "01 00 0d 00 01020304 00000010 00000001", "kind"},
      {"no_number", "01 00 0c 82 01020304 00000010 00000001", "invoke"},
      {"read_cut", confirmed(3, request, 2, "0000"), "length"},
      {"annunciation_cut", unconfirmed(2, 16, "05 20"), "length"},
      {"duplicate", unconfirmed(2, 16, device("02")), "duplicate"},
  };
  for (const auto& r : rows) {
    link l;
    l.talk.client(r.frame);
    EXPECT_EQ(l.rules(), r.rules) << r.name;
  }
}

TEST(ff_hse, waiting_requests_are_bounded_and_the_probe_is_strict) {
  link l;
  for (unsigned i = 0; i < 140; ++i) l.talk.client(confirmed(3, request, 2, "00000001", i));
  EXPECT_EQ(l.talk.out.operations.size(), 12u);
  const auto probe = named("ff_hse").about.probe;
  EXPECT_EQ(probe(hex(confirmed(3, request, 2, "00000001")), transport::udp), match::yes);
  EXPECT_EQ(probe(hex(confirmed(3, request, 2, "00000001")), transport::tcp), match::yes);
  EXPECT_EQ(probe(hex("0140"), transport::tcp), match::unsure);
  EXPECT_EQ(probe(hex("01 00 0c 82 01020304 00000010 00000001"), transport::udp), match::no);
  EXPECT_EQ(probe(hex("01 00 0c 33 01020304 00000010 00000001"), transport::udp), match::no);
}

TEST(ff_hse, every_prefix) {
  every_prefix("ff_hse",
               {{side::client, hex(confirmed(3, request, 83, "00001234 00000002 01"))},
                {side::server, hex(confirmed(3, refusal, 83, "06 02 0003"))},
                {side::client,
                 hex(confirmed(2, request, 14, tag("D") + tag("F") + "20 00 0001 000007d0 0003 0009 00000000000000000000ffff0a000007 00"))},
                {side::client, hex(unconfirmed(2, 16, device()))}},
               transport::udp);
}

}  // namespace
}  // namespace mw::test
