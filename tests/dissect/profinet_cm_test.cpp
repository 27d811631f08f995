// PROFINET's context manager: relations that are made and refused, records, identification, and what is wrong with a block.
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>

namespace mw::test {
namespace {

std::string be(std::uint64_t v, int octets) {
  std::string out;
  constexpr std::string_view digits = "0123456789abcdef";
  for (int shift = octets * 8 - 4; shift >= 0; shift -= 4) out += digits[v >> shift & 15];
  return out;
}
std::string le(std::uint64_t v, int octets) {
  std::string out;
  for (int i = 0; i < octets; ++i) out += be(v >> (8 * i) & 255, 1);
  return out;
}
std::string ascii(std::string_view s, std::size_t size = 0) {
  std::string out;
  for (const char c : s) out += be(static_cast<unsigned char>(c), 1);
  for (auto n = s.size(); n < size; ++n) out += "20";
  return out;
}
std::size_t size_of(const std::string& text) { return hex(text).size(); }

const std::string device_interface = "0100a0de976cd111827100a02442df7d", mapper_interface = "0883afe11f5dc91191a408002b14a0fa";
std::string rpc(unsigned type, unsigned operation, const std::string& stub, unsigned call = 1,
                const std::string& interface_id = device_interface, const std::string& flags = "20", unsigned fragment = 0) {
  return "04" + be(type, 1) + flags + "00 100000 00 0000a0de976cd11182710001 0313002a" + interface_id + "4f52af7a000c1010ace20200000000aa" +
         "00000000 01000000" + le(call, 4) + le(operation, 2) + "ffff ffff" + le(size_of(stub), 2) + le(fragment, 2) + "00 00" + stub;
}
std::string request(unsigned operation, const std::string& blocks, unsigned call = 1) {
  const auto n = le(size_of(blocks), 4);
  return rpc(0, operation, "00100000" + n + "00100000 00000000" + n + blocks, call);
}
std::string response(unsigned operation, const std::string& blocks, std::uint32_t status = 0, unsigned call = 1) {
  const auto n = le(size_of(blocks), 4);
  return rpc(2, operation, le(status, 4) + n + "00100000 00000000" + n + blocks, call);
}
std::string block(unsigned type, const std::string& body, unsigned version = 0x0100) {
  return be(type, 2) + be(size_of(body) + 2, 2) + be(version, 2) + body;
}
const std::string relation = "0adddc28c8fd7b4f9624d1abde5ca71b";
const std::string ar =
    block(0x0101, "0001" + relation + "000d 020000000001" + "dea000006c9711d1827100010000002a" + "00000011 00c8 8892 0004" + ascii("plc1"));
std::string iocr(unsigned type, unsigned id) {
  return block(0x0102,
               be(type, 2) + "0001 8892 00000002 0028" + be(id, 2) + "0020 0010 0001 0000 ffffffff 0003 0003 c000 000000000000 0000");
}
const std::string modules = block(
    0x0104, "0001 00000000 0001 00004d4d 0000 0002 0001 00000008 0003 0001 0001 01 01 0002 0001 01 01 0002 00000009 0001 0001 0004 01 01");
const std::string alarm_cr = block(0x0103, "0001 8892 00000000 0001 0003 0000 00c8 c000 a000");
const std::string connected = block(0x8101, "0001" + relation + "000d 020000000002 8892") + block(0x8102, "0001 0001 8000") +
                              block(0x8102, "0002 0002 8001") + block(0x8103, "0001 0000 00c8") +
                              block(0x8104, "0001 00000000 0001 0002 00000077 0001 0001 0001 00000001 8800") +
                              block(0x8106, "0004" + ascii("dev1"));
std::string head(unsigned slot, unsigned subslot, unsigned index, std::size_t length) {
  return "0001" + relation + "00000000" + be(slot, 2) + be(subslot, 2) + "0000" + be(index, 2) + be(length, 4);
}
const std::string padding24(48, '0');
std::string write(unsigned slot, unsigned subslot, unsigned index, const std::string& data) {
  return block(0x0008, head(slot, subslot, index, size_of(data)) + padding24) + data;
}
std::string written(unsigned index, std::uint32_t status = 0) {
  return block(0x8008, head(1, 1, index, 0) + "0000 0000" + be(status, 4) + std::string(32, '0'));
}
std::string read(unsigned slot, unsigned subslot, unsigned index) { return block(0x0009, head(slot, subslot, index, 4096) + padding24); }
std::string was_read(unsigned index, const std::string& data) {
  return block(0x8009, head(0, 1, index, size_of(data)) + "0000 0000" + std::string(40, '0')) + data;
}
std::string control(unsigned type, unsigned command) { return block(type, "0000" + relation + "000d 0000" + be(command, 2) + "0000"); }

std::string shown(const operation& op) {
  std::string text = std::string{to_string(op.action)} + ' ' + op.function + ' ' + op.function_name + ' ';
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
std::string facts(const recorder& r) {
  std::string text;
  for (const auto& f : r.facts)
    (text += text.empty() ? "" : ",") += (!f.subject.empty()      ? f.subject + ' '
                                          : f.who == side::client ? "<"
                                                                  : ">") +
                                         (f.unit.empty() ? "" : f.unit + ' ') + f.kind + '=' + f.value;
  return text;
}
std::string rules(const recorder& r) {
  std::string text;
  for (const auto& v : r.violations) (text += text.empty() ? "" : ",") += v.rule;
  return text;
}

const std::string im0 =
    block(0x0020, "002a" + ascii("6ES7 155-6AU00-0BN0", 20) + ascii("S C-1234", 16) + "0003 56 03 01 02 0000 0000 0000 0101 001e");

TEST(profinet_cm, each_call_becomes_an_operation) {
  const struct {
    const char* name;
    std::string request, response, expected;
  } rows[] = {
      {"connect", request(0, ar + iocr(1, 0x8000) + iocr(2, 0xffff) + modules + alarm_cr), response(0, connected),
       "session 0 connect 0@1/1 0@1/2 [0x00000008,0x00000009] ok"},
      {"refused", request(0, ar), response(0, "", 0xdb810104), "session 0 connect [] refused 3682664708"},
      {"write", request(3, write(1, 1, 0x0080, "aabb")), response(3, written(0x0080)), "write 3 write 0x0080@1/1 [0xaabb] ok"},
      {"parameter", request(3, write(0, 0x8000, 0x8071, "0250 0008 0100 00000001 0000")), response(3, written(0x8071)),
       "configure 3 write 0x8071@0/32768 [0x025000080100000000010000] ok"},
      {"multiple", request(3, write(0xffff, 0xffff, 0xe040, write(1, 1, 0x0080, "aabbcc") + "00" + write(2, 1, 0x0081, "dd"))),
       response(3, written(0xe040)), "configure 3 write 0x0080@1/1 0x0081@2/1 [0xaabbcc,0xdd] ok"},
      {"write_refused", request(3, write(1, 1, 0x0080, "aabb")), response(3, written(0x0080, 0xdf80b000), 0xdf80b000),
       "write 3 write 0x0080@1/1 [0xaabb] refused 3749752832"},
      {"read", request(2, read(1, 1, 0x0080)), response(2, was_read(0x0080, "0102")), "read 2 read 0x0080@1/1 [0x0102] ok"},
      {"identify", request(2, read(0, 1, 0xaff0)), response(2, was_read(0xaff0, im0)),
       "identify 2 read 0xaff0@0/1 [6ES7 155-6AU00-0BN0] ok"},
      {"location", request(5, read(0, 1, 0xaff1)), response(5, was_read(0xaff1, block(0x0021, ascii("mixer", 32) + ascii("hall 3", 22)))),
       "identify 5 read_implicit 0xaff1@0/1 [mixer,hall 3] ok"},
      {"diagnosis", request(2, read(0, 1, 0x800c)),
       response(2, was_read(0x800c, block(0x0010, "00000000 0001 0001 8000 0800 8000 0002 0800 0006", 0x0101))),
       "diagnose 2 read 0x800c@0/1 [] ok"},
      {"parameter_end", request(4, control(0x0110, 1)), response(4, control(0x8110, 8)), "session 4 parameter_end [] ok"},
      {"application_ready", request(4, control(0x0112, 2)), response(4, control(0x8112, 8)), "session 4 application_ready [] ok"},
      {"release", request(1, control(0x0114, 4)), response(1, control(0x8114, 8)), "session 1 release [] ok"},
      {"fault", request(2, read(0, 1, 0xaff0)), rpc(3, 2, "0b00001c"), "identify 2 read 0xaff0@0/1 [] refused 469762059"},
      {"timeout", request(2, read(1, 1, 0x0080)), "", "read 2 read 0x0080@1/1 [] timeout"},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    conversation talk{"profinet_cm", transport::udp};
    talk.client(r.request);
    if (!r.response.empty()) talk.server(r.response);
    talk.end();
    ASSERT_EQ(talk.out.operations.size(), 1U);
    EXPECT_EQ(shown(talk.out.operations[0]), r.expected);
    EXPECT_EQ(talk.out.askers[0], side::client);
    EXPECT_EQ(rules(talk.out), "");
  }
}

TEST(profinet_cm, a_relation_says_who_speaks_with_whom) {
  conversation talk{"profinet_cm", transport::udp};
  talk.client(request(0, ar + iocr(1, 0x8000) + iocr(2, 0xffff) + modules + alarm_cr));
  talk.server(response(0, connected));
  EXPECT_EQ(facts(talk.out),
            "<station_name=plc1,<role=io_controller,>role=io_device,<mac=02:00:00:00:00:01,>1 expected_module=0x00004d4d,"
            ">mac=02:00:00:00:00:02,>frame_id=0x8000 provider,02:00:00:00:00:02 frame_id=0x8000 provider,>frame_id=0x8001 consumer,"
            "02:00:00:00:00:02 frame_id=0x8001 consumer,>2 module=0x00000077,>station_name=dev1");
  const auto& op = talk.out.operations.at(0);
  EXPECT_EQ(field_of(op, "ar"), "0adddc28-c8fd-7b4f-9624-d1abde5ca71b");
  EXPECT_EQ(field_of(op, "input_cycle_us"), "16000");
  EXPECT_EQ(field_of(op, "input_watchdog_factor"), "3");
  EXPECT_EQ(field_of(op, "alarm_retries"), "3");
  EXPECT_EQ(field_of(op, "module_diff"), "2: 0x00000077 wrong");
}

TEST(profinet_cm, identification_becomes_facts) {
  conversation talk{"profinet_cm", transport::udp};
  talk.client(request(2, read(0, 1, 0xaff0)));
  talk.server(response(2, was_read(0xaff0, im0)));
  EXPECT_EQ(facts(talk.out),
            ">vendor=Siemens,>vendor_id=0x002a,>order_number=6ES7 155-6AU00-0BN0,>serial=S C-1234,>hardware=3,>firmware=V3.1.2");
  talk.client(request(2, read(0, 1, 0xf000), 2));
  talk.server(response(2, was_read(0xf000, block(0x0013, "0001 00000000 0001 0003 00000042 0001 0001 00000043", 0x0101)), 0, 2));
  EXPECT_EQ(facts(talk.out).substr(facts(talk.out).find("V3.1.2") + 7), ">3/1 submodule=0x00000043,>3 module=0x00000042");
  talk.client(request(2, read(0, 1, 0x800c), 3));
  talk.server(response(2, was_read(0x800c, block(0x0010, "00000000 0001 0001 8000 0800 8000 0002 0800 0006", 0x0101)), 0, 3));
  EXPECT_EQ(field_of(talk.out.operations.back(), "channel"), "2: wire_break appears");
}

TEST(profinet_cm, the_endpoint_mapper_lists_the_device) {
  conversation talk{"profinet_cm", transport::udp};
  const auto name = ascii("ET200SP", 25) + "20" + ascii("6ES7 155-6AU00-0BN0", 20) + "20" + ascii("    3", 5) + "20" + ascii("V", 1) +
                    ascii("  3  1  2") + "0000";
  talk.client(rpc(0, 2, std::string(152, '0'), 1, mapper_interface));
  talk.server(rpc(2, 2,
                  std::string(40, '0') + "01000000 01000000 00000000 01000000" + std::string(32, '0') + "01000000 00000000 40000000" + name,
                  1, mapper_interface));
  ASSERT_EQ(talk.out.operations.size(), 1U);
  EXPECT_EQ(shown(talk.out.operations[0]), "identify mapper/2 lookup [ET200SP] ok");
  EXPECT_EQ(facts(talk.out), ">model=ET200SP,>order_number=6ES7 155-6AU00-0BN0,>hardware=3,>firmware=V3.1.2");
}

TEST(profinet_cm, what_is_wrong) {
  const struct {
    const char* name;
    std::string request, rules;
  } rows[] = {
      {"no_rpc", "0102", "rpc_header"},
      {"other_version", "05 00 0e 03 10000000 1000 0000 01000000", "rpc_header"},
      {"operation", request(9, ""), "operation"},
      {"no_arguments", rpc(0, 0, "0000"), "length"},
      {"arguments_beyond", rpc(0, 0, "00000000 40000000 00000000 00000000 40000000"), "length"},
      {"arguments_differ", rpc(0, 0, "00000000 40000000 00000000 00000000 00000000"), "arguments"},
      {"block_beyond", request(0, "0101 0040 0100 0001"), "block_length"},
      {"block_short", request(0, block(0x0101, "0001")), "block_length"},
      {"record_beyond", request(3, block(0x0008, head(1, 1, 0x80, 9) + padding24) + "aa"), "record_length"},
      {"other_in_multiple", request(3, write(0xffff, 0xffff, 0xe040, block(0x0101, "0000"))), "block"},
      {"clock",
       request(0, block(0x0102, "0001 0001 8892 00000002 0028 8000 0000 0010 0001 0000 ffffffff 0003 0003 c000 000000000000 0000")),
       "iocr"},
  };
  for (const auto& r : rows) {
    conversation talk{"profinet_cm", transport::udp};
    talk.client(r.request);
    EXPECT_EQ(rules(talk.out), r.rules) << r.name;
  }
}

TEST(profinet_cm, answers_without_request_repetitions_and_fragments) {
  conversation talk{"profinet_cm", transport::udp};
  talk.server(response(0, connected));
  ASSERT_EQ(talk.out.operations.size(), 1U);
  EXPECT_EQ(talk.out.operations[0].outcome, outcome::unpaired);
  EXPECT_EQ(talk.out.askers[0], side::client);
  EXPECT_EQ(rules(talk.out), "");
  talk.client(request(2, read(1, 1, 0x0080)));
  talk.client(request(2, read(1, 1, 0x0080)));
  EXPECT_EQ(talk.out.counts["profinet_cm/repeated/request"], 1U);
  talk.server(response(2, "", 0, 77));
  EXPECT_EQ(rules(talk.out), "unpaired_response");
  talk.wait(std::chrono::seconds{40});
  EXPECT_EQ(talk.out.operations.back().outcome, outcome::timeout);
  const auto blocks = write(1, 1, 0x0080, "aabb");
  const auto n = le(size_of(blocks), 4);
  const auto stub = "00100000" + n + "00100000 00000000" + n + blocks;
  const auto whole = hex(stub);
  std::string first, second;
  for (std::size_t i = 0; i < whole.size(); ++i) (i < 40 ? first : second) += be(whole[i], 1);
  talk.client(rpc(0, 3, first, 9, device_interface, "24", 0));
  talk.client(rpc(0, 3, second, 9, device_interface, "26", 1));
  talk.server(response(3, written(0x0080), 0, 9));
  EXPECT_EQ(shown(talk.out.operations.back()), "write 3 write 0x0080@1/1 [0xaabb] ok");
  for (unsigned i = 0; i < 80; ++i) talk.client(request(2, read(1, 1, 0x0080), 100 + i));
  EXPECT_EQ(talk.out.operations.back().outcome, outcome::timeout);
}

TEST(profinet_cm, a_call_of_very_many_blocks_is_told_in_part) {
  std::string many;
  for (int i = 0; i < 1000; ++i) many += block(0x8103, "0001 0000 00c8");
  conversation talk{"profinet_cm", transport::udp};
  talk.say(side::client, request(0, ar)), talk.say(side::server, response(0, many));
  ASSERT_EQ(talk.out.operations.size(), 1u);
  EXPECT_LE(talk.out.operations[0].fields.size(), 520u);
  EXPECT_GT(talk.out.counts["profinet_cm/forgotten/fields"], 0u);
}

TEST(profinet_cm, a_probe_knows_its_own) {
  const auto& p = named("profinet_cm").about;
  EXPECT_EQ(p.probe(hex(request(0, ar)), transport::udp), match::certain);
  EXPECT_EQ(p.probe(hex(request(0, ar)), transport::tcp), match::no);
  EXPECT_EQ(p.probe(hex(rpc(0, 2, "", 1, mapper_interface)), transport::udp), match::yes);
  EXPECT_EQ(p.probe(hex(rpc(0, 2, "", 1, "c84f324b7016d30112785a47bf6ee188")), transport::udp), match::no);
  EXPECT_EQ(p.probe(hex("04000000"), transport::udp), match::no);
}

TEST(profinet_cm, no_prefix_and_no_flipped_bit_reads_beyond) {
  const auto c = side::client, s = side::server;
  every_prefix("profinet_cm", {{c, hex(request(0, ar + iocr(1, 0x8000) + modules + alarm_cr))}, {s, hex(response(0, connected))}},
               transport::udp);
  every_prefix("profinet_cm",
               {{c, hex(request(3, write(0xffff, 0xffff, 0xe040, write(1, 1, 0x0080, "aabbcc") + "00" + write(2, 1, 0x0081, "dd"))))},
                {s, hex(response(3, written(0xe040)))}},
               transport::udp);
  every_prefix("profinet_cm", {{c, hex(request(2, read(0, 1, 0xaff0)))}, {s, hex(response(2, was_read(0xaff0, im0)))}}, transport::udp);
}

}  // namespace
}  // namespace mw::test
