// The streams of sampled values as their subscribers see them: no sample missing, one clock, one configuration (IEC 61850-9-2).
#pragma once
#include "sensor/dissect/sv_pdu.hpp"

#include <string>
#include <vector>

namespace mw::sv {

/// Of one conversation. Bounded: the stream that was silent longest goes first.
class watch {
public:
  static constexpr std::size_t most = 64;

  /// Judges a sample of a stream that has a name. True where this one is seen for the first time.
  bool on_sample(const asdu& a, bool simulated, const message& m, output& out);

private:
  struct stream {
    std::string name;
    side from = side::client;
    timestamp last{};
    std::optional<std::uint16_t> count, synchronized, rate;
    std::optional<std::uint32_t> configuration;
    std::uint32_t samples = 0;  ///< the counter begins anew here, as far as was seen; 0 = not yet
    bool simulated = false;
  };
  stream& find(const asdu& a, const message& m, output& out, bool& is_new);
  static void judge_count(stream& s, std::uint32_t count, side from, output& out);
  static void judge_clock(const stream& s, const asdu& a, side from, output& out);
  std::vector<stream> streams_;
};

}  // namespace mw::sv
