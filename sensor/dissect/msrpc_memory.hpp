// What is kept between the calls of one association, so that a call on a handle says on what: open services, keys, groups, items.
#pragma once
#include "sensor/dissect/msrpc_interfaces.hpp"
#include "sensor/dissect/msrpc_ndr.hpp"
#include "sensor/dissect/told.hpp"

#include <deque>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace mw::msrpc {

/// A call that waits for its answer, besides the operation.
struct asked {
  const interface* of = nullptr;
  std::uint16_t operation = 0;
  bool wide = false;
  bool hidden = false;                 ///< the stub is encrypted
  std::string name;                    ///< what a handle in the answer stands for
  std::vector<std::uint32_t> handles;  ///< OPC: of the items that are asked for
};

/// Handles and what they stand for. Of more than is kept the oldest is forgotten.
template <class Key, std::size_t Capacity>
class names {
public:
  const std::string* find(const Key& key) const {
    const auto at = known_.find(key);
    return at != known_.end() ? &at->second : nullptr;
  }
  /// `again`: the same handle may stand for different things in different places; then neither is believed.
  void put(const Key& key, const std::string& name, output& out, bool again = true) {
    if (const auto at = known_.find(key); at != known_.end()) {
      at->second = again || at->second == name ? name : std::string{};
      return;
    }
    if (order_.size() >= Capacity) {
      out.count("msrpc", "forgotten", "handle");
      known_.erase(order_.front());
      order_.pop_front();
    }
    known_.emplace(key, name);
    order_.push_back(key);
  }
  void forget(const Key& key) {
    if (known_.erase(key) != 0) std::erase(order_, key);
  }

private:
  std::map<Key, std::string> known_;
  std::deque<Key> order_;  ///< as they came
};

struct memory {
  names<std::string, 128> handles;                 ///< context handles: service, key, account
  names<std::uint32_t, 2048> items, client_items;  ///< OPC: by the server's and by the client's handle
  told_facts<16> told;
  bool weak_challenge_told = false;
};

/// A call whose stub is being read.
struct call {
  operation& op;
  asked& state;
  memory& known;
  const message& m;
  output& out;

  template <class V>
  void put(std::string_view name, V&& v) {
    op.fields.emplace_back(name, std::forward<V>(v));
  }
  void put_text(std::string_view name, std::string text) {
    if (!text.empty()) op.fields.emplace_back(name, std::move(text));
  }
  void learn(std::string_view kind, const std::string& value, std::uint8_t confidence) {
    if (!value.empty() && known.told.fresh({}, {}, kind, value, m.time, "msrpc", out, true)) out.learn(m.from, {}, kind, value, confidence);
  }
};

/// How the stub of an operation is read; either may be absent.
struct rule {
  std::string_view interface;
  std::uint16_t operation;
  void (*request)(ndr& in, call& c);
  void (*response)(ndr& in, call& c);
};
std::span<const rule> administration_rules();
std::span<const rule> directory_rules();
std::span<const rule> object_rules();
std::span<const rule> opc_rules();
const rule* rule_of(const interface* of, std::uint16_t operation);

/// The beginning of every call and answer of DCOM ([MS-DCOM] 2.2.13).
void skip_this(ndr& in);
void skip_that(ndr& in);

}  // namespace mw::msrpc
