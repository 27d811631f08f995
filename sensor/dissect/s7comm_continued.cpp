// What outlives one request and its answer in S7comm userdata: answers in several parts, and jobs that push on their own.
#include "sensor/dissect/s7comm_continued.hpp"

#include <algorithm>

namespace mw::s7comm {

void subscriptions::add(const userdata_head& head, std::vector<item> items) {
  std::erase_if(jobs_, [&](const job& j) { return j.group == head.group && j.sequence == head.sequence; });
  if (jobs_.size() >= capacity) jobs_.pop_front();
  jobs_.push_back({head.group, head.sequence, std::move(items)});
}

const std::vector<item>* subscriptions::find(const userdata_head& head) const {
  for (const auto& j : jobs_)
    if (j.group == head.group && j.sequence == head.sequence) return &j.items;
  return nullptr;
}

bool partial_answers::complete(const userdata_head& head, side from, const operation& op, std::span<const item> items, bytes& whole) {
  const auto content = whole;
  if (head.reference == 0 && head.last) return true;
  auto it = std::find_if(parts_.begin(), parts_.end(), [&](const part& p) { return p.is(head, from); });
  const bool first = it == parts_.end();
  // Alone, the last part of a list whose beginning was not seen cannot be read.
  if (first && head.last) return !(head.group == group::cpu && head.function == cpu::read_szl && op.objects.empty());
  if (first) {
    if (parts_.size() >= capacity) parts_.pop_front();
    parts_.push_back({from, head.group, head.function, head.sequence, {}, op.objects, {items.begin(), items.end()}});
    it = std::prev(parts_.end());
  }
  if (it->data.size() + content.size() <= octet_limit) it->data.insert(it->data.end(), content.begin(), content.end());
  if (!head.last) return false;
  whole_ = std::move(it->data);
  parts_.erase(it);
  whole = whole_;
  return true;
}

void partial_answers::continued(const userdata_head& head, side answerer, operation& op, std::vector<item>& items) const {
  for (const auto& p : parts_)
    if (p.is(head, answerer)) op.objects = p.objects, items = p.items;
}

void partial_answers::gap(side from) {
  std::erase_if(parts_, [&](const part& p) { return p.from == from; });
}

}  // namespace mw::s7comm
