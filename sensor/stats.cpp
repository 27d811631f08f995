// What the sensor counted in a run.
#include "sensor/stats.hpp"

#include <nlohmann/json.hpp>

namespace mw {

void pdu_counts::add(std::string_view protocol, std::string_view kind, std::uint64_t code, bool pair, std::string_view word) {
  const key k{protocol.data(),
              kind.data(),
              word.data(),
              code,
              static_cast<std::uint32_t>(protocol.size() | kind.size() << 8 | word.size() << 16),
              pair};
  if (const auto it = counts_.find(k); it != counts_.end()) {
    ++it->second;
    return;
  }
  if (counts_.size() < most)
    counts_.emplace(k, 1);
  else
    ++counts_[{protocol.data(), kind.data(), "other", 0, static_cast<std::uint32_t>(protocol.size() | kind.size() << 8 | 5u << 16), false}];
}

pdu_counts::table pdu_counts::read() const {
  table out;
  for (const auto& [k, n] : counts_) {
    const std::string_view protocol{k.protocol, k.sizes & 0xff}, kind{k.kind, (k.sizes >> 8) & 0xff}, word{k.word, (k.sizes >> 16) & 0xff};
    auto code = !word.empty() ? std::string{word}
                : k.pair      ? std::to_string(k.code >> 32) + '/' + std::to_string(k.code & 0xffffffff)
                              : std::to_string(k.code);
    out[std::string{protocol}][std::string{kind}][std::move(code)] += n;
  }
  return out;
}

void drop(ledger_stage& stage, std::string_view reason, std::uint64_t n) {
  if (n == 0) return;
  for (auto& [name, count] : stage.dropped)
    if (name == reason) {
      count += n;
      return;
    }
  stage.dropped.emplace_back(std::string{reason}, n);
}

nlohmann::json to_json(const ledger_stage& s) {
  nlohmann::json dropped = nlohmann::json::object();
  for (const auto& [reason, n] : s.dropped) dropped[reason] = n;
  return {{"stage", s.stage}, {"in", s.in}, {"out", s.out}, {"held", s.held}, {"dropped", dropped}, {"balanced", s.balanced()}};
}

std::string sensor_stats::to_json() const {
  nlohmann::json j;
  j["packets"] = packets;
  j["bytes"] = bytes;
  j["flows"] = flows;
  j["protocols"] = pdus.read();
  j["records"] = nlohmann::json::object();
  static constexpr std::array<const char*, std::variant_size_v<record>> types{"flow", "operation", "fact", "violation", "status"};
  for (std::size_t i = 0; i < types.size(); ++i)
    if (records[i] != 0) j["records"][types[i]] = records[i];
  if (quarantined_bytes != 0) j["quarantined_bytes"] = quarantined_bytes;
  if (not_inspected != 0) j["flows_not_inspected"] = not_inspected;
  j["ledger"] = nlohmann::json::array();
  for (const auto& s : ledger.all()) j["ledger"].push_back(mw::to_json(s));
  j["coverage"] = {{"gaps", gaps},
                   {"resyncs", resyncs},
                   {"skipped_bytes", skipped_bytes},
                   {"violations", violations},
                   {"unclaimed_messages", unclaimed}};
  return j.dump();
}

}  // namespace mw
