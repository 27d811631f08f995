// A dissector that crashes and hangs on magic messages, under the supervisor: what it costs, and what is told.
#include "sensor/guard/supervisor.hpp"

#include "common/wire.hpp"
#include "sensor/run.hpp"
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <thread>

namespace mw {
namespace {

using namespace std::chrono_literals;

struct fragile final : session {
  verdict on_message(const message& m, output& out) override {
    const std::string text{m.data.begin(), m.data.end()};
    if (text == "fragile crash") std::abort();
    for (volatile bool hangs = text == "fragile hang"; hangs;) {
    }
    operation op;
    op.time = m.time;
    op.function_name = text.substr(8);
    out.emit(std::move(op));
    return verdict::taken;
  }
};
constexpr std::uint16_t ports[] = {61'010};
const protocol registration{{.name = "fragile",
                             .udp_ports = ports,
                             .any_tcp_port = false,
                             .any_udp_port = false,
                             .probe = [](bytes head, transport) { return head.size() > 8 && head[0] == 'f' ? match::yes : match::no; },
                             .open = []() -> std::unique_ptr<session> { return std::make_unique<fragile>(); }}};

/// A card that gives the datagrams of a script, and then nothing more until it is asked to stop. How far it is outlives a worker,
/// as what comes on a wire does.
class scripted final : public source {
public:
  struct line {
    int host;
    const char* text;
  };
  scripted(const std::vector<line>& script, std::atomic<std::size_t>& at) : script_{script}, at_{at} {}
  next_frame next(frame& out) override {
    if (at_ == script_.size()) {
      std::this_thread::sleep_for(5ms);
      return next_frame::none_yet;
    }
    const auto& l = script_[at_++];
    const std::string text{l.text};
    data_ = test::hex("020000000002 020000000001 0800 4500 0000 0000 0000 40 11 0000 0a000001 0a000002 1388 ee52 0000 0000");
    data_[17] = static_cast<std::uint8_t>(28 + text.size()), data_[29] = static_cast<std::uint8_t>(l.host);
    data_[39] = static_cast<std::uint8_t>(8 + text.size());
    data_.insert(data_.end(), text.begin(), text.end());
    out = {.time = std::chrono::system_clock::now(), .data = data_, .wire_size = static_cast<std::uint32_t>(data_.size()), .link_type = 1};
    return next_frame::got;
  }
  source_counts counts() override { return {}; }
  std::string name() const override { return "script"; }

private:
  const std::vector<line>& script_;
  std::atomic<std::size_t>& at_;
  std::vector<std::uint8_t> data_;
};

volatile std::sig_atomic_t stop = 0;
void on_signal(int) { stop = 1; }

struct supervised : testing::Test {
  supervised() {
    void* memory = ::mmap(nullptr, sizeof(std::atomic<std::size_t>), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    at = new (memory) std::atomic<std::size_t>{0};
    stop = 0;
    std::signal(SIGTERM, on_signal);
  }
  /// Runs until it is `enough`, or for a time that only a failure takes.
  int run_script(const std::vector<scripted::line>& script, const std::function<bool()>& enough) {
    sensor_config c;
    c.condense = false, c.batch_records = 1;
    c.engine.heartbeat = 1s;
    c.guarding.hang_after = 200ms;
    const auto until = std::chrono::steady_clock::now() + 60s;
    supervisor_tasks t;
    t.work = [&](black_box& box, worker_pipe& pipe) {
      scripted from{script, *at};
      record_writer nowhere{""};
      run_tasks r;
      r.interface = "script", r.stop = &stop, r.box = &box, r.first_sequence = sequence + 1;
      r.carry = [&](std::vector<std::uint8_t>&& encoded, std::uint64_t n, timestamp created) { return pipe.batch(encoded, n, created); };
      const auto end = run(from, c, nowhere, r);
      pipe.statistics(end.stats.to_json());
      return worker_end::done;
    };
    t.on_start = [&](std::uint64_t n) { workers = n; };
    t.on_batch = [&](std::vector<std::uint8_t>&& encoded, std::uint64_t n, timestamp) {
      EXPECT_EQ(n, sequence + 1);
      sequence = n;
      const auto b = decode(encoded);
      EXPECT_TRUE(b.has_value());
      if (b) records.insert(records.end(), b->records.begin(), b->records.end());
      if (enough() || std::chrono::steady_clock::now() > until) stop = 1;
      return true;
    };
    t.on_statistics = [&](std::string&& json) { statistics = std::move(json); };
    t.on_complaint = [&](std::string_view line) { complaints.emplace_back(line); };
    return supervise(c.guarding, t, stop);
  }
  std::vector<record> said(std::string_view type) const {
    std::vector<record> out;
    for (const auto& r : records)
      if (type_of(r) == type) out.push_back(r);
    return out;
  }
  std::vector<std::string> operations() const {
    std::vector<std::string> out;
    for (const auto& r : said("operation")) out.push_back(std::get<operation>(r).function_name);
    return out;
  }
  bool off_told() const {
    for (const auto& r : said("status"))
      for (const auto& f : std::get<status>(r).fields)
        if (f == field{"dissectors_off", std::string{"fragile"}}) return true;
    return false;
  }
  std::atomic<std::size_t>* at = nullptr;
  std::uint64_t sequence = 0, workers = 0;
  std::vector<record> records;
  std::vector<std::string> complaints;
  std::string statistics;
};

TEST_F(supervised, a_worker_that_ends_by_itself_is_not_started_again) {
  EXPECT_EQ(run_script({{1, "fragile a"}, {1, "fragile b"}}, [&] { return operations().size() == 2; }), 0);
  EXPECT_EQ(operations(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(workers, 1u);
  EXPECT_TRUE(complaints.empty());
  EXPECT_NE(statistics.find("\"packets\":2"), std::string::npos);
}

TEST_F(supervised, a_crash_costs_the_flow_and_nothing_else) {
  EXPECT_EQ(run_script({{1, "fragile before"}, {7, "fragile crash"}, {7, "fragile of the quarantined flow"}, {1, "fragile after"}},
                       [&] { return operations().size() == 2; }),
            0);
  EXPECT_EQ(operations(), (std::vector<std::string>{"before", "after"}));
  EXPECT_EQ(workers, 2u);
  ASSERT_EQ(complaints.size(), 1u);
  EXPECT_NE(complaints[0].find("in dissector 'fragile'"), std::string::npos) << complaints[0];
  const auto violations = said("violation");
  ASSERT_EQ(violations.size(), 1u);
  const auto& v = std::get<violation>(violations[0]);
  EXPECT_EQ(v.protocol, "fragile");
  EXPECT_EQ(v.rule, "dissector_crash");
  EXPECT_EQ(to_string(v.client.address), "10.0.0.7");
  EXPECT_EQ(v.transport, transport::udp);
  EXPECT_NE(statistics.find("\"quarantined_bytes\":31"), std::string::npos) << statistics;
  const auto heartbeats = said("status");
  ASSERT_FALSE(heartbeats.empty());
  const auto& fields = std::get<status>(heartbeats.back()).fields;
  EXPECT_NE(std::ranges::find(fields, field{"worker_crashes", std::uint64_t{1}}), fields.end());
  EXPECT_NE(std::ranges::find(fields, field{"worker_frames_lost", std::uint64_t{2}}), fields.end());
}

TEST_F(supervised, a_hang_is_ended) {
  EXPECT_EQ(run_script({{7, "fragile hang"}, {1, "fragile after"}}, [&] { return operations().size() == 1; }), 0);
  EXPECT_EQ(operations(), (std::vector<std::string>{"after"}));
  const auto violations = said("violation");
  ASSERT_EQ(violations.size(), 1u);
  EXPECT_EQ(std::get<violation>(violations[0]).rule, "dissector_hang");
}

TEST_F(supervised, what_crashes_again_and_again_is_switched_off) {
  EXPECT_EQ(
      run_script({{7, "fragile crash"}, {8, "fragile crash"}, {9, "fragile crash"}, {1, "fragile nobody reads it"}, {10, "fragile crash"}},
                 [&] { return off_told(); }),
      0);
  EXPECT_EQ(workers, 4u);
  EXPECT_TRUE(operations().empty());
  ASSERT_EQ(complaints.size(), 3u);
  EXPECT_NE(complaints[2].find("switched off"), std::string::npos);
  EXPECT_TRUE(off_told());
}

}  // namespace
}  // namespace mw
