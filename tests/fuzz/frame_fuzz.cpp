// Any bytes as frames through the whole sensor, from decoding to condensed records; every ledger must balance.
//
// Input: flags, then frames of control octet, size (16 bits, little endian) and data.
#include "sensor/condense/condenser.hpp"
#include "sensor/engine.hpp"
#include "sensor/identify/ndpi.hpp"
#include "tests/fuzz/check.hpp"

#include <pcap/dlt.h>

#include <algorithm>
#include <array>
#include <chrono>

namespace mw::fuzz {
namespace {

/// Counts, and keeps some to look at.
struct counting final : record_sink {
  std::uint64_t records = 0;
  std::size_t most_flows = 0;
  std::vector<record> kept;
  void on_record(record&& r) override {
    ++records;
    if (const auto* s = std::get_if<status>(&r)) {
      check_ledger(s->ledger, false);
      require(s->flows_active <= most_flows, "flows are bounded");
    }
    if (kept.size() < 256) kept.push_back(std::move(r));
  }
};

void run(reader in) {
  static constexpr std::array links{DLT_EN10MB, DLT_EN10MB, DLT_LINUX_SLL, DLT_LINUX_SLL2, DLT_RAW, DLT_NULL, DLT_PPP, DLT_IEEE802_11};
  static constexpr std::array<nanoseconds, 8> steps{std::chrono::microseconds{100}, std::chrono::milliseconds{10}, std::chrono::seconds{1},
                                                    std::chrono::seconds{61},       std::chrono::minutes{31},      std::chrono::seconds{-1},
                                                    std::chrono::hours{-24},        std::chrono::hours{24 * 365}};
  const auto flags = in.u8();
  const bool tight = (flags & 1) != 0;  // caps so small that everything is forgotten at some time
  engine_config limits;
  condense_config condensing;
  if (tight) limits.most_flows = 3, condensing.keys = 4, condensing.channels = 3, condensing.points = 8, condensing.budget = 2000;
  counting to;
  to.most_flows = limits.most_flows;
  condenser condensed{condensing, to};
  static const std::shared_ptr<ndpi_engine> ndpi = make_ndpi();
  engine whole{limits, condensed, {}, ndpi};
  timestamp now{std::chrono::seconds{1'700'000'000}};
  std::uint64_t frames = 0;
  const int link = links[(flags >> 1) & 7];
  while (in.left() > 3) {
    const auto control = in.u8();
    const std::size_t n = in.u16le();
    const std::vector<std::uint8_t> data = exactly(in.take(std::min(n, in.left())));
    now += steps[control & 7];
    const auto cut = (control & 8) ? 100u : 0u;  // the capture kept less than there was
    whole.on_frame({.time = now, .data = data, .wire_size = static_cast<std::uint32_t>(data.size()) + cut, .link_type = link});
    condensed.on_time(now);
    ++frames;
    const auto held = condensed.counts();
    require(held.keys <= condensing.keys && held.channels <= condensing.channels &&
                held.points <= std::max<std::size_t>(condensing.points, condensing.points_per_key),
            "what the condenser remembers is bounded");
  }
  whole.finish({});
  const auto& said = whole.stats();
  require(said.ledger.capture.in == frames && said.packets == frames, "every frame is counted");
  check_ledger(said.ledger.all(), true);
  condensed.finish();
  const auto last = condensed.ledger();
  check_ledger({&last, 1}, true);
  std::uint64_t made = 0;
  for (const auto& [type, n] : said.records) made += n;
  require(last.in == made, "the condenser got every record");
  require(to.records == last.out + condensed.counts().summaries, "every record of the condenser came out");
  require(nlohmann::json::accept(said.to_json()), "the statistics are valid JSON");
  check_records(std::move(to.kept));
}

}  // namespace
}  // namespace mw::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mw::fuzz::run(mw::reader{{data, size}});
  return 0;
}
