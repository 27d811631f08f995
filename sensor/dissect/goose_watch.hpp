// The state machine of each GOOSE control block as its subscribers see it (IEC 61850-7-2 clause 18, IEC 61850-8-1 clause 18.1).
#pragma once
#include "sensor/dissect/goose_pdu.hpp"

#include <string>
#include <vector>

namespace mw::goose {

/// Of one conversation. Bounded: the control block that was silent longest goes first.
class watch {
public:
  static constexpr std::size_t most = 128;

  /// Judges a publication that has a control block. True where this one is seen for the first time.
  bool on_publication(const publication& p, bool simulated, const message& m, output& out);
  /// Tells of publishers that are silent for longer than they allowed.
  void on_time(timestamp now, output& out);

private:
  struct control_block {
    std::string name;
    side from = side::client;
    timestamp last{};
    std::optional<std::uint64_t> state, sequence, configuration, time_allowed_to_live;
    std::uint64_t data = 0;  ///< hash
    bool simulated = false, silent = false;
  };
  control_block& find(const publication& p, const message& m, output& out, bool& is_new);
  static void judge_numbers(const control_block& b, const publication& p, std::uint64_t data, side from, output& out);
  static void judge_silence(control_block& b, timestamp now, output& out);
  std::vector<control_block> blocks_;
};

}  // namespace mw::goose
