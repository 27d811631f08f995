// Any bytes as a batch from a sensor: decoded, encoded again, and taken in by a collector whose ledger must balance.
//
// Input: a mode octet, then the frame as it is (even), or its columns, around which this target puts the frame, so that what
// lies behind checksum and compression is reached, too. `--seeds FOLDER` writes columns of batches that hold every field.
#include "collector/collector.hpp"
#include "common/checksum.hpp"
#include "common/wire_columns.hpp"
#include "tests/common/random_records.hpp"
#include "tests/fuzz/check.hpp"

#include <zstd.h>

#include <fstream>

namespace mw::fuzz {
namespace {

using octets = std::vector<std::uint8_t>;

octets framed(bytes columns) {
  octets out(20 + ZSTD_compressBound(columns.size()));
  const auto size = ZSTD_compress(&out[20], out.size() - 20, columns.data(), columns.size(), 1);
  out.resize(20 + size);
  const auto put = [&](std::size_t at, std::size_t v) {
    for (std::size_t i = 0; i < 4; ++i) out[at + i] = static_cast<std::uint8_t>(v >> (24 - 8 * i));
  };
  constexpr std::string_view magic{"MWBT"};
  std::ranges::copy(magic, out.begin());
  out[4] = wire_major;
  put(8, columns.size());
  put(12, size);
  put(16, crc32c(bytes{out}.subspan(20), crc32c(bytes{out}.first(16))));
  return out;
}

struct forgetful final : outlet {
  bool commits = true;
  void on_records(std::vector<attributed>&&, done committed) override { committed(commits); }
  void on_rollups(std::vector<rollup>&&) override {}
};

void take_in(const octets& frame, std::uint8_t mode, const result<batch>& read) {
  collector_config c;
  c.sensors = {{"a", "E", "Water", "north", "control"}, {"b", "E", "Water", "north", "dmz"}};
  if (read && !read->sensor.empty() && read->sensor != "a" && read->sensor != "b")
    c.sensors.push_back({read->sensor, "E", "Water", "south", ""});
  c.zones = {{"plc", "north", {"10.0.1.0/24"}, true, 1}, {"all", "", {"0.0.0.0/0", "fd00::/8"}, false, 3}};
  c.rollup.rows = 8, c.deduplicate.flows = 8;
  forgetful to;
  std::optional<timestamp> now;
  if (mode & 2) now = timestamp{std::chrono::seconds{1'700'000'000}};
  collector it{c, to, [&] { return now; }};
  std::size_t asked = 0, answered = 0;
  const auto answer = [&](receipt) { ++answered; };
  const auto ask = [&](std::string_view peer) {
    ++asked;
    it.accept(bytes{frame}, answer, peer);
    check_ledger(it.ledger(), false);
  };
  to.commits = (mode & 4) == 0;
  ask({});
  to.commits = true;
  ask(read ? std::string_view{read->sensor} : "a");
  ask({});
  if (read) {
    for (const auto* sensor : {"a", "b"}) {  // the same from two taps of one site
      auto copy = *read;
      copy.sensor = sensor;
      ++asked;
      it.accept(std::move(copy), answer);
    }
  }
  it.flush();
  check_ledger(it.ledger(), true);
  require(asked == answered, "every batch is answered once");
}

void one(bytes data) {
  if (data.empty()) return;
  const auto mode = data[0];
  const auto frame = (mode & 1) ? framed(data.subspan(1)) : exactly(data.subspan(1));
  const auto read = decode(frame);
  if (read) {
    const auto again = encode(*read);
    const auto back = decode(again);
    require(back.has_value(), "what was read can be written and read:", back ? std::string_view{} : back.error().what);
    require(encode(*back) == again, "a batch comes back as it was");
  } else {
    require(!read.error().what.empty(), "an error says what is wrong");
  }
  take_in(frame, mode, read);
}

void write_seeds(const std::string& folder) {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    const auto b = random_records{seed}.a_batch(1 + seed % 7);
    wire::Batch columns;
    to_columns(b, columns);
    const auto whole = encode(b);
    std::ofstream{folder + "/columns-" + std::to_string(seed), std::ios::binary} << static_cast<char>(1 | (seed % 4) << 1)
                                                                                 << columns.SerializeAsString();
    std::ofstream{folder + "/frame-" + std::to_string(seed), std::ios::binary} << static_cast<char>((seed % 4) << 1)
                                                                               << std::string{whole.begin(), whole.end()};
  }
}

}  // namespace
}  // namespace mw::fuzz

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  const std::span arguments{*argv, static_cast<std::size_t>(*argc)};
  for (std::size_t i = 1; i + 1 < arguments.size(); ++i)
    if (std::string_view{arguments[i]} == "--seeds") {
      mw::fuzz::write_seeds(arguments[i + 1]);
      std::exit(0);
    }
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mw::fuzz::one({data, size});
  return 0;
}
