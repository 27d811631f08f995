// Sorts operations into those that go out alone and those that a summary stands for.
#include "sensor/condense/condenser.hpp"

#include "sensor/condense/recency.hpp"
#include "sensor/condense/rhythm.hpp"
#include "sensor/condense/summary.hpp"

#include <algorithm>
#include <utility>

namespace mw {
namespace {

constexpr std::chrono::hours clock_set_back{1};  // requests may time out late, but not that late

/// Captures may claim any time; between 1970 and 2200 differences fit.
timestamp sane(timestamp t) { return std::clamp(t, timestamp{}, timestamp{std::chrono::seconds{7'258'118'400}}); }

bool is_cyclic(action a) { return a == action::read || a == action::report || a == action::subscribe; }
bool failed(const operation& o) {
  return o.outcome == outcome::refused || o.outcome == outcome::timeout || o.outcome == outcome::unpaired || o.code.has_value();
}

std::uint64_t weight(const value& v) {
  const auto* s = std::get_if<std::string>(&v);
  return s ? 2 + s->size() : 8;
}
/// About what a record takes before it is packed.
std::uint64_t weight(const operation& o) {
  std::uint64_t n = 120 + o.unit.size() + o.flow.size();
  for (const auto* list : {&o.objects, &o.returned})
    for (const auto& x : *list) n += 8 + x.space.size() + x.address.size();
  for (const auto& v : o.values) n += weight(v);
  for (const auto& [name, v] : o.fields) n += name.size() + weight(v);
  return n;
}
constexpr std::uint64_t weight_of_repeat = 120, weight_of_point = 48;

/// One repeated operation.
struct key {
  operation shape;
  bool coarse = false;
  std::uint64_t seen = 0, missed = 0;
  timestamp last{};
  mw::rhythm rhythm;
  std::vector<point> points;  ///< of its values, then of its fields
  predecessors before;
  mw::summary summary;
  std::size_t place = 0;  ///< among the open ones
};
struct channel {
  symbol last;
};

}  // namespace

class condenser::inside {
public:
  inside(condense_config c, record_sink& to) : config_{c}, to_{to}, keys_{c.keys}, channels_{c.channels} {
    config_.window = std::clamp(config_.window, nanoseconds{1}, nanoseconds{std::chrono::hours{24}});
  }

  void on_record(record&& r) {
    if (auto* s = std::get_if<status>(&r)) s->ledger.push_back(ledger());
    ++in_;
    if (auto* o = std::get_if<operation>(&r)) {
      on_time(o->time);
      take(std::move(*o));
      return;
    }
    ++out_;
    to_.on_record(std::move(r));
  }

  void on_time(timestamp t) {
    t = sane(t);
    if (begun_ && t < begin_ + config_.window && t + clock_set_back > begin_) return;
    if (begun_) finish();
    begun_ = true;
    begin_ = t - t.time_since_epoch() % config_.window;
  }

  void finish() {
    for (auto* k : open_)
      if (k) close(*k);
    open_.clear();
    spent_.clear();
  }

  ledger_stage ledger() const { return {"condense", in_, out_, held_, {{"summarised", summarised_}, {"budget", coarse_}}}; }
  condense_counts counts() const {
    auto c = counts_;
    c.summarised = summarised_, c.coarse = coarse_;
    c.keys = keys_.size(), c.channels = channels_.size(), c.points = points_;
    c.keys_forgotten = keys_.forgotten(), c.channels_forgotten = channels_.forgotten();
    return c;
  }

private:
  void take(operation&& o) {
    const auto conversation = channel_of(o);
    auto* said = channels_.find(conversation);
    if (!said) said = &channels_.add(conversation, [](channel&) {});
    now_.set(o);
    const symbol_after next{*said, now_};
    auto& spent = spent_of(o.protocol);
    const bool over = spent >= config_.budget;
    if (!is_cyclic(o.action) || failed(o)) {
      ++(is_cyclic(o.action) ? counts_.failed : counts_.acting);
      counts_.over_budget += over;
      return alone(std::move(o), spent);
    }
    if (o.values.size() + o.fields.size() > config_.points_per_key) {
      if (over) return coarse(std::move(o), spent);
      ++counts_.wide;
      return alone(std::move(o), spent);
    }
    const auto id = identity_of(o);
    auto* k = keys_.find(id);
    if (!k) {
      if (over) return coarse(std::move(o), spent);  // a sweep must not push out what is known either
      k = &make(id, o, o.values.size() + o.fields.size());
    } else if (k->coarse || !same_identity(k->shape, o)) {
      ++counts_.collisions;
      return alone(std::move(o), spent);
    }
    const auto since = k->seen > 0 ? std::optional{sane(o.time) - k->last} : std::nullopt;
    auto* reason = judge(*k, o, said->last, since);
    if (over && (reason || k->summary.empty())) return coarse(std::move(o), spent);
    if (reason) {
      ++*reason;
      return alone(std::move(o), spent);
    }
    for (auto& p : k->points) p.add();
    k->before.add();
    hold(*k, std::move(o), since, spent);
  }

  /// Learns what came and gives the counter of the reason for which it goes out alone; nothing where it is usual.
  std::uint64_t* judge(key& k, const operation& o, const symbol& before, std::optional<nanoseconds> since) {
    const auto beat = since ? k.rhythm.take(*since) : rhythm::beat{};
    k.missed += beat.missed;
    const bool order = k.before.judge(before);
    bool values = true;
    std::size_t i = 0;
    for (const auto& v : o.values) values &= k.points[i++].judge(v);
    for (const auto& f : o.fields) values &= k.points[i++].judge(f.second);
    k.last = since ? std::max(k.last, sane(o.time)) : sane(o.time);
    if (++k.seen <= config_.first_alone) return &counts_.fresh;
    return !beat.usual ? &counts_.interval : !order ? &counts_.transition : !values ? &counts_.value : nullptr;
  }

  void hold(key& k, operation&& o, std::optional<nanoseconds> since, std::uint64_t& spent) {
    if (k.summary.empty()) {
      spent += weight(o) + weight_of_repeat + weight_of_point * o.values.size();
      if (open_.size() >= 2 * config_.keys) close_gaps();
      k.place = open_.size();
      open_.push_back(&k);
    }
    ++held_;
    k.summary.add(std::move(o), since);
  }

  /// Over budget: one summary per conversation, function and outcome, without objects, values and fields.
  void coarse(operation&& o, std::uint64_t& spent) {
    o.objects.clear(), o.returned.clear(), o.values.clear(), o.fields.clear();
    o.fields.emplace_back("objects_left_out", true);
    const auto id = identity_of(o);
    auto* k = keys_.find(id);
    if (!k) k = &make(id, o, 0), k->coarse = true;
    if (!k->coarse || !same_identity(k->shape, o)) {
      ++counts_.collisions;
      return alone(std::move(o), spent);
    }
    const auto since = k->seen++ > 0 ? std::optional{sane(o.time) - k->last} : std::nullopt;
    k->last = since ? std::max(k->last, sane(o.time)) : sane(o.time);
    hold(*k, std::move(o), since, spent);
  }

  key& make(std::uint64_t id, const operation& o, std::size_t points) {
    const auto leave = [this](key& k) {
      if (!k.summary.empty()) close(k);
      points_ -= k.points.size();
    };
    while (points_ + points > config_.points && keys_.size() > 0) keys_.forget(leave);
    auto& k = keys_.add(id, leave);
    k.shape = shape_of(o);
    k.points.resize(points);
    points_ += points;
    return k;
  }

  void close(key& k) {
    open_.at(k.place) = nullptr;
    const auto n = k.summary.count();
    held_ -= n;
    const bool is_summary = n > 1 || k.coarse;
    auto o = k.summary.take(k.points, k.shape.values.size(), k.before, is_summary ? std::exchange(k.missed, 0) : 0, k.coarse);
    if (is_summary)
      ++counts_.summaries, (k.coarse ? coarse_ : summarised_) += n;
    else
      ++counts_.single, ++out_;
    to_.on_record(std::move(o));
  }

  /// What was forgotten within a window leaves gaps.
  void close_gaps() {
    std::erase(open_, nullptr);
    for (std::size_t i = 0; i < open_.size(); ++i) open_[i]->place = i;
  }

  void alone(operation&& o, std::uint64_t& spent) {
    spent += weight(o);
    ++out_;
    to_.on_record(std::move(o));
  }

  std::uint64_t& spent_of(const std::string& protocol) {
    for (auto& [name, n] : spent_)
      if (name == protocol) return n;
    return spent_.emplace_back(protocol, 0).second;  // protocols are as many as there are dissectors
  }

  /// Whatever happens to an operation, it is what came before the next one.
  struct symbol_after {
    symbol_after(channel& c, symbol& s) : to{c}, now{s} {}
    ~symbol_after() { std::swap(to.last, now); }
    symbol_after(const symbol_after&) = delete;
    symbol_after& operator=(const symbol_after&) = delete;
    channel& to;
    symbol& now;
  };

  condense_config config_;
  record_sink& to_;
  recency<key> keys_;
  recency<channel> channels_;
  symbol now_;              ///< kept for its memory
  std::vector<key*> open_;  ///< in the order in which their summaries began
  std::vector<std::pair<std::string, std::uint64_t>> spent_;
  bool begun_ = false;
  timestamp begin_{};
  std::uint64_t in_ = 0, out_ = 0, held_ = 0, summarised_ = 0, coarse_ = 0;
  std::size_t points_ = 0;
  condense_counts counts_;
};

condenser::condenser(condense_config c, record_sink& to) : inside_{std::make_unique<inside>(c, to)} {}
condenser::~condenser() = default;
void condenser::on_record(record&& r) { inside_->on_record(std::move(r)); }
void condenser::on_time(timestamp t) { inside_->on_time(t); }
void condenser::finish() { inside_->finish(); }
ledger_stage condenser::ledger() const { return inside_->ledger(); }
condense_counts condenser::counts() const { return inside_->counts(); }

}  // namespace mw
