// SMB 2 and 3: logons, shares, files, compounds, pipes and what breaks the rules.
#include "tests/dissect/smb_harness.hpp"

#include "sensor/dissect/msrpc_interfaces.hpp"

#include <gtest/gtest.h>

using namespace mw;
using namespace mw::test;

namespace {

constexpr std::uint32_t more_processing = 0xc0000016, logon_failure = 0xc000006d, pending = 0x103;

octets session_setup(const octets& blob) {
  return writer{}.u16(25).u8(0).u8(1).u32(0).u32(0).u16(88).u16(static_cast<std::uint16_t>(blob.size())).u64(0).raw(blob).done();
}
octets was_set_up(const octets& blob, std::uint16_t flags = 0) {
  return writer{}.u16(9).u16(flags).u16(72).u16(static_cast<std::uint16_t>(blob.size())).raw(blob).done();
}
octets error() { return writer{}.u16(9).u16(0).u32(0).u8(0).done(); }

struct smb2 : conversation {
  smb2() : conversation{"smb"} {}
  void ask(std::uint16_t command, const octets& body) {
    say(side::client, message_2({.command = command, .message = ++last_message, .body = body}));
  }
  void tell(std::uint16_t command, const octets& body, std::uint32_t status = 0) {
    say(side::server, message_2({.command = command, .message = last_message, .body = body, .flags = 1, .status = status}));
  }
  void exchange(std::uint16_t command, const octets& asked, const octets& told, std::uint32_t status = 0) {
    ask(command, asked), tell(command, told, status);
  }
  void share(std::string_view path, std::uint8_t kind) { exchange(3, tree_connect_2(path), tree_connected_2(kind)); }
  const operation& op() const { return out.operations.back(); }
  std::uint64_t last_message = 10;
};

octets negotiate() {
  const auto context = joined({writer{}.u16(5).u16(6).u32(0).done(), wide_text("SRV")});
  return writer{}.u16(36).u16(2).u16(1).u16(0).u32(0).raw(octets(16, 7)).u32(104).u16(1).u16(0).u16(0x0302).u16(0x0311).raw(context).done();
}
octets negotiated(const octets& contexts, std::uint16_t dialect = 0x0311) {
  writer w;
  w.u16(65).u16(1).u16(dialect).u16(1).raw(octets(16, 8)).u32(0x7f).u32(1 << 20).u32(1 << 20).u32(1 << 20);
  return w.u64(0).u64(0).u16(128).u16(0).u32(128).raw(contexts).done();
}

TEST(smb, negotiation) {
  smb2 c;
  c.exchange(0, negotiate(), negotiated(writer{}.u16(2).u16(4).u32(0).u16(1).u16(2).done()));
  ASSERT_EQ(c.out.operations.size(), 1u);
  EXPECT_EQ(c.op().function, "smb2/0");
  EXPECT_EQ(c.op().action, action::session);
  EXPECT_EQ(c.op().outcome, outcome::ok);
  EXPECT_EQ(field_of(c.op(), "dialects"), text_value("3.0.2 3.1.1"));
  EXPECT_EQ(field_of(c.op(), "server_name"), text_value("SRV"));
  EXPECT_EQ(c.out.described["smb_version"], "3.1.1");
  EXPECT_EQ(c.out.described["smb_cipher"], "aes_128_gcm");
  EXPECT_EQ(c.out.described["signing"], "enabled");
  EXPECT_EQ(c.out.described["server_guid"], "08080808-0808-0808-0808-080808080808");
  EXPECT_TRUE(c.out.violations.empty());
}

TEST(smb, logon_is_one_operation) {
  smb2 c;
  c.exchange(1, session_setup(ntlm_negotiate()), was_set_up(ntlm_challenge()), more_processing);
  EXPECT_TRUE(c.out.operations.empty());
  c.exchange(1, session_setup(ntlm_authenticate("maria")), error(), logon_failure);
  c.exchange(1, session_setup(ntlm_authenticate("maria")), was_set_up({}, 1));
  ASSERT_EQ(c.out.operations.size(), 2u);
  const auto& o = c.out.operations[0];
  EXPECT_EQ(o.action, action::authenticate);
  EXPECT_EQ(o.outcome, outcome::refused);
  EXPECT_EQ(o.code, "3221225581");
  EXPECT_EQ(field_of(o, "status"), text_value("STATUS_LOGON_FAILURE"));
  EXPECT_EQ(o.objects, (std::vector<object>{{"user", "PLANT\\maria"}}));
  EXPECT_EQ(field_of(o, "workstation"), text_value("HMI3"));
  EXPECT_EQ(field_of(o, "authentication"), text_value("ntlm"));
  EXPECT_EQ(field_of(o, "ntlm_version"), value{std::int64_t{1}});
  EXPECT_EQ(c.op().outcome, outcome::ok);
  EXPECT_EQ(field_of(c.op(), "guest"), value{true});
  EXPECT_EQ(c.out.described["user"], "PLANT\\maria");
  EXPECT_EQ(c.out.facts[0].value, "DC1");
  EXPECT_EQ(c.out.facts[0].who, side::server);
  EXPECT_EQ(c.out.facts[1].value, "HMI3");
  EXPECT_EQ(c.out.facts[1].who, side::client);
  EXPECT_TRUE(c.out.violations.empty());
}

TEST(smb, shares) {
  smb2 c;
  c.share("\\\\srv\\ADMIN$", 1);
  EXPECT_EQ(c.op().objects, (std::vector<object>{{"share", "\\\\srv\\ADMIN$"}}));
  EXPECT_EQ(field_of(c.op(), "administrative"), value{true});
  EXPECT_EQ(field_of(c.op(), "share_type"), text_value("disk"));
  c.share("\\\\srv\\c$", 1);
  EXPECT_EQ(field_of(c.op(), "administrative"), value{true});
  c.share("\\\\srv\\IPC$", 2);
  EXPECT_EQ(field_of(c.op(), "administrative"), value{});
  c.exchange(3, tree_connect_2("\\\\srv\\none"), error(), 0xc00000cc);
  EXPECT_EQ(c.op().outcome, outcome::refused);
  EXPECT_EQ(field_of(c.op(), "status"), text_value("STATUS_BAD_NETWORK_NAME"));
  c.exchange(3, tree_connect_2("\\\\srv\\none"), error(), 0x00050002);  // of SMB itself, without a severity
  EXPECT_EQ(c.op().outcome, outcome::refused);
  EXPECT_EQ(field_of(c.op(), "status"), text_value("STATUS_SMB_BAD_TID"));
}

TEST(smb, what_an_open_means) {
  const struct {
    std::uint32_t access, disposition, options;
    mw::action means;
  } rows[] = {{0x00000001, 1, 0, action::file_read},  {0x80000000, 1, 0, action::file_read},        {0x00000080, 1, 0, action::read},
              {0x00000002, 1, 0, action::file_write}, {0x40000000, 3, 0, action::file_write},       {0x00000001, 5, 0, action::file_write},
              {0x00000001, 2, 0, action::file_write}, {0x00010000, 1, 0x1000, action::file_delete}, {0x02000000, 1, 0, action::file_read}};
  for (const auto& r : rows) {
    smb2 c;
    c.share("\\\\srv\\data", 1);
    c.exchange(5, create_2("a\\b.txt", r.access, r.disposition, r.options), created_2(1));
    EXPECT_EQ(c.op().action, r.means) << r.access << ' ' << r.disposition;
    EXPECT_EQ(c.op().objects, (std::vector<object>{{"file", "\\\\srv\\data\\a\\b.txt"}}));
  }
}

TEST(smb, totals_are_told_once_at_close) {
  smb2 c;
  c.share("\\\\srv\\data", 1);
  c.exchange(5, create_2("plan.pdf", 1, 1), created_2(1));
  const auto opened = c.out.operations.size();
  c.exchange(8, read_2(file_of_2(1), 40), was_read_2(octets(40)));
  c.ask(8, read_2(file_of_2(1), 60));
  c.tell(8, error(), pending);
  c.tell(8, was_read_2(octets(60)));
  c.exchange(9, write_2(file_of_2(1), octets(7)), written_2(7));
  c.exchange(9, write_2(file_of_2(1), octets(9)), error(), 0xc0000022);  // not written
  EXPECT_EQ(c.out.operations.size(), opened);
  c.exchange(6, close_2(file_of_2(1)), closed_2(100));
  ASSERT_EQ(c.out.operations.size(), opened + 1);
  EXPECT_EQ(c.op().function_name, "close");
  EXPECT_EQ(c.op().action, action::file_write);
  EXPECT_EQ(field_of(c.op(), "bytes_read"), value{std::uint64_t{100}});
  EXPECT_EQ(field_of(c.op(), "bytes_written"), value{std::uint64_t{7}});
  EXPECT_EQ(field_of(c.op(), "size"), value{std::uint64_t{100}});
  c.exchange(5, create_2("idle", 1, 1), created_2(2));
  c.exchange(6, close_2(file_of_2(2)), closed_2(100));
  EXPECT_EQ(c.out.operations.size(), opened + 2);  // its open only
  c.exchange(5, create_2("left open", 1, 1), created_2(3));
  c.exchange(8, read_2(file_of_2(3), 40), was_read_2(octets(40)));
  c.end();
  EXPECT_EQ(c.op().function_name, "close");
  EXPECT_EQ(c.op().outcome, outcome::none);
  EXPECT_TRUE(c.out.violations.empty());
}

TEST(smb, messages_that_are_longer_than_what_is_kept) {
  smb2 c;
  c.share("\\\\srv\\data", 1);
  c.exchange(5, create_2("big", 1, 1), created_2(1));
  c.exchange(8, read_2(file_of_2(1), 3u << 20), was_read_2(octets(3u << 20)));
  c.exchange(6, close_2(file_of_2(1)), closed_2(3u << 20));
  EXPECT_EQ(field_of(c.op(), "bytes_read"), value{std::uint64_t{3u << 20}});
  EXPECT_TRUE(c.out.violations.empty());
}

TEST(smb, rename_delete_and_list) {
  smb2 c;
  c.share("\\\\srv\\data", 1);
  c.exchange(5, create_2("a", 0x10000, 1), created_2(1));
  const auto name = wide_text("b");
  c.exchange(17, set_info_2(10, file_of_2(1), writer{}.u64(0).u64(0).u32(2).raw(name).done()), writer{}.u16(2).done());
  EXPECT_EQ(c.op().function_name, "set_rename");
  EXPECT_EQ(c.op().action, action::file_write);
  EXPECT_EQ(c.op().objects, (std::vector<object>{{"file", "\\\\srv\\data\\a"}}));
  EXPECT_EQ(field_of(c.op(), "new_name"), text_value("b"));
  c.exchange(17, set_info_2(13, file_of_2(1), {1}), writer{}.u16(2).done());
  EXPECT_EQ(c.op().function_name, "set_disposition");
  EXPECT_EQ(c.op().action, action::file_delete);
  const auto before = c.out.operations.size();
  c.exchange(17, set_info_2(4, file_of_2(1), octets(40)), writer{}.u16(2).done());
  EXPECT_EQ(c.out.operations.size(), before);
  const auto list = [&] {
    return writer{}.u16(33).u8(37).u8(0).u32(0).raw(file_of_2(2)).u16(96).u16(2).u32(65536).raw(wide_text("*")).done();
  };
  c.exchange(5, create_2("", 1, 1, 1), created_2(2, 1, 0x10));
  EXPECT_EQ(c.op().objects, (std::vector<object>{{"directory", "\\\\srv\\data"}}));
  c.exchange(14, list(), writer{}.u16(9).u16(72).u32(0).done());
  EXPECT_EQ(c.op().function_name, "query_directory");
  EXPECT_EQ(field_of(c.op(), "pattern"), text_value("*"));
  c.exchange(14, list(), error(), 0x80000006);
  EXPECT_EQ(c.out.operations.size(), before + 2);  // continued, not asked again
}

TEST(smb, compounds_relate_to_the_file_they_open) {
  smb2 c;
  c.share("\\\\srv\\data", 1);
  const octets same(16, 0xff);
  c.say(side::client, compound({{.command = 5, .message = 20, .body = create_2("c.exe", 2, 5)},
                                {.command = 9, .message = 21, .body = write_2(same, octets(30)), .flags = 4},
                                {.command = 17, .message = 22, .body = set_info_2(13, same, {1}), .flags = 4},
                                {.command = 6, .message = 23, .body = close_2(same), .flags = 4}}));
  c.say(side::server, compound({{.command = 5, .message = 20, .body = created_2(4, 2), .flags = 1},
                                {.command = 9, .message = 21, .body = written_2(30), .flags = 5},
                                {.command = 17, .message = 22, .body = writer{}.u16(2).done(), .flags = 5},
                                {.command = 6, .message = 23, .body = closed_2(30), .flags = 5}}));
  ASSERT_EQ(c.out.operations.size(), 4u);
  EXPECT_EQ(field_of(c.out.operations[1], "result"), text_value("created"));
  EXPECT_EQ(c.out.operations[2].action, action::file_delete);
  EXPECT_EQ(c.out.operations[2].objects[0].address, "\\\\srv\\data\\c.exe");
  EXPECT_EQ(field_of(c.out.operations[3], "bytes_written"), value{std::uint64_t{30}});
  EXPECT_TRUE(c.out.violations.empty());
}

const octets bind_svcctl = bind(1, msrpc::find("svcctl")->id, 2);

TEST(smb, pipes_carry_calls) {
  smb2 c;
  c.share("\\\\srv\\IPC$", 2);
  c.exchange(5, create_2("svcctl", 3, 1), created_2(6));
  EXPECT_EQ(c.op().objects, (std::vector<object>{{"pipe", "\\\\srv\\IPC$\\svcctl"}}));
  EXPECT_EQ(c.op().action, action::session);
  c.exchange(9, write_2(file_of_2(6), bind_svcctl), written_2(static_cast<std::uint32_t>(bind_svcctl.size())));
  c.exchange(8, read_2(file_of_2(6), 1024), was_read_2(bind_ack(1, false)));
  EXPECT_EQ(c.op().protocol, "msrpc");
  EXPECT_EQ(c.op().function_name, "bind");
  constexpr std::uint32_t transceive = 0x11c017, overflow = 0x80000005;
  const auto asked = request(2, 16, writer{}.handle(1).text("spooler").u32(1).done());
  const auto told = response(2, writer{}.handle(3).u32(0).done());
  const octets half(told.begin(), told.begin() + 20), rest(told.begin() + 20, told.end());
  c.exchange(11, ioctl_2(transceive, file_of_2(6), asked), controlled_2(transceive, file_of_2(6), half), overflow);
  c.exchange(8, read_2(file_of_2(6), 1024), was_read_2(rest));
  EXPECT_EQ(c.op().function, "svcctl/16");
  EXPECT_EQ(c.op().objects, (std::vector<object>{{"service", "spooler"}}));
  EXPECT_EQ(c.op().outcome, outcome::ok);
  const auto before = c.out.operations.size();
  c.exchange(6, close_2(file_of_2(6)), closed_2(0));
  EXPECT_EQ(c.out.operations.size(), before);  // what went over a pipe is no file's contents
  EXPECT_TRUE(c.out.violations.empty());
}

TEST(smb, pipes_that_were_opened_before_anyone_looked) {
  smb2 c;
  constexpr std::uint32_t transceive = 0x11c017;
  c.exchange(9, write_2(file_of_2(6), bind_svcctl), written_2(20));
  c.exchange(8, read_2(file_of_2(6), 1024), was_read_2(bind_ack(1, false)));
  c.exchange(11, ioctl_2(transceive, file_of_2(7), request(2, 0, octets(20))),
             controlled_2(transceive, file_of_2(7), response(2, octets(24))));
  ASSERT_EQ(c.out.operations.size(), 2u);
  EXPECT_EQ(c.out.operations[0].objects, (std::vector<object>{{"interface", "svcctl"}}));
  EXPECT_EQ(c.out.operations[1].function, "0");
}

TEST(smb, control_codes) {
  smb2 c;
  const octets none(16, 0xff);
  c.exchange(11, ioctl_2(0x140204, none, octets(24)), controlled_2(0x140204, none, octets(24)));
  EXPECT_EQ(c.op().function_name, "fsctl_validate_negotiate_info");
  EXPECT_EQ(c.op().action, action::session);
  c.exchange(11, ioctl_2(0x60194, none, octets(24)), error(), 0xc0000225);
  EXPECT_EQ(c.op().function_name, "fsctl_dfs_get_referrals");
  EXPECT_EQ(field_of(c.op(), "status"), text_value("STATUS_NOT_FOUND"));
}

TEST(smb, encrypted_and_compressed_messages) {
  smb2 c;
  const auto transform = [](std::uint32_t size) {
    return unit(joined({{0xfd, 'S', 'M', 'B'}, octets(32), writer{}.u32(size).u16(0).u16(1).u64(9).done(), octets(80, 0xee)}));
  };
  const auto compressed = [](std::uint32_t size, std::uint32_t offset) {
    return unit(joined({{0xfc, 'S', 'M', 'B'}, writer{}.u32(size).u16(1).u16(0).u32(offset).done(), octets(40, 0xee)}));
  };
  c.say(side::client, transform(80));
  EXPECT_EQ(c.out.described["smb_encrypted"], "yes");
  EXPECT_TRUE(c.out.violations.empty());
  c.say(side::client, transform(81));
  EXPECT_EQ(c.out.violations.back().rule, "transform_size");
  c.say(side::client, compressed(100, 10));
  EXPECT_EQ(c.out.violations.size(), 1u);
  c.say(side::client, compressed(0xffffffff, 0));
  EXPECT_EQ(c.out.violations.back().rule, "compression_size");
  c.say(side::client, compressed(100, 0x1000));
  EXPECT_EQ(c.out.violations.back().rule, "compression_offset");
  c.exchange(0, negotiate(), negotiated({}));
  c.say(side::client, compressed(100, 10));
  EXPECT_EQ(c.out.violations.back().rule, "compression_not_negotiated");
}

TEST(smb, what_breaks_the_rules) {
  const struct {
    std::string_view rule;
    octets said;
  } rows[] = {
      {"next_command", message_2({.command = 4, .message = 1, .body = writer{}.u16(4).u16(0).done(), .next = 0x1001})},
      {"related", message_2({.command = 4, .message = 1, .body = writer{}.u16(4).u16(0).done(), .flags = 4})},
      {"command", message_2({.command = 77, .message = 1, .body = octets(4)})},
      {"structure_size", message_2({.command = 5, .message = 1, .body = writer{}.u16(56).raw(octets(60)).done()})},
      {"buffer_bounds", message_2({.command = 3, .message = 1, .body = writer{}.u16(9).u16(0).u16(72).u16(900).done()})},
      {"negotiate", message_2({.command = 0, .message = 1, .body = writer{}.u16(36).u16(1).done()})},
      {"header", unit(joined({{0xfe, 'S', 'M', 'B'}, octets(10)}))},
      {"session_message", chars("GET / HTTP/1.1\r\n\r\n")},
      {"ntlm", message_2({.command = 1, .message = 1, .body = session_setup(joined({with_nul("NTLMSSP"), octets(8, 9)}))})},
  };
  for (const auto& r : rows) {
    smb2 c;
    c.say(side::client, r.said);
    ASSERT_EQ(c.out.violations.size(), 1u) << r.rule;
    EXPECT_EQ(c.out.violations[0].rule, r.rule);
    c.share("\\\\srv\\data", 1);  // the conversation goes on
    EXPECT_EQ(c.op().outcome, outcome::ok) << r.rule;
  }
  smb2 c;
  c.exchange(0, negotiate(), negotiated({}));
  c.last_message = 99;
  c.tell(4, writer{}.u16(4).u16(0).done());
  ASSERT_EQ(c.out.violations.size(), 1u);
  EXPECT_EQ(c.out.violations[0].rule, "unpaired_response");
  c.gap(side::client);
  c.tell(4, writer{}.u16(4).u16(0).done());
  EXPECT_EQ(c.out.violations.size(), 1u);  // after a gap that says nothing
}

TEST(smb, gaps_and_octets_one_by_one) {
  smb2 c;
  const auto connect = message_2({.command = 3, .message = 11, .body = tree_connect_2("\\\\srv\\data")});
  for (const auto b : connect) c.say(side::client, octets{b});
  c.say(side::server, message_2({.command = 3, .message = 11, .body = tree_connected_2(1), .flags = 1}));
  c.gap(side::client);
  auto cut = message_2({.command = 5, .message = 12, .body = create_2("x", 1, 1)});
  const octets rest(cut.begin() + 30, cut.end());
  c.say(side::client, joined({rest, message_2({.command = 5, .message = 13, .body = create_2("y", 1, 1)})}));
  c.say(side::server, message_2({.command = 5, .message = 13, .body = created_2(2), .flags = 1}));
  ASSERT_EQ(c.out.operations.size(), 2u);
  EXPECT_EQ(c.out.operations[1].objects, (std::vector<object>{{"file", "\\\\srv\\data\\y"}}));
  c.ask(5, create_2("z", 1, 1));
  c.wait(std::chrono::minutes{3});
  EXPECT_EQ(c.op().outcome, outcome::timeout);
  EXPECT_TRUE(c.out.violations.empty());
}

TEST(smb, tables_are_capped) {
  smb2 c;
  c.share("\\\\srv\\data", 1);
  for (std::uint32_t n = 0; n < 520; ++n) {
    auto told = created_2(1);
    told[64] = static_cast<std::uint8_t>(n), told[65] = static_cast<std::uint8_t>(n >> 8);
    c.exchange(5, create_2("f", 1, 1), told);
  }
  EXPECT_EQ(c.out.counts["smb/forgotten/file"], 8u);
  for (std::uint32_t n = 0; n < 600; ++n) c.ask(8, read_2(file_of_2(1), 10));
  EXPECT_EQ(c.out.counts["smb/forgotten/request"], 600u - 512u);
  for (std::uint32_t n = 0; n < 70; ++n)
    c.say(side::client, message_2({.command = 3, .message = 5000 + n, .body = tree_connect_2("\\\\srv\\x")})),
        c.say(side::server, message_2({.command = 3, .message = 5000 + n, .body = tree_connected_2(1), .flags = 1, .tree = 100 + n}));
  EXPECT_EQ(c.out.counts["smb/forgotten/share"], 71u - 64u);
}

TEST(smb, session_service) {
  conversation c{"smb"};
  const auto name = [](std::string_view text, char suffix) {
    std::string padded{text};
    padded.resize(15, ' ');
    padded += suffix;
    octets out{32};
    for (const char ch : padded) {
      const auto b = static_cast<std::uint8_t>(ch);
      out.push_back(static_cast<std::uint8_t>('A' + (b >> 4))), out.push_back(static_cast<std::uint8_t>('A' + (b & 15)));
    }
    out.push_back(0);
    return out;
  };
  c.say(side::client, unit(joined({name("SERVER9", 0x20), name("HMI-3", 0)}), 0x81));
  c.say(side::server, unit({0x82}, 0x83));
  ASSERT_EQ(c.out.facts.size(), 2u);
  EXPECT_EQ(c.out.facts[0].value, "SERVER9");
  EXPECT_EQ(c.out.facts[0].who, side::server);
  EXPECT_EQ(c.out.facts[1].value, "HMI-3");
  ASSERT_EQ(c.out.operations.size(), 1u);
  EXPECT_EQ(c.out.operations[0].outcome, outcome::refused);
  EXPECT_EQ(c.out.operations[0].code, "130");
  c.say(side::client, unit({}, 0x85));
  EXPECT_TRUE(c.out.violations.empty());
}

TEST(smb, probe) {
  const auto& p = named("smb").about;
  EXPECT_EQ(p.probe(message_2({.command = 0, .body = negotiate()}), transport::tcp), match::certain);
  EXPECT_EQ(p.probe(message_1({.command = 0x72}, {}, {}), transport::tcp), match::certain);
  EXPECT_EQ(p.probe(hex("00 00 00"), transport::tcp), match::unsure);
  EXPECT_EQ(p.probe(hex("00 01 00 00 00 06 01 03"), transport::tcp), match::no);  // Modbus
  EXPECT_EQ(p.probe(hex("82 00 00 00"), transport::tcp), match::yes);
  EXPECT_EQ(p.probe(hex("82 7e 01 00"), transport::tcp), match::no);  // WebSocket
  EXPECT_EQ(p.probe(hex("81 85 37 fa 21 3d"), transport::tcp), match::no);
}

TEST(smb, every_prefix) {
  every_prefix("smb", {{side::client, message_2({.command = 1, .message = 1, .body = session_setup(ntlm_authenticate("m"))})},
                       {side::server, message_2({.command = 1, .message = 1, .body = was_set_up({}), .flags = 1})}});
  every_prefix("smb", {{side::client, message_2({.command = 5, .message = 1, .body = create_2("svcctl", 1, 1)})},
                       {side::server, message_2({.command = 5, .message = 1, .body = created_2(1), .flags = 1})},
                       {side::client, message_2({.command = 9, .message = 2, .body = write_2(file_of_2(1), bind_svcctl)})},
                       {side::client, message_2({.command = 8, .message = 3, .body = read_2(file_of_2(1), 99)})},
                       {side::server, message_2({.command = 8, .message = 3, .body = was_read_2(octets(9)), .flags = 1})}});
  every_prefix(
      "smb",
      {{side::client, message_2({.command = 0, .message = 1, .body = negotiate()})},
       {side::server,
        message_2({.command = 0, .message = 1, .body = negotiated(writer{}.u16(2).u16(4).u32(0).u16(1).u16(2).done()), .flags = 1})}});
}

}  // namespace
