// Which incidents are told, and the thread of each channel.
#include "analyzer/notify/notifier.hpp"

#include "analyzer/notify/channel.hpp"
#include "common/settings.hpp"

#include <algorithm>
#include <atomic>
#include <iostream>
#include <thread>

namespace mw {

class notifier::worker {
public:
  worker(std::unique_ptr<channel> c, const notify_config& config, const clock& now)
      : channel_{std::move(c)}, config_{config}, now_{now}, box_{config.capacity} {}

  void start() {
    thread_ = std::jthread{[this](std::stop_token stop) { run(stop); }};
  }
  void stop(std::chrono::milliseconds grace) {
    if (!thread_.joinable()) return;
    box_.wait_empty(grace);
    thread_.request_stop();
    thread_.join();
    dropped_ += box_.size();
  }
  void put(const notice& n) {
    if (channel_->wants(n.what)) dropped_ += box_.put(n);
  }
  channel_counts counts() const {
    const std::lock_guard hold{lock_};
    return {std::string{channel_->name()}, sent_, retried_, dropped_, box_.size(), last_error_};
  }

private:
  using steady = outbox::clock;
  void run(std::stop_token stop) {
    auto pause = config_.retry_first;
    auto refresh = steady::now() + config_.resend;
    const auto failed = [&] {
      box_.sleep(steady::now() + pause, stop);
      pause = std::min(2 * pause, config_.retry_most);
    };
    while (!stop.stop_requested()) {
      for (auto& n : box_.take(refresh, stop)) {
        auto d = channel_->deliver(n, now_());
        note(d.error);
        if (d.how == delivery::again) {
          ++retried_;
          dropped_ += box_.put_back(std::move(n));
          failed();
          continue;
        }
        ++(d.how == delivery::sent ? sent_ : dropped_);
        pause = config_.retry_first;
        box_.settle();
      }
      if (steady::now() < refresh || stop.stop_requested()) continue;
      const auto d = channel_->refresh(now_());
      note(d.error);
      refresh = steady::now() + (d.how == delivery::sent ? config_.resend : std::min(config_.resend, pause));
    }
  }
  void note(const std::string& error) {
    const std::lock_guard hold{lock_};
    last_error_ = error;
  }

  std::unique_ptr<channel> channel_;
  const notify_config& config_;
  const clock& now_;
  outbox box_;
  std::atomic<std::uint64_t> sent_ = 0, retried_ = 0, dropped_ = 0;
  mutable std::mutex lock_;
  std::string last_error_;
  std::jthread thread_;
};

notifier::notifier(notify_config c)
    : notifier{std::move(c), [] { return std::chrono::time_point_cast<nanoseconds>(std::chrono::system_clock::now()); }, std::cerr} {}
notifier::notifier(notify_config c, clock now, std::ostream& terminal) : config_{std::move(c)}, now_{std::move(now)}, terminal_{terminal} {}
notifier::~notifier() { stop(std::chrono::milliseconds{0}); }

void notifier::start() {
  const auto add = [&](std::unique_ptr<channel> c) { workers_.push_back(std::make_unique<worker>(std::move(c), config_, now_)); };
  if (config_.terminal) add(make_terminal(config_, terminal_));
  if (!config_.webhook_url.empty()) add(make_webhook(config_));
  if (!config_.alertmanager_url.empty()) add(make_alertmanager(config_));
  for (auto& w : workers_) w->start();
}

void notifier::stop(std::chrono::milliseconds grace) {
  const auto end = std::chrono::steady_clock::now() + grace;
  for (auto& w : workers_)
    w->stop(std::max(std::chrono::milliseconds{0},
                     std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now())));
}

void notifier::on_incident(const incident& i, bool) {
  auto* known = told_.find(i.id);
  if (!known && (!i.open || i.below_budget || i.severity < config_.least)) return;
  const auto what = !known ? news::fresh : !i.open ? news::closed : i.severity > *known ? news::raised : news::changed;
  if (i.open)
    told_.touch(i.id).first = i.severity;
  else
    told_.erase(i.id);
  const notice n{std::make_shared<const incident>(i), what};
  for (auto& w : workers_) w->put(n);
}

std::vector<channel_counts> notifier::counts() const {
  std::vector<channel_counts> out;
  for (const auto& w : workers_) out.push_back(w->counts());
  return out;
}

void describe(settings& v, notify_config& c) {
  static constexpr std::pair<std::string_view, severity> severities[] = {
      {"low", severity::low}, {"medium", severity::medium}, {"high", severity::high}, {"critical", severity::critical}};
  static constexpr std::pair<std::string_view, language> languages[] = {{"zh", language::zh}, {"en", language::en}};
  v.choice("notify.least", c.least, std::span<const std::pair<std::string_view, severity>>{severities},
           "The lowest severity that is told.");
  v("notify.terminal", c.terminal,
    "A line on standard error for each incident that is new, worse or over; of live runs, since a run on captures ends with a table.");
  v.choice("notify.language", c.language, std::span<const std::pair<std::string_view, language>>{languages}, "Language of these lines.");
  v("notify.utc_offset_minutes", c.utc_offset_minutes, "Time zone of these lines, in minutes east of Greenwich.", between(-720, 840));
  v("notify.webhook.url", c.webhook_url, "Where incidents are posted as JSON (http://host:port/path); empty for nowhere.");
  v("notify.webhook.secret", c.webhook_secret, "Signs what is posted: X-Millwatch-Signature is its HMAC-SHA256. Empty: not signed.");
  v("notify.alertmanager.url", c.alertmanager_url, "Base address of an Alertmanager (http://host:9093); empty for none.");
  v("notify.alertmanager.resend", c.resend, "How often open incidents are said again.", between(10, 600));
  v("notify.alertmanager.ends_after", c.ends_after,
    "When the Alertmanager takes an incident for over of which it has not heard again; several times the above.", between(30, 3600));
  v("notify.alertmanager.holds", c.holds, "An alert stands at least so long; more than the Alertmanager's group_wait.", between(0, 3600));
  v("notify.capacity", c.capacity, "Notices that may wait for one channel; then the oldest is dropped.", between(10, 100000));
  v("notify.timeout", c.timeout, "How long one attempt may take.", between(1, 60));
  v("notify.retry_first", c.retry_first, "Pause after a failed attempt; it doubles,", between(1, 600));
  v("notify.retry_most", c.retry_most, "up to this.", between(1, 3600));
}

}  // namespace mw
