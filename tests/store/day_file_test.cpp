// One day's file: every record comes back as it was, once, and what does not fit is refused with a remedy.
#include "analyzer/store/day_file.hpp"
#include "tests/common/random_records.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace mw {
namespace {

struct day_file_test : testing::Test {
  day_file_test() : folder{testing::TempDir() + "mw_day_XXXXXX"} {
    if (mkdtemp(folder.data()) == nullptr) throw std::runtime_error{folder};
  }
  ~day_file_test() override { std::filesystem::remove_all(folder); }
  std::string path() const { return folder + '/' + day_file::name_of(today); }

  std::string folder;
  day today{std::chrono::year{2026} / 11 / 24};
};

std::vector<attributed> some(std::uint64_t sequence, unsigned seed, std::size_t n) {
  random_records random{seed};
  const auto from = std::make_shared<const origin>(origin{"s1", "e", "Enterprise", "north", "z"});
  std::vector<attributed> out;
  for (std::size_t i = 0; i < n; ++i) out.push_back({random.any(), from, sequence, static_cast<std::uint32_t>(i + 7), "cz", "sz"});
  return out;
}
std::vector<const attributed*> all_of(const std::vector<attributed>& records) {
  std::vector<const attributed*> out;
  for (const auto& r : records) out.push_back(&r);
  return out;
}

TEST_F(day_file_test, NamesAndDays) {
  EXPECT_EQ(day_file::name_of(today), "flows-2026-11-24.db");
  EXPECT_EQ(day_file::parse_name("flows-2026-11-24.db"), today);
  for (const auto* other : {"flows-2026-13-24.db", "flows-2026-11-24.dbx", "flows-2026-11-24.db-wal", "state.db"})
    EXPECT_FALSE(day_file::parse_name(other)) << other;
}

TEST_F(day_file_test, ABatchComesBackExactlyAndOnlyOnce) {
  auto f = day_file::open(folder, today, database::mode::write);
  ASSERT_TRUE(f) << f.error();
  for (unsigned seed = 1; seed <= 20; ++seed) {
    const auto batch = some(seed, seed, 200);
    const auto stored = f->append(seed, all_of(batch));
    ASSERT_TRUE(stored) << stored.error();
    EXPECT_TRUE(*stored);
    EXPECT_EQ(f->append(seed + 100, all_of(batch)), store_result<bool>{false});
    const auto places = f->batches_after(seed - 1);
    ASSERT_TRUE(places) << places.error();
    ASSERT_EQ(places->size(), 1u);
    const auto back = f->read(places->front().id);
    ASSERT_TRUE(back) << back.error();
    ASSERT_EQ(back->size(), batch.size());
    for (std::size_t i = 0; i < batch.size(); ++i) {
      EXPECT_EQ((*back)[i].what, batch[i].what) << i;
      EXPECT_EQ((*back)[i].index, batch[i].index);
      EXPECT_EQ((*back)[i].client_zone, "cz");
      EXPECT_EQ(*(*back)[i].from, *batch[i].from);
    }
  }
  EXPECT_EQ(f->records(), store_result<std::uint64_t>{4000});
  EXPECT_EQ(f->last_commit(), store_result<std::uint64_t>{20});
}

TEST_F(day_file_test, FindsByHostActionAndSiteTheSameWithIndexes) {
  auto f = day_file::open(folder, today, database::mode::write);
  ASSERT_TRUE(f) << f.error();
  const auto batch = some(1, 5, 3000);
  ASSERT_TRUE(f->append(1, all_of(batch)));
  for (const bool indexed : {false, true}) {
    if (indexed) {
      ASSERT_TRUE(f->index());
    }
    std::size_t writes = 0, host = 0, violations = 0;
    for (const auto& a : batch) {
      if (const auto* o = std::get_if<operation>(&a.what)) {
        writes += o->action == action::write;
        host += host_of(o->client) == "10.0.0.9" || host_of(o->server) == "10.0.0.9";
      }
      violations += std::holds_alternative<violation>(a.what);
    }
    const auto found = [&](table t, record_filter q) {
      q.limit = 10'000;
      const auto r = f->find(t, q);
      return r ? r->size() : std::size_t{999'999};
    };
    EXPECT_GT(writes, 0u);
    EXPECT_EQ(found(table::operations, {.action = action::write}), writes);
    EXPECT_EQ(found(table::operations, {.host = "10.0.0.9"}), host);
    EXPECT_EQ(found(table::violations, {.site = "north"}), violations);
    EXPECT_EQ(found(table::violations, {.site = "south"}), 0u);
  }
}

TEST_F(day_file_test, DroppedRecordsAreStillKnown) {
  auto f = day_file::open(folder, today, database::mode::write);
  ASSERT_TRUE(f) << f.error();
  for (std::uint64_t s = 1; s <= 16; ++s) ASSERT_TRUE(f->append(s, all_of(some(s, static_cast<unsigned>(s), 10))));
  EXPECT_EQ(f->drop_oldest(), store_result<std::uint64_t>{30});
  EXPECT_EQ(f->records(), store_result<std::uint64_t>{130});
  EXPECT_EQ(f->append(99, all_of(some(1, 1, 10))), store_result<bool>{false});
}

TEST_F(day_file_test, ANewerSchemaIsRefused) {
  ASSERT_TRUE(day_file::open(folder, today, database::mode::write));
  {
    auto d = database::open(path(), database::mode::write, 1, "");
    ASSERT_TRUE(d) << d.error();
    ASSERT_TRUE(d->exec("UPDATE schema_version SET version = 2"));
  }
  const auto f = day_file::open(folder, today, database::mode::write);
  ASSERT_FALSE(f);
  EXPECT_NE(f.error().find("newer millwatch"), std::string::npos) << f.error();
  EXPECT_NE(f.error().find(path()), std::string::npos) << f.error();
}

TEST_F(day_file_test, ADamagedFileIsAnErrorWithARemedy) {
  std::ofstream{path()} << std::string(8192, 'x');
  const auto f = day_file::open(folder, today, database::mode::write);
  ASSERT_FALSE(f);
  EXPECT_NE(f.error().find("damaged"), std::string::npos) << f.error();
}

}  // namespace
}  // namespace mw
