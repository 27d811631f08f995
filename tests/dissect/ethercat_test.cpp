// EtherCAT: what comes back from the slaves, who does not answer, what their registers, EEPROMs and mailboxes say.
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>

namespace mw::test {
namespace {

const auto master = *mac::parse("00:14:4f:00:00:01"), returned = *mac::parse("02:14:4f:00:00:01");

std::string le(std::uint64_t v, int octets) {
  std::string out;
  constexpr std::string_view digits = "0123456789abcdef";
  for (int i = 0; i < octets; ++i, v >>= 8) out += digits[v >> 4 & 15], out += digits[v & 15];
  return out;
}
std::string ascii(std::string_view s) {
  std::string out;
  for (const char c : s) out += le(static_cast<unsigned char>(c), 1);
  return out;
}
struct gram {
  unsigned command, position, offset;
  std::string data;
  unsigned count;
  unsigned flags = 0;
};
std::string frame_of(const std::vector<gram>& all) {
  std::string out;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& g = all[i];
    const auto size = static_cast<unsigned>(hex(g.data).size());
    out += le(g.command, 1) + "07" + le(g.position, 2) + le(g.offset, 2) + le(size | g.flags | (i + 1 < all.size() ? 0x8000u : 0u), 2) +
           "0000" + g.data + le(g.count, 2);
  }
  return le(hex(out).size() | 0x1000, 2) + out;
}
enum : unsigned { aprd = 1, apwr, aprw, fprd, fpwr, fprw, brd, bwr, brw, lrd, lwr, lrw, armw, frmw };

/// One of the two flows that a ring makes: what goes out, or what comes back.
struct ring {
  recorder out;
  timestamp now{std::chrono::seconds{1'700'000'000}};
  mac from = returned;
  transport over = transport::ethernet;
  void say(const std::string& text) {
    now += std::chrono::milliseconds{1};
    const auto data = hex(text);
    (void)talk_->on_message({.data = data, .time = now, .transport = over, .source = {{}, {}, from}}, out);
  }
  void say(const std::vector<gram>& all) { say(frame_of(all)); }
  void end() { talk_->on_end(now, out); }
  void gap() { talk_->on_gap(side::client); }
  std::string facts() const {
    std::string text;
    for (const auto& f : out.facts) (text += text.empty() ? "" : ",") += (f.unit.empty() ? "" : f.unit + ' ') + f.kind + '=' + f.value;
    return text;
  }
  std::string rules() const {
    std::string text;
    for (const auto& v : out.violations) (text += text.empty() ? "" : ",") += v.rule;
    return text;
  }

private:
  std::unique_ptr<session> talk_ = named("ethercat").about.open();
};
std::string shown(const operation& op) {
  std::string text = op.unit + ' ' + std::string{to_string(op.action)} + ' ' + op.function + ' ' + op.function_name + ' ';
  for (const auto& o : op.objects) text += o.space + '@' + o.address + ' ';
  text += '[';
  for (const auto& v : op.values) text += (text.back() == '[' ? "" : ",") + to_string(v);
  return text + "] " + std::string{to_string(op.outcome)} + (op.code ? ' ' + *op.code : "");
}
std::string field_of(const operation& op, std::string_view name) {
  for (const auto& [n, v] : op.fields)
    if (n == name) return to_string(v);
  return "absent";
}

TEST(ethercat, datagrams_that_came_back_become_operations) {
  const struct {
    const char* name;
    gram d;
    std::string expected, field, value;
  } rows[] = {
      {"state_all", {brd, 5, 0x130, "0800", 5}, " read 7 brd register@0x0130 [8] ok", "state", "operational"},
      {"state_one", {fprd, 1001, 0x130, "1200", 1}, "1001 read 4 fprd register@0x0130 [18] ok", "error", "true"},
      {"to_operational", {fpwr, 1001, 0x120, "0800", 1}, "1001 mode_change 5 fpwr register@0x0120 [8] ok", "state", "operational"},
      {"acknowledge", {fpwr, 1001, 0x120, "1100", 1}, "1001 mode_change 5 fpwr register@0x0120 [17] ok", "acknowledge", "true"},
      {"nobody", {fpwr, 1001, 0x120, "0800", 0}, "1001 mode_change 5 fpwr register@0x0120 [8] timeout", "working_counter", "0"},
      {"address", {apwr, 4, 0x10, "e903", 1}, " configure 2 apwr register@0x0010 [1001] ok", "register", "station_address"},
      {"reset", {fpwr, 1001, 0x40, "52", 1}, "1001 restart 5 fpwr register@0x0040 [82] ok", "register", "reset"},
      {"fmmu",
       {fpwr, 1001, 0x620, "00000000000000000000000000000000", 1},
       "1001 configure 5 fpwr register@0x0620 [0x00000000000000000000000000000000] ok",
       "register",
       "fmmu_2"},
      {"clock",
       {fpwr, 1001, 0x920, "0000000000000000", 1},
       "1001 time_sync 5 fpwr register@0x0920 [0x0000000000000000] ok",
       "register",
       "dc_system_time_offset"},
      {"eeprom_read",
       {fpwr, 1001, 0x502, "0001 08000000", 1},
       "1001 read 5 fpwr register@0x0502 [0x000108000000] ok",
       "eeprom_command",
       "read"},
      {"eeprom_write",
       {fpwr, 1001, 0x502, "0102 08000000", 1},
       "1001 configure 5 fpwr register@0x0502 [0x010208000000] ok",
       "eeprom_command",
       "write"},
      {"identify", {fprd, 1001, 0x0, "11", 1}, "1001 identify 4 fprd register@0x0000 [17] ok", "register", "type"},
      {"outputs", {fpwr, 1001, 0x1100, "aa", 1}, "1001 write 5 fpwr register@0x1100 [170] ok", "register", "process_memory"},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    ring l;
    l.say({r.d});
    ASSERT_EQ(l.out.operations.size(), 1U);
    EXPECT_EQ(shown(l.out.operations[0]), r.expected);
    EXPECT_EQ(field_of(l.out.operations[0], r.field), r.value);
    EXPECT_EQ(l.rules(), "");
  }
}

TEST(ethercat, what_goes_out_is_counted_and_not_told) {
  ring l;
  l.from = master;
  l.say({{fpwr, 1001, 0x120, "0800", 0}, {brd, 0, 0x130, "0000", 0}});
  EXPECT_TRUE(l.out.operations.empty());
  EXPECT_TRUE(l.out.facts.empty());
  EXPECT_EQ(l.out.counts["ethercat/command/5"], 1U);
  EXPECT_EQ(l.out.counts["ethercat/command/7"], 1U);
  l.over = transport::udp;
  l.say({{fpwr, 1001, 0x120, "0800", 1}});
  EXPECT_EQ(l.out.operations.size(), 1U);
}

TEST(ethercat, what_is_read_again_is_told_when_it_changes) {
  ring l;
  for (int i = 0; i < 5; ++i) l.say({{fprd, 1001, 0x130, "0200", 1}, {lrw, 0, 0, "00", 3}, {frmw, 1001, 0x910, "0000000000000000", 5}});
  EXPECT_EQ(l.out.operations.size(), 1U);
  l.say({{fprd, 1001, 0x130, "0400", 1}});
  EXPECT_EQ(l.out.operations.size(), 2U);
  EXPECT_EQ(l.facts(), "1001 run_state=pre_operational,1001 run_state=safe_operational");
  EXPECT_EQ(l.out.counts["ethercat/unchanged/4"], 4U);
}

TEST(ethercat, what_breaks_a_rule) {
  const auto times = [](unsigned n, const gram& g) { return std::vector<std::vector<gram>>(n, {g}); };
  const struct {
    const char* name;
    std::vector<std::vector<gram>> frames;
    std::string rules;
  } rows[] = {
      {"slaves_leave", {{{brd, 5, 0x130, "0800", 5}}, {{brd, 4, 0x130, "0800", 4}}, {{brd, 4, 0x130, "0800", 4}}}, "slave_count"},
      {"slave_silent",
       {{{fprd, 1001, 0x130, "0800", 1}}, {{fprd, 1001, 0x130, "0000", 0}}, {{fprd, 1001, 0x130, "0000", 0}}},
       "working_counter"},
      {"never_there", {{{aprd, 9, 0x130, "0000", 0}}, {{aprd, 9, 0x130, "0000", 0}}}, ""},
      {"twice_there", {{{fprd, 1001, 0x130, "0800", 2}}, {{fprd, 1001, 0x130, "0800", 2}}}, "duplicate_address"},
      {"read_write", {{{fprw, 1001, 0x1100, "08", 3}}}, ""},
      {"circulating", {{{lrw, 0, 0, "00", 3, 0x4000}}}, "circulating"},
      {"command", {{{15, 0, 0, "00", 0}}}, "command"},
  };
  for (const auto& r : rows) {
    ring l;
    for (const auto& f : r.frames) l.say(f);
    EXPECT_EQ(l.rules(), r.rules) << r.name;
  }
  ring l;
  for (const auto& f : times(6, {lrw, 0, 1, "0000", 9})) l.say(f);
  l.say({{lrw, 0, 1, "0000", 6}});
  l.say({{lrw, 0, 1, "0000", 6}});
  EXPECT_EQ(l.rules(), "working_counter");
  for (const auto& f : times(40, {lrw, 0, 1, "0000", 6})) l.say(f);
  l.say({{lrw, 0, 1, "0000", 3}});
  EXPECT_EQ(l.rules(), "working_counter,working_counter");  // what has lasted is what is expected
}

TEST(ethercat, frames_that_are_cut) {
  const struct {
    const char* name;
    std::string frame, rules;
  } rows[] = {
      {"empty", "10", "length"},
      {"longer_than_frame", "4010 0707", "length,length"},
      {"other_type", "0090", "frame_type"},
      {"network_variables", "0440 00000000", ""},
      {"gateway", "0450 00000000", ""},
      {"more_and_nothing", le(13 | 0x1000, 2) + "07 07 0000 3001 0180 0000 00 0100", "length"},
      {"octets_behind", le(15 | 0x1000, 2) + "07 07 0000 3001 0100 0000 00 0100 0000", "length"},
      {"padded", frame_of({{brd, 5, 0x130, "0800", 5}}) + "00000000", ""},
  };
  for (const auto& r : rows) {
    ring l;
    l.say(r.frame);
    EXPECT_EQ(l.rules(), r.rules) << r.name;
  }
}

TEST(ethercat, slaves_are_known_by_position_until_they_have_an_address) {
  ring l;
  l.say({{brd, 3, 0x130, "0100", 3}});
  l.say({{aprd, 2, 0x130, "0100", 1}});
  l.say({{apwr, 2, 0x10, "e903", 1}});
  l.say({{aprd, 2, 0x130, "0200", 1}});
  EXPECT_EQ(l.facts(), "slave_count=3,#1 run_state=init,1001 position=1,1001 run_state=pre_operational");
  EXPECT_EQ(l.rules(), "");
  l.say({{apwr, 1, 0x10, "e903", 1}});
  EXPECT_EQ(l.rules(), "station_position");
}

TEST(ethercat, the_eeprom_says_who_made_a_slave) {
  ring l;
  l.say({{fpwr, 1001, 0x502, "0001 08000000", 1}});
  l.say({{fprd, 1001, 0x508, "ffffffff", 1}});  // still busy
  l.say({{fprd, 1001, 0x502, "0080", 1}});
  l.say({{fprd, 1001, 0x508, "ffffff0f", 1}});
  l.say({{fprd, 1001, 0x502, "0000", 1}});
  l.say({{fprd, 1001, 0x508, "02000000 522c4c04", 1}});
  l.say({{fpwr, 1001, 0x502, "0001 0c000000", 1}});
  l.say({{fprd, 1001, 0x502, "0000 0c000000 00001200 15000000", 1}});
  EXPECT_EQ(l.facts(),
            "1001 vendor=Beckhoff,1001 vendor_id=0x00000002,1001 product_code=0x044c2c52,1001 revision=0x00120000,1001 serial=21");
  ring lost;
  lost.say({{fpwr, 1001, 0x502, "0001 08000000", 1}});
  lost.gap();
  lost.say({{fprd, 1001, 0x502, "0000", 1}});
  lost.say({{fprd, 1001, 0x508, "02000000", 1}});
  EXPECT_EQ(lost.facts(), "");
  ring chip;
  chip.say({{fprd, 1001, 0, "11 00 0200 08 08 08 ff 0c00", 1}});
  EXPECT_EQ(chip.facts(), "1001 slave_controller=type 0x11 revision 0 build 2 fmmus 8 sync_managers 8 ram 8");
}

std::string box(unsigned type, const std::string& body) { return le(hex(body).size(), 2) + "0000 00" + le(type | 0x10, 1) + body; }
std::string in_memory(const std::string& message) {
  auto out = message;
  while (hex(out).size() < 64) out += "00";
  return out;
}

TEST(ethercat, mailboxes_are_read) {
  const struct {
    const char* name;
    std::string request, answer, expected, field, value, facts;
  } rows[] = {
      {"download", box(3, "0020 2f 121c 00 01000000"), box(3, "0030 60 121c 00 00000000"),
       "1001 write 3/2 sdo_download object@0x1c12:0 [1] ok", "size", "1", ""},
      {"download_long", box(3, "0020 21 0080 01 06000000 010203040506"), box(3, "0030 60 0080 01 00000000"),
       "1001 write 3/2 sdo_download object@0x8000:1 [0x010203040506] ok", "size", "6", ""},
      {"upload", box(3, "0020 40 1810 01 00000000"), box(3, "0030 43 1810 01 02000000"),
       "1001 identify 3/2 sdo_upload object@0x1018:1 [2] ok", "x", "absent", "1001 vendor=Beckhoff,1001 vendor_id=0x00000002"},
      {"name", box(3, "0020 40 0810 00 00000000"), box(3, "0030 41 0810 00 06000000" + ascii("EL6001")),
       "1001 identify 3/2 sdo_upload object@0x1008:0 [EL6001] ok", "x", "absent", "1001 model=EL6001"},
      {"abort", box(3, "0020 40 0020 00 00000000"), box(3, "0030 80 0020 00 00000206"),
       "1001 read 3/2 sdo_upload object@0x2000:0 [] refused 100794368", "abort", "no_such_object", ""},
      {"master_aborts", box(3, "0020 40 0020 00 00000000"), "", "1001 read 3/2 sdo_upload object@0x2000:0 [] timeout", "x", "absent", ""},
      {"emergency", "", box(3, "0010 0081 11 0102030405"), "1001 alarm 3/1 emergency [33024] unsolicited", "error_register", "17", ""},
      {"info", box(3, "0080 01 00 0000 0100"), box(3, "0080 02 00 0000 0100"), "1001 identify 3/8 sdo_info_list [] ok", "x", "absent", ""},
      {"file_write", box(4, "02 00 00000000" + ascii("fw.efw")), box(4, "04 00 00000000"),
       "1001 file_write 4/2 foe_write file@fw.efw [] ok", "password_given", "false", ""},
      {"file_read", box(4, "01 00 12345678" + ascii("log")), box(4, "05 00 01800000" + ascii("no")),
       "1001 file_read 4/1 foe_read file@log [] refused 32769", "password_given", "true", ""},
      {"drive_read", box(5, "01 40 1100"), box(5, "02 40 1100 0500"), "1001 read 5/1 soe_read idn@S-0-17 [5] ok", "drive", "0", ""},
      {"drive_refused", box(5, "23 40 2480 0100"), box(5, "34 40 2480 0770"), "1001 write 5/3 soe_write idn@P-0-36 [1] refused 28679",
       "drive", "1", ""},
      {"ads", box(1, "010203040506 e803 0102030405060100 0200 0400 0c000000 00000000 01000000" + std::string(24, '0')),
       box(1, "010203040506 0100 010203040506e803 0200 0500 08000000 06000000 01000000" + std::string(16, '0')),
       "1001 read 1/2 aoe_command ams_port@1000 [] refused 6", "x", "absent", ""},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    ring l;
    if (!r.request.empty()) l.say({{fpwr, 1001, 0x1000, in_memory(r.request), 1}});
    if (!r.answer.empty()) l.say({{fprd, 1001, 0x1080, in_memory(r.answer), 1}});
    l.end();
    ASSERT_EQ(l.out.operations.size(), 1U);
    EXPECT_EQ(shown(l.out.operations[0]), r.expected);
    EXPECT_EQ(field_of(l.out.operations[0], r.field), r.value);
    EXPECT_EQ(l.facts(), r.facts);
    EXPECT_EQ(l.rules(), "");
  }
}

TEST(ethercat, a_mailbox_is_where_the_sync_manager_says) {
  ring l;
  l.say({{fpwr, 1001, 0x800, "0010 8000 26 00 01 00 8010 8000 22 00 01 00 0011 0100 64 00 01 00", 1}});
  l.say({{fpwr, 1001, 0x1100, in_memory(box(3, "0020 2f 121c 00 01000000")), 1}});
  EXPECT_EQ(l.out.operations.back().function_name, "fpwr");
  l.say({{fpwr, 1001, 0x1000, in_memory(box(3, "0020 2f 121c 00 01000000")), 1}});
  l.say({{fprd, 1001, 0x1080, in_memory(box(3, "0030 60 131c 00 00000000")), 1}});
  EXPECT_EQ(l.out.operations.back().function_name, "sdo_download");
  EXPECT_EQ(l.rules(), "sdo_mismatch");
  l.say({{fprd, 1001, 0x1080, in_memory(box(0, "0100 0500")), 1}});
  EXPECT_EQ(l.rules(), "sdo_mismatch,mailbox_error");
  l.say({{fprd, 1001, 0x1080, in_memory(box(3, "0030 60 131c 00 00000000")), 1}});
  EXPECT_EQ(l.out.operations.back().outcome, outcome::unpaired);
}

TEST(ethercat, tables_are_bounded) {
  ring l;
  for (unsigned i = 0; i < 3000; ++i) l.say({{fprd, i, 0x130, "0800", 1}});
  EXPECT_GT(l.out.counts["ethercat/forgotten/datagram"], 1000U);
  EXPECT_EQ(l.out.counts["ethercat/forgotten/slave"], 3000U - 512U);
}

TEST(ethercat, a_probe_wants_a_whole_frame) {
  const auto& p = named("ethercat").about;
  const auto one = frame_of({{brd, 5, 0x130, "0800", 5}, {fprd, 1, 0x130, "0800", 1}});
  EXPECT_EQ(p.probe(hex(one), transport::udp), match::yes);
  EXPECT_EQ(p.probe(hex(one), transport::tcp), match::no);
  EXPECT_EQ(p.probe(hex(one + "00"), transport::udp), match::no);
  EXPECT_EQ(p.probe(hex(one + "00"), transport::ethernet), match::yes);
  EXPECT_EQ(p.probe(hex(one.substr(0, 20)), transport::udp), match::no);
  EXPECT_EQ(p.probe(hex("10"), transport::udp), match::unsure);
}

TEST(ethercat, no_prefix_and_no_flipped_bit_reads_beyond) {
  const auto c = side::client;
  every_prefix("ethercat",
               {{c, hex(frame_of({{brd, 5, 0x130, "0800", 5}, {fpwr, 1001, 0x502, "0001 08000000", 1}}))},
                {c, hex(frame_of({{fprd, 1001, 0x502, "0000 08000000 02000000 522c4c04", 1}, {apwr, 2, 0x10, "e903", 1}}))}},
               transport::udp);
  for (const auto& b : {box(3, "0020 21 0080 01 06000000 010203040506"), box(4, "02 00 00000000" + ascii("fw.efw")),
                        box(5, "23 40 2480 0100"), box(3, "0080 01 00 0000 0100"), box(3, "0010 0081 11 0102030405")})
    every_prefix("ethercat",
                 {{c, hex(frame_of({{fpwr, 1001, 0x1000, b, 1}}))},
                  {c, hex(frame_of({{fprd, 1001, 0x1080, box(3, "0030 43 0080 01 02000000"), 1}}))}},
                 transport::udp);
}

}  // namespace
}  // namespace mw::test
