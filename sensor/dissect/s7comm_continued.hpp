// What outlives one request and its answer in S7comm userdata: answers in several parts, and jobs that push on their own.
#pragma once
#include "sensor/dissect/protocol.hpp"
#include "sensor/dissect/s7comm_userdata.hpp"

#include <deque>

namespace mw::s7comm {

/// Jobs that the controller repeats: its pushes name them by number only. Bounded: the oldest is forgotten first.
class subscriptions {
public:
  static constexpr std::size_t capacity = 64;
  void add(const userdata_head& head, std::vector<item> items);
  const std::vector<item>* find(const userdata_head& head) const;

private:
  struct job {
    std::uint8_t group, sequence;
    std::vector<item> items;
  };
  std::deque<job> jobs_;
};

/// Answers of which each part is asked for. Bounded in number and size: the oldest is forgotten first.
class partial_answers {
public:
  static constexpr std::size_t capacity = 8, octet_limit = 64 * 1024;

  /// True where `whole` is an answer from its beginning to its end: at once, or because this was its last part. `whole` is
  /// valid until the next call.
  bool complete(const userdata_head& head, side from, const operation& op, std::span<const item> items, bytes& whole);
  /// A request for the next part: it is about what the first one was about.
  void continued(const userdata_head& head, side answerer, operation& op, std::vector<item>& items) const;
  void gap(side from);

private:
  struct part {
    side from;
    std::uint8_t group, function, sequence;
    std::vector<std::uint8_t> data;
    std::vector<object> objects;
    std::vector<item> items;
    bool is(const userdata_head& h, side s) const {
      return from == s && group == h.group && function == h.function && sequence == h.sequence;
    }
  };
  std::deque<part> parts_;
  std::vector<std::uint8_t> whole_;
};

}  // namespace mw::s7comm
