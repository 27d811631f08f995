// The settings of an analyzer in the form in which a person writes them, and their way into its configuration.
#pragma once
#include "analyzer/config.hpp"

#include <string>
#include <vector>

namespace mw {

class settings;

/// A finding that is expected.
struct mute_entry {
  std::string rule = "*", actor = "*", victim = "*";
  std::string until;  ///< "2026-11-24T08:00:00Z"; "" = for good
};
/// When work on machines is expected: a span (`from`, `until`), or weekly (`days`, `begin`, `end`).
struct window_entry {
  std::vector<std::string> hosts;
  std::string from, until;
  std::vector<std::string> days;               ///< "mon" … "sun"; empty = every day
  std::string begin = "00:00", end = "24:00";  ///< of the local day
  std::int32_t utc_offset_minutes = 480;
};
struct analyzer_settings {
  analyzer_config config;
  std::vector<std::string> engineering, disabled;
  std::vector<mute_entry> mutes;
  std::vector<window_entry> windows;
  std::chrono::seconds trial_for{0};  ///< 0 = half of the learning time
};
void describe(settings& v, mute_entry& e);
void describe(settings& v, window_entry& e);
void describe(settings& v, analyzer_settings& s);

/// Puts the policy together; each mistake is one complaint, without a file name.
std::vector<std::string> apply(const analyzer_settings& s, analyzer_config& out);

}  // namespace mw
