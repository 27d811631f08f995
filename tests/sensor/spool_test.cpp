// What was appended is there again: after restarts, kills, torn ends and broken octets; and what is lost is counted.
#include "sensor/spool/spool.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <fstream>
#include <set>
#include <thread>

namespace mw {
namespace {

namespace fs = std::filesystem;
using octets = std::vector<std::uint8_t>;
using namespace std::chrono_literals;

constexpr timestamp t0{1'700'000'000s};

/// A batch whose content follows from its sequence.
octets content(std::uint64_t sequence, std::size_t size = 100) {
  octets b(size);
  for (std::size_t i = 0; i < size; ++i) b[i] = static_cast<std::uint8_t>(sequence * 7 + i * 13);
  return b;
}

class spool_test : public testing::Test {
protected:
  spool_test() {
    std::string name = testing::TempDir() + "spoolXXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error{"no temporary directory"};
    config.directory = name;
  }
  ~spool_test() override { fs::remove_all(config.directory); }

  spool open() {
    auto s = spool::open(config);
    if (!s) throw std::runtime_error{std::string{s.error().what}};
    return std::move(*s);
  }
  static std::vector<std::uint64_t> held(spool& s) {
    std::vector<std::uint64_t> all;
    for (std::uint64_t from = 1;;) {
      const auto r = s.read(from);
      EXPECT_TRUE(r.has_value());
      if (!r || !*r) return all;
      EXPECT_EQ((*r)->batch, content((*r)->sequence, (*r)->batch.size()));
      all.push_back((*r)->sequence);
      from = all.back() + 1;
    }
  }
  static std::vector<std::uint64_t> run(std::uint64_t from, std::uint64_t to) {
    std::vector<std::uint64_t> all;
    for (; from <= to; ++from) all.push_back(from);
    return all;
  }
  static void fill(spool& s, int n, std::size_t size = 100) {
    for (; n > 0; --n) {
      const auto sequence = s.next_sequence();
      ASSERT_TRUE(s.append(content(sequence, size), sequence, t0));
    }
  }
  std::vector<fs::path> files() const {
    std::vector<fs::path> all;
    for (const auto& e : fs::directory_iterator{config.directory})
      if (e.path().extension() == ".seg") all.push_back(e.path());
    std::sort(all.begin(), all.end());
    return all;
  }
  static void flip(const fs::path& file, std::uint64_t at) {
    std::fstream f{file, std::ios::in | std::ios::out | std::ios::binary};
    f.seekg(static_cast<std::streamoff>(at));
    const auto c = static_cast<char>(f.get() ^ 0x40);
    f.seekp(static_cast<std::streamoff>(at));
    f.put(c);
  }
  static void balanced(const spool& s) { EXPECT_TRUE(s.ledger().balanced()) << s.ledger().in; }

  spool_config config;
};

TEST_F(spool_test, in_and_out) {
  auto s = open();
  EXPECT_EQ(s.next_sequence(), 1u);
  EXPECT_EQ(held(s), run(1, 0));
  fill(s, 5);
  EXPECT_EQ(held(s), run(1, 5));
  const auto third = s.read(3);
  ASSERT_TRUE(third && *third);
  EXPECT_EQ((*third)->created, t0);
  ASSERT_TRUE(s.acknowledge(2));
  EXPECT_EQ(held(s), run(3, 5));
  ASSERT_TRUE(s.acknowledge(1)) << "an old acknowledgement changes nothing";
  ASSERT_TRUE(s.acknowledge(99)) << "nor does one of the future reach beyond what there is";
  EXPECT_EQ(held(s), run(1, 0));
  EXPECT_TRUE(files().empty());
  EXPECT_EQ(s.next_sequence(), 6u);
  EXPECT_EQ(s.append({}, 5, t0).error().kind, fault::unsupported);
  EXPECT_EQ(s.append({}, 7, t0).error().kind, fault::unsupported);
  ASSERT_TRUE(s.append({}, 6, t0)) << "an empty batch is one, too";
  EXPECT_EQ(s.ledger(), (ledger_stage{"spool", 6, 5, 1, {{"spool_bytes", 0}, {"spool_age", 0}, {"corrupt", 0}}}));
}

TEST_F(spool_test, goes_on_after_a_restart_without_a_gap) {
  {
    auto s = open();
    fill(s, 5);
  }
  {
    auto s = open();
    EXPECT_EQ(s.next_sequence(), 6u);
    EXPECT_EQ(held(s), run(1, 5));
    fill(s, 3);
    ASSERT_TRUE(s.acknowledge(4));
  }
  {
    auto s = open();
    EXPECT_EQ(held(s), run(5, 8));
    EXPECT_EQ(s.counts().recovered, 4u);
    ASSERT_TRUE(s.acknowledge(8));
    balanced(s);
  }
  EXPECT_TRUE(files().empty());
  {
    auto s = open();
    EXPECT_EQ(s.next_sequence(), 9u) << "also when nothing is left to show it";
  }
}

TEST_F(spool_test, a_new_spool_starts_where_it_is_told) {
  config.first_sequence = 1'700'000'000'000;
  {
    auto s = open();
    EXPECT_EQ(s.next_sequence(), config.first_sequence);
    fill(s, 1);
    EXPECT_EQ(held(s), run(config.first_sequence, config.first_sequence));
  }
  config.first_sequence = 1;
  {
    auto s = open();
    EXPECT_EQ(s.next_sequence(), 1'700'000'000'001u);
  }
}

TEST_F(spool_test, whole_segments_go_when_acknowledged) {
  config.segment_bytes = 1000;  // 7 batches of 128 octets
  auto s = open();
  fill(s, 20);
  EXPECT_EQ(files().size(), 3u);
  ASSERT_TRUE(s.acknowledge(6));
  EXPECT_EQ(files().size(), 3u);
  ASSERT_TRUE(s.acknowledge(7));
  EXPECT_EQ(files().size(), 2u);
  EXPECT_EQ(held(s), run(8, 20));
  ASSERT_TRUE(s.acknowledge(20));
  EXPECT_TRUE(files().empty());
  balanced(s);
}

TEST_F(spool_test, oldest_first_when_too_many_bytes) {
  config.max_bytes = 8000;
  config.segment_bytes = 1000;
  auto s = open();
  fill(s, 200);
  EXPECT_LE(s.bytes_held(), config.max_bytes);
  EXPECT_EQ(held(s), run(201 - s.held(), 200));
  EXPECT_GT(s.held(), 50u);
  EXPECT_EQ(s.counts().forgotten_bytes, 200 - s.held());
  balanced(s);
  const auto n = s.next_sequence();
  EXPECT_EQ(s.append(octets(8000), n, t0).error().kind, fault::over_limit);
  EXPECT_EQ(s.counts().refused, 1u);
  EXPECT_EQ(s.held(), 200 - s.counts().forgotten_bytes) << "nothing goes for a batch that can never fit";
  std::uint64_t on_disk = 0;
  for (const auto& f : files()) on_disk += fs::file_size(f);
  EXPECT_EQ(on_disk, s.bytes_held());
}

TEST_F(spool_test, oldest_first_when_too_old) {
  config.segment_bytes = 500;
  config.max_age = 60s;
  auto s = open();
  for (std::uint64_t i = 1; i <= 30; ++i) ASSERT_TRUE(s.append(content(i), i, t0 + std::chrono::seconds{i}));
  ASSERT_TRUE(s.expire(t0 + 61s));
  EXPECT_EQ(s.held(), 30u);
  ASSERT_TRUE(s.expire(t0 + 73s)) << "13 s are too much for 12, which is the end of the fourth segment of three";
  EXPECT_EQ(held(s), run(13, 30));
  EXPECT_EQ(s.counts().forgotten_age, 12u);
  ASSERT_TRUE(s.expire(t0 + 1h));
  EXPECT_EQ(s.held(), 0u);
  fill(s, 1);
  EXPECT_EQ(held(s), run(31, 31));
  balanced(s);
}

TEST_F(spool_test, torn_end_at_every_octet) {
  {
    auto s = open();
    fill(s, 3, 20);
  }
  const auto file = files().at(0);
  const auto full = fs::file_size(file);  // 8 + 3 * 48
  const auto copy = config.directory / "copy";
  fs::copy_file(file, copy);
  for (std::uint64_t size = 0; size < full; ++size) {
    fs::copy_file(copy, file, fs::copy_options::overwrite_existing);
    fs::resize_file(file, size);
    fs::remove(config.directory / "position");
    auto s = open();
    const auto whole = size < 8 ? 0 : (size - 8) / 48;
    ASSERT_EQ(held(s), run(1, whole)) << size;
    ASSERT_GT(s.next_sequence(), 3u) << "numbers that may have been sent must not come again";
    const auto n = s.next_sequence();
    fill(s, 1);
    ASSERT_EQ(held(s).back(), n);
    ASSERT_EQ(held(s).size(), whole + 1);
    balanced(s);
    ASSERT_TRUE(s.acknowledge(n));
    ASSERT_TRUE(files().empty());
    std::ofstream{file};  // for the next round
  }
}

TEST_F(spool_test, every_broken_octet_loses_one_batch_at_most) {
  {
    auto s = open();
    fill(s, 5, 20);
  }
  const auto file = files().at(0);
  for (std::uint64_t at = 0; at < fs::file_size(file); ++at) {
    flip(file, at);
    {
      auto s = open();
      const auto all = held(s);
      const auto hit = at < 8 ? 0 : (at - 8) / 48 + 1;
      std::vector<std::uint64_t> expected;
      for (std::uint64_t i = 1; i <= 5; ++i)
        if (i != hit) expected.push_back(i);
      ASSERT_EQ(all, expected) << "octet " << at;
      ASSERT_EQ(s.counts().corrupt, hit >= 1 && hit < 5 ? 1u : 0u) << "octet " << at;
      if (hit >= 1 && hit < 5) {
        ASSERT_EQ(s.counts().broken_octets, 48u);
      }
      ASSERT_EQ(s.next_sequence(), 6u);
      balanced(s);
    }
    if (fs::file_size(file) == 8 + 5 * 48)
      flip(file, at);
    else
      break;  // a broken last one is cut off as a torn end: the file is another now
  }
}

TEST_F(spool_test, broken_while_running) {
  auto s = open();
  fill(s, 5);
  flip(files().at(0), 8 + 128 * 2 + 60);
  EXPECT_EQ(held(s), (std::vector<std::uint64_t>{1, 2, 4, 5}));
  EXPECT_EQ(s.counts().corrupt, 1u);
  balanced(s);
  ASSERT_TRUE(s.acknowledge(5));
  EXPECT_EQ(s.counts().acknowledged, 4u);
  balanced(s);
}

TEST_F(spool_test, broken_end_of_a_finished_segment_is_counted) {
  config.segment_bytes = 1000;
  {
    auto s = open();
    fill(s, 20);
  }
  fs::resize_file(files().at(0), 8 + 128 * 5 + 3);  // of seven
  auto s = open();
  EXPECT_EQ(s.held(), 18u);
  EXPECT_EQ(s.counts().corrupt, 1u) << "an estimate by size: three octets are left of two batches";
  balanced(s);
}

TEST_F(spool_test, noise_in_the_directory_is_left_alone) {
  std::ofstream{config.directory / "notes.txt"} << "mine";
  std::ofstream{config.directory / "1.seg"} << "not ours";
  std::ofstream{config.directory / "position"} << "garbage";
  std::ofstream{config.directory / "00000000000000000007.seg"} << "garbage of some length, longer than a header";
  auto s = open();
  EXPECT_EQ(s.held(), 0u);
  fill(s, 2);
  EXPECT_EQ(s.held(), 2u);
  EXPECT_GT(s.next_sequence(), 7u);
  EXPECT_TRUE(fs::exists(config.directory / "notes.txt"));
  EXPECT_TRUE(fs::exists(config.directory / "1.seg"));
}

TEST_F(spool_test, one_owner) {
  auto s = open();
  const auto other = spool::open(config);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().kind, fault::unsupported);
  fill(s, 1);
}

/// Runs `child` in a process of its own; its exit status, or 128 + the signal that ended it.
template <class F>
int in_child(F child) {
  const auto pid = ::fork();
  if (pid == 0) ::_exit(child());
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

TEST_F(spool_test, full_disk_is_an_error_and_then_goes_on) {
  const auto status = in_child([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    const auto limit = [](rlim_t n) {
      const rlimit r{n, RLIM_INFINITY};
      return ::setrlimit(RLIMIT_FSIZE, &r) == 0;
    };
    auto s = open();
    const auto put = [&] { return s.append(content(s.next_sequence()), s.next_sequence(), t0); };
    if (!put() || !put()) return 1;
    if (!limit(8 + 128 * 2 + 50)) return 2;  // the third fits in part
    const auto full = put();
    if (full || full.error().kind != fault::over_limit) return 3;
    if (fs::file_size(files().at(0)) != 8 + 128 * 2) return 4;  // nothing of it stays
    if (s.next_sequence() != 3 || s.held() != 2 || s.counts().refused != 1) return 5;
    if (!limit(RLIM_INFINITY) || !put()) return 6;
    return held(s) == run(1, 3) && s.ledger().balanced() ? 0 : 7;
  });
  EXPECT_EQ(status, 0);
}

TEST_F(spool_test, directory_that_cannot_be_written) {
  const auto kind = [&](fs::path p) {
    auto c = config;
    c.directory = std::move(p);
    const auto s = spool::open(c);
    return s ? fault{99} : s.error().kind;
  };
  std::ofstream{config.directory / "file"};
  EXPECT_EQ(kind(config.directory / "file" / "spool"), fault::unsupported);
  {
    auto s = open();
    fill(s, 1);
  }
  fs::permissions(config.directory, fs::perms::owner_read | fs::perms::owner_exec | fs::perms::others_read | fs::perms::others_exec);
  const auto status = in_child([&] {
    if (::geteuid() == 0 && ::setuid(65534) != 0) return 1;  // root may write everywhere
    const auto s = spool::open(config);
    return !s && s.error().kind == fault::unsupported ? 0 : 2;
  });
  fs::permissions(config.directory, fs::perms::owner_all);
  EXPECT_EQ(status, 0);
}

/// A child writes, tells each sequence that append() took, and is killed at a random moment.
TEST_F(spool_test, killed_while_writing) {
  config.segment_bytes = 20'000;
  std::uint64_t told = 0, acknowledged = 0;
  std::set<std::uint64_t> given_out;
  for (int round = 0; round < 8; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const auto pid = ::fork();
    if (pid == 0) {
      ::close(ends[0]);
      auto s = spool::open(config);
      if (!s) ::_exit(1);
      for (;;) {
        const auto n = s->next_sequence();
        if (!s->append(content(n, 1 + n * 37 % 3000), n, t0)) ::_exit(2);
        if (::write(ends[1], &n, sizeof n) != sizeof n) ::_exit(3);
      }
    }
    ::close(ends[1]);
    std::this_thread::sleep_for(std::chrono::milliseconds{30 + 20 * round});
    ::kill(pid, SIGKILL);
    std::uint64_t n = 0;
    while (::read(ends[0], &n, sizeof n) == sizeof n) {
      EXPECT_TRUE(given_out.insert(n).second) << "sequence " << n << " came twice";
      told = n;
    }
    ::close(ends[0]);
    int status = 0;
    ::waitpid(pid, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself: " << status;

    auto s = open();
    const auto all = held(s);
    const std::set<std::uint64_t> have(all.begin(), all.end());
    for (auto sequence : given_out) ASSERT_TRUE(sequence <= acknowledged || have.contains(sequence)) << sequence << " is lost";
    EXPECT_GT(s.next_sequence(), told);
    EXPECT_EQ(s.counts().corrupt, 0u);
    balanced(s);
    acknowledged = told > 10 ? told - 10 : 0;
    ASSERT_TRUE(s.acknowledge(acknowledged));
  }
  EXPECT_GT(given_out.size(), 50u);
}

}  // namespace
}  // namespace mw
