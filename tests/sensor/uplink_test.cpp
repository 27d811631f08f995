// From packets to the spool: what stands in it are the records of the run, each once, in order, also over two runs.
#include "sensor/uplink.hpp"
#include "sensor/capture/source.hpp"
#include "sensor/condense/condenser.hpp"
#include "sensor/spool/spool.hpp"

#include <gtest/gtest.h>

#include <filesystem>

namespace mw {
namespace {

struct keep final : record_sink {
  void on_record(record&& r) override { all.push_back(std::move(r)); }
  std::vector<record> all;
};

void run(record_sink& to) {
  condenser condensed{{}, to};
  engine e{{}, condensed, {}};
  auto from = open_files({std::filesystem::path{__FILE__}.parent_path().parent_path() / "golden/cases/plant/input.pcap"});
  frame f;
  while (from->next(f) != next_frame::end) e.on_frame(f), condensed.on_time(f.time);
  e.finish(from->counts());
  condensed.finish();
}

TEST(uplink, the_spool_holds_what_the_sensor_said) {
  std::string folder = testing::TempDir() + "mw_uplink_XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  keep direct;
  run(direct);
  std::vector<record> spooled_records;
  std::uint64_t next = 1;
  for (int turn = 0; turn < 2; ++turn) {
    spool_config c;
    c.directory = folder;
    auto s = spool::open(c);
    ASSERT_TRUE(s);
    ASSERT_EQ(s->next_sequence(), next) << "goes on where the run before ended";
    sensor_config settings;
    settings.batch_records = 50;
    uplink up{settings, next,
              [&](std::vector<std::uint8_t>&& b, std::uint64_t sequence, timestamp created) {
                return s->append(b, sequence, created).has_value();
              },
              "spool_failed", false};
    run(up);
    up.send();
    EXPECT_EQ(up.ledger().out, direct.all.size());
    EXPECT_TRUE(up.ledger().balanced() && s->ledger().balanced());
    while (auto got = s->read(next).value()) {
      EXPECT_EQ(got->sequence, next++);
      auto b = decode(got->batch);
      ASSERT_TRUE(b);
      EXPECT_EQ(b->sensor, "local");
      EXPECT_LE(b->records.size(), 50u);
      for (auto& r : b->records) spooled_records.push_back(std::move(r));
    }
  }
  ASSERT_EQ(spooled_records.size(), 2 * direct.all.size());
  for (std::size_t i = 0; i < spooled_records.size(); ++i) {
    auto& r = spooled_records[i];
    if (auto* s = std::get_if<status>(&r)) s->ledger.pop_back();  // the uplink's own line
    EXPECT_EQ(r, direct.all[i % direct.all.size()]) << i;
  }
  std::filesystem::remove_all(folder);
}

TEST(uplink, what_is_not_taken_on_is_counted) {
  sensor_config c;
  c.batch_records = 2;
  std::vector<std::uint64_t> sequences;
  uplink up{
      c, 7,
      [&](std::vector<std::uint8_t>&&, std::uint64_t sequence, timestamp) { return sequences.push_back(sequence), sequences.size() != 2; },
      "mailbox_full", true};
  for (int i = 0; i < 5; ++i) up.on_record(fact{});
  EXPECT_EQ(up.ledger(), (ledger_stage{"uplink_records", 5, 2, 1, {{"mailbox_full", 2}}}));
  up.on_time(timestamp{std::chrono::seconds{2}});
  EXPECT_EQ(sequences, (std::vector<std::uint64_t>{7, 8, 8})) << "a number that nobody has seen is used again";
  EXPECT_TRUE(up.ledger().balanced());
}

}  // namespace
}  // namespace mw
