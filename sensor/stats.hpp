// What the sensor counted in a run: PDUs by protocol, and the ledger of its stages.
#pragma once
#include "common/record.hpp"

#include <absl/container/flat_hash_map.h>
#include <nlohmann/json_fwd.hpp>

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>

namespace mw {

/// PDU counts, protocols.PROTOCOL.KIND.CODE. Keys are literals by address on the hot path, text when read out. At most
/// `most` different codes; the rest is counted under "other".
class pdu_counts {
public:
  static constexpr std::size_t most = 65536;
  void add(std::string_view protocol, std::string_view kind, std::uint64_t code, bool pair, std::string_view word = {});
  using table = std::map<std::string, std::map<std::string, std::map<std::string, std::uint64_t>>>;
  table read() const;

private:
  struct key {
    const char* protocol;
    const char* kind;
    const char* word;
    std::uint64_t code;
    std::uint32_t sizes;  ///< lengths of the three literals
    bool pair;
    friend bool operator==(const key&, const key&) = default;
    template <class H>
    friend H AbslHashValue(H h, const key& k) {
      return H::combine(std::move(h), k.protocol, k.kind, k.word, k.code, k.sizes, k.pair);
    }
  };
  absl::flat_hash_map<key, std::uint64_t> counts_;
};

/// Stages of the sensor, each with its own unit: frames, packets, octets.
struct sensor_ledger {
  ledger_stage capture{.stage = "capture_frames"}, decode{.stage = "decode_frames"}, flow{.stage = "flow_packets"},
      stream{.stage = "stream_bytes"};
  std::vector<ledger_stage> more;  ///< of parts after the engine
  std::vector<ledger_stage> all() const {
    std::vector<ledger_stage> out{capture, decode, flow, stream};
    out.insert(out.end(), more.begin(), more.end());
    return out;
  }
};
void drop(ledger_stage& stage, std::string_view reason, std::uint64_t n = 1);

nlohmann::json to_json(const ledger_stage& s);

struct sensor_stats {
  std::uint64_t packets = 0, bytes = 0, flows = 0;
  pdu_counts pdus;
  sensor_ledger ledger;
  std::array<std::uint64_t, std::variant_size_v<record>> records{};               ///< by type, in the order of `record`
  std::uint64_t quarantined_bytes = 0;                                            ///< of flows that brought a worker down
  std::uint64_t not_inspected = 0;                                                ///< flows that nDPI did not read: too many at once
  std::map<std::string, std::uint64_t> gaps, resyncs, skipped_bytes, violations;  ///< by protocol
  std::map<std::string, std::uint64_t> unclaimed;  ///< well-framed messages that no dissector reads, by the framing protocol
  /// {"packets","flows","protocols","ledger","records","coverage"} (docs/records.md).
  std::string to_json() const;
};

}  // namespace mw
