// A detector: a pure state machine with a face. It sees records in packet time and raises findings; no clock, no I/O.
#pragma once
#include "analyzer/detect/context.hpp"
#include "analyzer/detect/event_class.hpp"
#include "analyzer/model.hpp"
#include "common/registry.hpp"

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace mw {

/// Does a rule need to know what is normal? `learned` rules speak only where a site is past learning.
enum class basis : std::uint8_t {
  deterministic,  ///< needs no learning
  learned,        ///< against the habits of both ends: a device that appears later learns them first
  presence,       ///< against the hosts of the site: that a device appears is news however long it learns
};

/// The face of one rule. A rule without technique, class or translation does not compile.
struct meta {
  std::string_view id, attack;  ///< "MW-0101"; ATT&CK for ICS technique
  severity level;
  event_class event;
  mw::stage stage;
  attack_side attacker;
  family kind;
  mw::basis basis;
  text title, advice;
  consteval meta(std::string_view rule, std::string_view technique, severity s, event_class e, mw::stage at, attack_side who, family f,
                 mw::basis b, text name, text remedy)
      : id{rule}, attack{technique}, level{s}, event{e}, stage{at}, attacker{who}, kind{f}, basis{b}, title{name}, advice{remedy} {
    if (id.size() != 7 || !id.starts_with("MW-")) throw "id is MW-nnnn";
    if (attack.size() != 5 || attack.substr(0, 2) != "T0") throw "attack is an ATT&CK for ICS technique, T0nnn";
    if (event.key.empty() || (event.code.size() != 5 && !event.code.ends_with("-other")))
      throw "the event class is five digits or NN-other";
    if (title.en.empty() || title.zh.empty() || advice.en.empty() || advice.zh.empty()) throw "every text in every language";
  }
};

/// One thing seen by one rule. Findings with the same rule, actor, victim and key within the fold window are one detection.
struct finding {
  const meta* rule = nullptr;
  severity level = severity::info;
  timestamp time{};
  std::string actor, victim;  ///< IP or MAC text; "" = none
  std::string key;            ///< what makes it another detection of the same rule and pair
  words title;                ///< with the concrete names filled in
  double p = 1e-5;            ///< how likely a benign plant does this
  attack_result result = attack_result::unknown;
  bool maintenance = false;
  mw::evidence proof;
};

class raise {
public:
  virtual ~raise() = default;
  virtual void operator()(finding&&) const = 0;
};

/// One object per site. State that traffic can grow is bounded; `forgotten()` counts what the bound cost.
class detector {
public:
  virtual ~detector() = default;
  virtual void on(const operation&, const context&, const raise&) {}
  virtual void on(const flow_record&, const context&, const raise&) {}
  virtual void on(const fact&, const context&, const raise&) {}
  virtual void on(const violation&, const context&, const raise&) {}
  virtual std::uint64_t forgotten() const { return 0; }
};

/// A file adds its detector with one object at its foot.
struct detection_rule : registered<detection_rule> {
  detection_rule(std::span<const meta* const> rules, std::unique_ptr<detector> (*make)()) : rules{rules}, make{make} {}
  const std::span<const meta* const> rules;
  std::unique_ptr<detector> (*const make)();
};

/// All rules there are, by id; for the console, the manual and the tests.
std::vector<const meta*> all_rules();
/// One detector of each kind, in the order of their first rule: the order of findings must not hang on the linker.
std::vector<std::unique_ptr<detector>> make_detectors();

}  // namespace mw
