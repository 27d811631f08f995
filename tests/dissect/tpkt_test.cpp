// TPKT frames, COTP headers and the joining of their data (RFC 1006, ISO 8073 class 0).
#include "sensor/dissect/tpkt.hpp"

#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>

namespace mw::test {
namespace {

using octets = std::vector<std::uint8_t>;
using tpkt::kind;
using tpkt::reassembly;

struct frame_row {
  const char* what;
  const char* head;
  long size;
};  // -1: not at the border of a message
constexpr frame_row frames[] = {
    {"nothing yet", "", 0},
    {"half a header", "03 00 00", 0},
    {"header alone", "03 00 00 16", 22},
    {"connection request", "03 00 00 16 11 e0", 22},
    {"data without any", "03 00 00 07 02 f0 80", 7},
    {"longest", "03 00 ff ff 02 f0 80", 65535},
    {"reserved octet is not looked at", "03 01 00 07 02 f0 80", 7},
    {"other version", "02", -1},
    {"shorter than a TPDU", "03 00 00 06", -1},
    {"header longer than its frame", "03 00 00 07 03", -1},
    {"header without a code", "03 00 00 07 01", -1},
    {"unknown TPDU", "03 00 00 07 02 50", -1},
};

TEST(Tpkt, Frame) {
  for (const auto& row : frames) {
    const auto size = tpkt::frame(hex(row.head));
    EXPECT_EQ(size ? static_cast<long>(*size) : -1, row.size) << row.what;
  }
}

TEST(Tpkt, ConnectionRequestNamesItsSelectors) {
  const auto message = hex("03 00 00 16 11 e0 00 00 00 2a 00 c1 02 01 00 c2 02 01 02 c0 01 0a");
  const auto t = tpkt::parse(message);
  ASSERT_TRUE(t);
  EXPECT_EQ(t->kind, kind::connect_request);
  EXPECT_EQ(t->source, 42);
  EXPECT_EQ(t->maximum, 1024u);
  EXPECT_TRUE(t->parameters_valid);
  EXPECT_EQ(octets(t->calling.begin(), t->calling.end()), hex("0100"));
  EXPECT_EQ(octets(t->called.begin(), t->called.end()), hex("0102"));
}

TEST(Tpkt, ParametersThatLeaveTheirHeaderAreSaidToBeInvalid) {
  const auto t = tpkt::parse(hex("03 00 00 0f 0a d0 00 01 00 02 00 c1 02 01 00"));
  ASSERT_TRUE(t);
  EXPECT_TRUE(t->parameters_valid);
  const auto cut = tpkt::parse(hex("03 00 00 0f 0a d0 00 01 00 02 00 c1 09 01 00"));
  ASSERT_TRUE(cut);
  EXPECT_EQ(cut->kind, kind::connect_confirm);
  EXPECT_FALSE(cut->parameters_valid);
  EXPECT_TRUE(cut->calling.empty());
}

TEST(Tpkt, DataAndDisconnect) {
  const auto whole = tpkt::parse(hex("03 00 00 09 02 f0 80 32 01"));
  ASSERT_TRUE(whole);
  EXPECT_TRUE(whole->last);
  EXPECT_EQ(whole->user_data.size(), 2u);
  const auto part = tpkt::parse(hex("03 00 00 08 02 f0 00 32"));
  ASSERT_TRUE(part);
  EXPECT_FALSE(part->last);
  const auto numbered = tpkt::parse(hex("03 00 00 0a 04 f0 00 07 80 32"));  // class 2: with a reference
  ASSERT_TRUE(numbered);
  EXPECT_EQ(numbered->destination, 7);
  EXPECT_TRUE(numbered->last);
  const auto end = tpkt::parse(hex("03 00 00 0b 06 80 00 01 00 02 85"));
  ASSERT_TRUE(end);
  EXPECT_EQ(end->kind, kind::disconnect_request);
  EXPECT_EQ(end->reason, 0x85);
}

TEST(Tpkt, CutMessagesAreErrors) {
  for (const char* cut : {"", "03 00", "03 00 00 16 11 e0 00 00", "03 00 00 08 02 f0", "03 00 00 07 02 f0 80 32", "03 00 00 07 02 50 80"})
    EXPECT_FALSE(tpkt::parse(hex(cut))) << cut;
}

tpkt::tpdu data(const octets& o, bool last) {
  tpkt::tpdu t;
  t.user_data = o;
  t.last = last;
  return t;
}

TEST(Tpkt, PartsBecomeOneMessage) {
  const octets a = hex("32 01"), b = hex("02"), c = hex("03 04"), none;
  reassembly r;
  EXPECT_EQ(r.add(data(a, true)), reassembly::step::complete);
  EXPECT_EQ(octets(r.whole().begin(), r.whole().end()), a);
  EXPECT_EQ(r.add(data(a, false)), reassembly::step::more);
  EXPECT_TRUE(r.open());
  EXPECT_EQ(r.add(data(none, false)), reassembly::step::more);
  EXPECT_EQ(r.add(data(b, false)), reassembly::step::more);
  EXPECT_EQ(r.add(data(c, true)), reassembly::step::complete);
  EXPECT_EQ(octets(r.whole().begin(), r.whole().end()), hex("32 01 02 03 04"));
  EXPECT_FALSE(r.open());
  EXPECT_EQ(r.add(data(c, true)), reassembly::step::complete);
  EXPECT_EQ(octets(r.whole().begin(), r.whole().end()), c) << "the message before must not come again";
}

TEST(Tpkt, TheRestOfALostBeginningIsSkipped) {
  const octets a = hex("32 01"), b = hex("02");
  reassembly r;
  EXPECT_EQ(r.add(data(a, false)), reassembly::step::more);
  r.gap();
  EXPECT_EQ(r.add(data(b, false)), reassembly::step::skipped);
  EXPECT_EQ(r.add(data(b, true)), reassembly::step::skipped);
  EXPECT_EQ(r.add(data(a, true)), reassembly::step::complete);
  r.add(data(a, false));
  r.gap();
  EXPECT_EQ(r.add(data(a, true), true), reassembly::step::complete) << "a beginning ends the skipping";
  r.gap();
  EXPECT_EQ(r.add(data(b, true)), reassembly::step::complete) << "nothing was under way at this gap";
}

TEST(Tpkt, AMessageWithoutEndIsGivenUp) {
  const octets part(60000, 1);
  reassembly r;
  int more = 0;
  while (more < 100 && r.add(data(part, false)) == reassembly::step::more) ++more;
  EXPECT_EQ(more, static_cast<int>(reassembly::limit / part.size()));
  EXPECT_EQ(r.add(data(part, false)), reassembly::step::skipped);
  EXPECT_EQ(r.add(data(part, true)), reassembly::step::skipped);
  EXPECT_EQ(r.add(data(part, true)), reassembly::step::complete);
}

}  // namespace
}  // namespace mw::test
