// SMB 1: logons in all forms, files, transactions and what breaks their rules.
#include "tests/dissect/smb_harness.hpp"

#include "sensor/dissect/msrpc_interfaces.hpp"

#include <gtest/gtest.h>

using namespace mw;
using namespace mw::test;

namespace {

struct smb1 : conversation {
  smb1() : conversation{"smb"} {}
  void ask(std::uint8_t command, const octets& words, const octets& data) {
    say(side::client, message_1({.command = command, .multiplex = ++multiplex}, words, data));
  }
  void tell(std::uint8_t command, const octets& words, const octets& data, std::uint32_t status = 0) {
    say(side::server, message_1({.command = command, .multiplex = multiplex, .answer = true, .status = status}, words, data));
  }
  void exchange(std::uint8_t command, const octets& words, const octets& data, const octets& told_words, const octets& told,
                std::uint32_t status = 0) {
    ask(command, words, data), tell(command, told_words, told, status);
  }
  void negotiate() {
    exchange(0x72, {}, joined({{2}, with_nul("PC NETWORK PROGRAM 1.0"), {2}, with_nul("NT LM 0.12")}), negotiated(0x03, 0), answer_data());
  }
  /// Security mode and capabilities.
  static octets negotiated(std::uint8_t mode, std::uint32_t capabilities) {
    writer w;
    w.number(1, 2, false)
        .u8(mode)
        .number(50, 2, false)
        .number(1, 2, false)
        .number(4356, 4, false)
        .number(65536, 4, false)
        .number(0, 4, false);
    return w.number(capabilities, 4, false).raw(octets(10)).u8(8).done();
  }
  static octets answer_data() { return joined({octets(8, 0xcc), wide_text("GROUP"), {0, 0}, wide_text("SERVER9"), {0, 0}}); }
  void share(std::string_view path) {
    // flags and the password's size, then the password, padding, path and service
    exchange(0x75, writer{}.u8(0xff).u8(0).u16(0).u16(8).u16(1).done(), joined({{0}, wide_text(path), {0, 0}, with_nul("?????")}),
             writer{}.u8(0xff).u8(0).u16(0).u16(1).done(), joined({with_nul("IPC"), {0}}));
  }
  const operation& op() const { return out.operations.back(); }
  std::map<std::string, std::string> facts_of(side who) const {
    std::map<std::string, std::string> all;
    for (const auto& f : out.facts)
      if (f.who == who) all[f.kind] = f.value;
    return all;
  }
  std::uint16_t multiplex = 1;
};

octets create(std::string_view name, std::uint32_t access, std::uint32_t disposition) {
  writer w;
  w.u8(0xff)
      .u8(0)
      .u16(0)
      .u8(0)
      .number(2 * name.size(), 2, false)
      .number(0, 4, false)
      .number(0, 4, false)
      .number(access, 4, false)
      .raw(octets(8));
  w.number(0, 4, false).number(7, 4, false).number(disposition, 4, false).number(0, 4, false).number(2, 4, false).u8(0);
  return w.done();
}
octets name_of(std::string_view name) { return joined({{0}, wide_text(name), {0, 0}}); }
octets created(std::uint16_t file, bool directory = false) {
  writer w;
  w.u8(0xff)
      .u8(0)
      .u16(0)
      .u8(0)
      .number(file, 2, false)
      .number(1, 4, false)
      .raw(octets(32))
      .number(0, 4, false)
      .raw(octets(8))
      .number(77, 8, false);
  return w.number(0, 2, false).number(0, 2, false).u8(directory).done();
}

TEST(smb_v1, negotiation_tells_what_is_insecure) {
  smb1 c;
  c.negotiate();
  EXPECT_EQ(c.op().function, "smb1/114");
  EXPECT_EQ(field_of(c.op(), "dialects"), text_value("PC NETWORK PROGRAM 1.0, NT LM 0.12"));
  EXPECT_EQ(c.out.described["smb_version"], "1 (NT LM 0.12)");
  EXPECT_EQ(c.out.described["signing"], "none");
  EXPECT_EQ(c.facts_of(side::server), (std::map<std::string, std::string>{
                                          {"domain", "GROUP"}, {"host_name", "SERVER9"}, {"insecure_configuration", "SMB 1 is accepted"}}));
  EXPECT_TRUE(c.out.violations.empty());
}

TEST(smb_v1, logons_in_their_forms) {
  smb1 c;
  c.negotiate();
  const auto machine = joined({wide_text("Windows 5.1"), {0, 0}, wide_text("Windows 2000"), {0, 0}});
  writer w;
  w.u8(0xff)
      .u8(0)
      .u16(0)
      .u16(4356)
      .u16(2)
      .u16(0)
      .number(0, 4, false)
      .number(24, 2, false)
      .number(0, 2, false)
      .number(0, 4, false)
      .number(0xd4, 4, false);
  c.exchange(0x73, w.done(), joined({octets(24, 0xaa), {0}, wide_text("maria"), {0, 0}, wide_text("PLANT"), {0, 0}, machine}),
             writer{}.u8(0xff).u8(0).u16(0).u16(1).done(),
             joined({{0}, wide_text("Windows 7"), {0, 0}, wide_text("LM"), {0, 0}, wide_text("GROUP"), {0, 0}}));
  EXPECT_EQ(c.op().action, action::authenticate);
  EXPECT_EQ(c.op().objects, (std::vector<object>{{"user", "PLANT\\maria"}}));
  EXPECT_EQ(field_of(c.op(), "ntlm_version"), value{std::int64_t{1}});
  EXPECT_EQ(field_of(c.op(), "guest"), value{true});
  EXPECT_EQ(c.facts_of(side::client), (std::map<std::string, std::string>{{"os", "Windows 5.1"}, {"software", "Windows 2000"}}));
  EXPECT_EQ(c.facts_of(side::server)["os"], "Windows 7");

  const auto extended = [&](const octets& blob) {
    writer e;
    e.u8(0xff)
        .u8(0)
        .u16(0)
        .u16(4356)
        .u16(2)
        .u16(0)
        .number(0, 4, false)
        .number(blob.size(), 2, false)
        .number(0, 4, false)
        .number(0x80000000, 4, false);
    return std::pair{e.done(), joined({blob, blob.size() % 2 == 0 ? octets{0} : octets{}, machine})};
  };
  const auto answered = [](const octets& blob) {
    return std::pair{writer{}.u8(0xff).u8(0).u16(0).u16(0).u16(static_cast<std::uint16_t>(blob.size())).done(), blob};
  };
  const auto before = c.out.operations.size();
  const auto [w1, d1] = extended(ntlm_negotiate());
  const auto [a1, b1] = answered(ntlm_challenge());
  c.exchange(0x73, w1, d1, a1, b1, 0xc0000016);
  EXPECT_EQ(c.out.operations.size(), before);
  const auto [w2, d2] = extended(ntlm_authenticate("otto"));
  c.exchange(0x73, w2, d2, {}, {}, 0xc000006d);
  EXPECT_EQ(c.op().objects, (std::vector<object>{{"user", "PLANT\\otto"}}));
  EXPECT_EQ(c.op().outcome, outcome::refused);
  EXPECT_EQ(field_of(c.op(), "status"), text_value("STATUS_LOGON_FAILURE"));
  EXPECT_TRUE(c.out.violations.empty());
  // the same form without saying so in the header
  c.say(side::client, message_1({.command = 0x73, .multiplex = 90, .flags2 = 0xc007}, w2, d2));
  ASSERT_EQ(c.out.violations.size(), 1u);
  EXPECT_EQ(c.out.violations[0].rule, "session_setup_form");
}

TEST(smb_v1, passwords_in_the_clear_are_said_not_kept) {
  smb1 c;
  c.exchange(0x72, {}, joined({{2}, with_nul("NT LM 0.12")}), smb1::negotiated(0x01, 0), smb1::answer_data());
  writer w;
  w.u8(0xff)
      .u8(0)
      .u16(0)
      .u16(4356)
      .u16(2)
      .u16(0)
      .number(0, 4, false)
      .number(6, 2, false)
      .number(0, 2, false)
      .number(0, 4, false)
      .number(0xd4, 4, false);
  c.exchange(0x73, w.done(), joined({with_nul("secre"), {0}, wide_text("maria"), {0, 0}, {0, 0}, {0, 0}, {0, 0}}),
             writer{}.u8(0xff).u8(0).u16(0).u16(0).done(), {});
  EXPECT_EQ(field_of(c.op(), "authentication"), text_value("cleartext"));
  for (const auto& o : c.out.operations)
    for (const auto& f : o.fields) EXPECT_EQ(to_string(f.second).find("secre"), std::string::npos);
}

TEST(smb_v1, files) {
  smb1 c;
  c.share("\\\\SRV\\C$");
  EXPECT_EQ(field_of(c.op(), "administrative"), value{true});
  c.exchange(0xa2, create("\\a.txt", 1, 1), name_of("\\a.txt"), created(7), {});
  EXPECT_EQ(c.op().function_name, "nt_create_andx");
  EXPECT_EQ(c.op().action, action::file_read);
  EXPECT_EQ(c.op().objects, (std::vector<object>{{"file", "\\\\SRV\\C$\\a.txt"}}));
  EXPECT_EQ(field_of(c.op(), "size"), value{std::uint64_t{77}});
  const auto read = writer{}.u8(0xff).u8(0).u16(0).number(7, 2, false).raw(octets(14)).done();
  const auto was_read = writer{}.u8(0xff).u8(0).u16(0).raw(octets(6)).u16(5).u16(60).u16(0).raw(octets(8)).done();
  c.exchange(0x2e, read, {}, was_read, octets(6));
  const auto write = writer{}.u8(0xff).u8(0).u16(0).u16(7).raw(octets(12)).u16(0).u16(3).u16(64).raw(octets(4)).done();
  c.exchange(0x2f, write, octets(4), writer{}.u8(0xff).u8(0).u16(0).u16(3).raw(octets(6)).done(), {});
  c.exchange(0x04, writer{}.u16(7).u32(0).done(), {}, {}, {});
  EXPECT_EQ(c.op().function_name, "close");
  EXPECT_EQ(field_of(c.op(), "bytes_read"), value{std::uint64_t{5}});
  EXPECT_EQ(field_of(c.op(), "bytes_written"), value{std::uint64_t{3}});
  c.exchange(0x06, writer{}.u16(6).done(), joined({{4}, name_of("\\b.txt")}), {}, {}, 0xc0000034);
  EXPECT_EQ(c.op().action, action::file_delete);
  EXPECT_EQ(field_of(c.op(), "status"), text_value("STATUS_OBJECT_NAME_NOT_FOUND"));
  c.exchange(0x07, writer{}.u16(6).done(), joined({{4}, wide_text("x"), {0, 0}, {4, 0}, wide_text("y"), {0, 0}}), {}, {});
  EXPECT_EQ(c.op().function_name, "rename");
  EXPECT_EQ(c.op().objects[0].address.substr(0, 9), "\\\\SRV\\C$\\");
  EXPECT_TRUE(c.out.violations.empty());
}

/// The head of a transaction: totals, and where parameters and data are.
octets transaction(std::uint16_t total, std::uint16_t parameters_at, std::uint16_t parameters, std::uint16_t data_at, std::uint16_t data,
                   const std::vector<std::uint16_t>& setup) {
  writer w;
  w.u16(parameters).u16(total).u16(10).u16(1000).u8(0).u8(0).u16(0).u32(0).u16(0).u16(parameters).u16(parameters_at).u16(data).u16(data_at);
  w.u8(static_cast<std::uint8_t>(setup.size())).u8(0);
  for (const auto s : setup) w.u16(s);
  return w.done();
}
octets transaction_answer(std::uint16_t data, std::uint16_t data_at) {
  return writer{}.u16(0).u16(data).u16(0).u16(0).u16(55).u16(0).u16(data).u16(data_at).u16(0).u8(0).u8(0).done();
}

TEST(smb_v1, pipes_carry_calls) {
  smb1 c;
  c.share("\\\\SRV\\IPC$");
  c.exchange(0xa2, create("\\svcctl", 3, 1), name_of("\\svcctl"), created(9), {});
  EXPECT_EQ(c.op().objects, (std::vector<object>{{"pipe", "\\\\SRV\\IPC$\\svcctl"}}));
  const auto call = [&](const octets& asked, const octets& told) {
    const auto name = joined({{0}, wide_text("\\PIPE\\"), {0, 0}, {0, 0, 0}});
    const auto at = static_cast<std::uint16_t>(32 + 1 + 32 + 2 + name.size());
    c.exchange(0x25, transaction(static_cast<std::uint16_t>(asked.size()), at, 0, at, static_cast<std::uint16_t>(asked.size()), {0x26, 9}),
               joined({name, asked}), transaction_answer(static_cast<std::uint16_t>(told.size()), 56), joined({{0}, told}));
  };
  call(bind(1, msrpc::find("svcctl")->id, 2), bind_ack(1, false));
  EXPECT_EQ(c.op().function_name, "bind");
  EXPECT_EQ(c.op().outcome, outcome::ok);
  call(request(2, 16, writer{}.handle(1).text("spooler").u32(1).done()), response(2, writer{}.handle(3).u32(0).done()));
  EXPECT_EQ(c.op().protocol, "msrpc");
  EXPECT_EQ(c.op().objects, (std::vector<object>{{"service", "spooler"}}));
  EXPECT_TRUE(c.out.violations.empty());
}

octets trans2(std::uint16_t sub, std::uint16_t total = 0) { return transaction(total, 68, 0, 68, 0, {sub}); }

TEST(smb_v1, reserved_subcommands_are_violations) {
  smb1 c;
  c.negotiate();
  c.exchange(0x32, trans2(14), octets(4), {}, {}, 0xc0000002);
  EXPECT_EQ(c.op().function, "smb1/50/14");
  EXPECT_EQ(c.op().outcome, outcome::refused);
  ASSERT_EQ(c.out.violations.size(), 1u);
  EXPECT_EQ(c.out.violations[0].rule, "reserved_subcommand");
  // answered with a multiplex id that nobody asked with
  c.ask(0x32, trans2(5), octets(4));
  c.say(side::server, message_1({.command = 0x32, .multiplex = 81, .answer = true, .status = 0xc0000002}, {}, {}));
  ASSERT_EQ(c.out.violations.size(), 2u);
  EXPECT_EQ(c.out.violations[1].rule, "unpaired_response");
}

octets secondary2(std::uint16_t total, std::uint16_t data, std::uint16_t at) {
  return writer{}.u16(0).u16(total).u16(0).u16(0).u16(0).u16(data).u16(53).u16(at).u16(0).done();
}

TEST(smb_v1, transactions_that_are_continued) {
  smb1 c;
  c.negotiate();
  const auto more = [&](std::uint8_t command, const octets& words, std::size_t size) {
    c.say(side::client, message_1({.command = command, .multiplex = c.multiplex}, words, octets(size)));
  };
  // begun by TRANSACTION2, continued in good order
  c.ask(0x32, transaction(60, 68, 0, 68, 20, {3}), joined({{0, 0, 0}, octets(20)}));
  c.tell(0x32, {}, {});
  more(0x33, secondary2(60, 40, 20), 40);
  c.tell(0x32, transaction_answer(0, 0), {});
  EXPECT_TRUE(c.out.violations.empty());
  // beyond its total
  c.ask(0x32, transaction(60, 68, 0, 68, 20, {3}), joined({{0, 0, 0}, octets(20)}));
  c.tell(0x32, {}, {});
  more(0x33, secondary2(60, 40, 30), 40);
  ASSERT_EQ(c.out.violations.size(), 1u);
  EXPECT_EQ(c.out.violations[0].rule, "secondary_bounds");
  // begun by NT_TRANSACT with more than TRANSACTION2 can say, continued by a secondary message of TRANSACTION2
  ++c.multiplex;
  writer w;
  w.u8(0)
      .number(0, 2, false)
      .number(0, 4, false)
      .number(66512, 4, false)
      .number(0, 4, false)
      .number(0, 4, false)
      .number(0, 4, false)
      .number(73, 4, false);
  w.number(20, 4, false).number(76, 4, false).u8(0).number(2, 2, false);
  more(0xa0, w.done(), 30);
  c.tell(0xa0, {}, {});
  more(0x33, secondary2(0xffff, 40, 20), 40);
  more(0x33, secondary2(0xffff, 40, 60), 40);
  ASSERT_EQ(c.out.violations.size(), 2u);
  EXPECT_EQ(c.out.violations[1].rule, "secondary_kind");
  // of nothing
  c.multiplex += 5;
  more(0x33, secondary2(60, 40, 20), 40);
  EXPECT_EQ(c.out.violations.back().rule, "secondary_without_primary");
}

TEST(smb_v1, what_breaks_the_rules) {
  const struct {
    std::string_view rule;
    octets said;
  } rows[] = {
      {"header", unit(joined({{0xff, 'S', 'M', 'B'}, octets(10)}))},
      {"words", unit(joined({{0xff, 'S', 'M', 'B', 0x72}, octets(27), {200, 1}}))},
      {"byte_count", unit(joined({{0xff, 'S', 'M', 'B', 0x2b}, octets(27), {0, 0xff, 0xff}}))},
      {"dialects", message_1({.command = 0x72}, {}, chars("xyz"))},
      {"andx_offset", message_1({.command = 0x74}, writer{}.u8(0x75).u8(0).u16(2).done(), {})},
      {"session_setup_form", message_1({.command = 0x73}, octets(14), {})},
      {"buffer_bounds", message_1({.command = 0x32}, transaction(900, 68, 0, 68, 900, {5}), octets(4))},
      {"transaction_total", message_1({.command = 0x32}, transaction(2, 68, 0, 68, 3, {5}), octets(4))},
  };
  for (const auto& r : rows) {
    smb1 c;
    c.say(side::client, r.said);
    ASSERT_FALSE(c.out.violations.empty()) << r.rule;
    EXPECT_EQ(c.out.violations[0].rule, r.rule);
    c.share("\\\\SRV\\DATA");
    EXPECT_EQ(c.op().outcome, outcome::ok) << r.rule;
  }
}

TEST(smb_v1, the_negotiation_may_go_on_in_the_second_version) {
  conversation c{"smb"};
  c.say(side::client, message_1({.command = 0x72}, {}, joined({{2}, with_nul("NT LM 0.12"), {2}, with_nul("SMB 2.???")})));
  const auto told = writer{}
                        .u16(65)
                        .u16(3)
                        .u16(0x02ff)
                        .u16(0)
                        .raw(octets(16, 8))
                        .u32(7)
                        .raw(octets(12))
                        .u64(0)
                        .u64(0)
                        .u16(128)
                        .u16(0)
                        .u32(0)
                        .u8(0)
                        .done();
  c.say(side::server, message_2({.command = 0, .message = 0, .body = told, .flags = 1}));
  ASSERT_EQ(c.out.operations.size(), 1u);
  EXPECT_EQ(c.out.operations[0].function, "smb1/114");
  EXPECT_EQ(c.out.operations[0].outcome, outcome::ok);
  EXPECT_EQ(field_of(c.out.operations[0], "smb_version"), text_value("2.x"));
  EXPECT_EQ(field_of(c.out.operations[0], "signing"), text_value("required"));
  EXPECT_TRUE(c.out.violations.empty());
}

TEST(smb_v1, every_prefix) {
  every_prefix("smb", {{side::client, message_1({.command = 0x72}, {}, joined({{2}, with_nul("NT LM 0.12")}))},
                       {side::server, message_1({.command = 0x72, .answer = true}, smb1::negotiated(3, 0), smb1::answer_data())},
                       {side::client, message_1({.command = 0xa2, .multiplex = 2}, create("\\svcctl", 3, 1), name_of("\\svcctl"))},
                       {side::server, message_1({.command = 0xa2, .multiplex = 2, .answer = true}, created(9), {})}});
  every_prefix("smb", {{side::client, message_1({.command = 0x32}, transaction(60, 68, 0, 68, 20, {0}), joined({{0, 0, 0}, octets(20)}))},
                       {side::client, message_1({.command = 0x33}, secondary2(60, 40, 20), octets(40))},
                       {side::server, message_1({.command = 0x32, .answer = true}, transaction_answer(4, 56), octets(5))}});
}

}  // namespace
