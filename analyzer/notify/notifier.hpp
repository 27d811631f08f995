// Tells the world of incidents: a terminal, a webhook, an Alertmanager.
#pragma once
#include "analyzer/analyzer.hpp"
#include "analyzer/bounded.hpp"
#include "analyzer/notify/channel_counts.hpp"

#include <chrono>
#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

namespace mw {

class settings;

struct notify_config {
  mw::severity least = severity::medium;  ///< incidents below it are not told
  bool terminal = true;                   ///< a line on standard error
  bool colour = false;
  mw::language language = mw::language::zh;
  std::int32_t utc_offset_minutes = 480;
  std::string webhook_url, webhook_secret;                          ///< "" = no webhook; "" = not signed
  std::string alertmanager_url;                                     ///< "http://127.0.0.1:9093"; "" = none
  std::size_t capacity = 1000;                                      ///< notices that wait for one channel
  std::chrono::milliseconds timeout{5000};                          ///< for one attempt
  std::chrono::milliseconds retry_first{1000}, retry_most{60'000};  ///< the pause doubles from one to the other
  std::chrono::milliseconds resend{60'000};                         ///< open incidents are told to the Alertmanager again after this,
  std::chrono::milliseconds ends_after{300'000};                    ///< which takes them for over when it has not heard of them for this
  std::chrono::milliseconds holds{60'000};  ///< an alert stands at least so long, else its group_wait would swallow it
};
void describe(settings& v, notify_config& c);

/// Incidents that the budget holds back, and those below `least`, are not told; those on trial or muted never become
/// incidents. Each incident is told when it is new, when it is worse (and to the Alertmanager also when it changed
/// otherwise), and when it is over. The listener's calls come from one thread and never wait.
class notifier final : public analyzer_listener {
public:
  using clock = std::function<timestamp()>;
  /// `now` is the wall clock: an Alertmanager lives in it, whatever time the packets are from.
  explicit notifier(notify_config);
  notifier(notify_config, clock now, std::ostream& terminal);
  ~notifier() override;

  void start();                                ///< throws std::runtime_error where a setting is wrong
  void stop(std::chrono::milliseconds grace);  ///< what waits is still sent, for as long as `grace`; the rest is dropped and counted
  void on_detection(const detection&, bool) override {}
  void on_incident(const incident&, bool is_new) override;
  std::vector<channel_counts> counts() const;  ///< from any thread, once started

private:
  class worker;
  const notify_config config_;
  const clock now_;
  std::ostream& terminal_;
  std::vector<std::unique_ptr<worker>> workers_;
  bounded_map<std::string, severity> told_{20'000};
};

}  // namespace mw
