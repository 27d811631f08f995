// What must hold for whatever the sensor says, however hostile its input was; a fuzz target aborts where it does not.
#pragma once
#include "common/record_json.hpp"
#include "common/wire.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mw::fuzz {

inline void require(bool holds, std::string_view promise, std::string_view detail = {}) {
  if (holds) return;
  std::fprintf(stderr, "broken: %.*s %.*s\n", static_cast<int>(promise.size()), promise.data(), static_cast<int>(detail.size()),
               detail.data());
  std::abort();
}

/// The bytes in a block of exactly their size, so that a read past the end is seen.
inline std::vector<std::uint8_t> exactly(bytes b) { return {b.begin(), b.end()}; }

/// A record is JSON that others can read, and comes back from the wire as it was.
inline void check_records(std::vector<record>&& said) {
  std::string text;
  for (const auto& r : std::span{said}.first(std::min<std::size_t>(said.size(), 24))) {  // reading JSON takes the most time
    text.clear();
    append_json(text, r);
    require(nlohmann::json::accept(text), "a record is valid JSON:", text);
  }
  const auto once = encode({.sensor = "s", .sequence = 1, .records = std::move(said)});
  const auto back = decode(once);
  require(back.has_value(), "a batch can be read:", back ? std::string_view{} : back.error().what);
  require(encode(*back) == once, "a batch comes back as it was");
}

inline void check_ledger(std::span<const ledger_stage> stages, bool ended) {
  for (const auto& s : stages) {
    require(s.balanced(), "in = out + held + dropped at", s.stage);
    require(!ended || s.held == 0, "nothing is held at the end at", s.stage);
  }
}

}  // namespace mw::fuzz
