// Alertmanager, API v2: an alert is its set of labels; it is said again while the incident is open, and its end is said.
#include "analyzer/bounded.hpp"
#include "analyzer/notify/channel.hpp"
#include "analyzer/notify/http_post.hpp"
#include "analyzer/notify/notifier.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <stdexcept>

namespace mw {
namespace {

using json = nlohmann::ordered_json;
constexpr std::size_t most_open = 2000;  ///< remembered; the one told of longest ago is forgotten, and ends by itself
constexpr std::size_t most_in_post = 500;

/// An incident as it was last told.
struct standing {
  std::string asset, technique;  ///< as at first: an alert that changed its name would be another alert
  json labels, annotations;
  timestamp starts{}, first_told{};
};

std::string first_of(const std::vector<std::string>& v) { return v.empty() ? "" : v.front(); }

std::string join(const std::vector<std::string>& v) {
  std::string out;
  for (const auto& s : v) out += (out.empty() ? "" : ", ") + s;
  return out;
}

class alertmanager final : public channel {
public:
  alertmanager(const notify_config& c, http_url to) : config_{c}, to_{std::move(to)} {}
  std::string_view name() const override { return "alertmanager"; }

  delivered deliver(const notice& n, timestamp now) override {
    const auto& i = *n.about;
    const auto* before = open_.find(i.id);
    auto s =
        before
            ? *before
            : standing{
                  .asset = first_of(i.victims), .technique = first_of(i.techniques), .starts = std::min(i.first, now), .first_told = now};
    s.labels = labels_of(i, s), s.annotations = annotations_of(i);
    auto alerts = json::array();
    if (before && before->labels != s.labels && !shared(i.id, before->labels))
      alerts.push_back(alert(*before, now));  // it goes on under another name
    if (i.open)
      alerts.push_back(alert(s, now + config_.ends_after));
    else if (!shared(i.id, s.labels))
      alerts.push_back(alert(s, std::max(now, s.first_told + config_.holds)));
    const auto d = post(alerts);
    if (d.how != delivery::sent) return d;
    if (i.open)
      open_.touch(i.id).first = std::move(s);
    else
      open_.erase(i.id);
    return d;
  }

  delivered refresh(timestamp now) override {
    auto alerts = json::array();
    delivered d;
    for (auto at = open_.begin(); at != open_.end();) {
      alerts.push_back(alert(at->second, now + config_.ends_after));
      if (++at != open_.end() && alerts.size() < most_in_post) continue;
      if (d = post(alerts); d.how != delivery::sent) return d;
      alerts.clear();
    }
    return d;
  }

private:
  /// Closed and bounded sets only; whatever is free text stands in the annotations.
  static json labels_of(const incident& i, const standing& s) {
    const incident_part* worst = nullptr;
    for (const auto& d : i.detections)
      if (!worst || d.severity > worst->severity) worst = &d;
    return {{"alertname", "MillwatchIncident"},
            {"severity", to_string(i.severity)},
            {"site", i.site},
            {"sensor", i.sensor},
            {"asset", s.asset},
            {"rule_id", worst ? worst->rule : ""},
            {"technique", s.technique}};
  }
  static json annotations_of(const incident& i) {
    const auto description = [&](language l) {
      std::string out;
      for (const auto& e : i.evidence) out += (out.empty() ? "" : "\n") + in(l, e.observed);
      return out.empty() ? in(l, i.advice) : out + '\n' + in(l, i.advice);
    };
    return {{"summary", i.title.en},
            {"summary_zh", i.title.zh},
            {"description", description(language::en)},
            {"description_zh", description(language::zh)},
            {"incident", i.id},
            {"actors", join(i.actors)},
            {"victims", join(i.victims)}};
  }
  json alert(const standing& s, timestamp ends) const {
    return {
        {"labels", s.labels}, {"annotations", s.annotations}, {"startsAt", rfc3339(std::min(s.starts, ends))}, {"endsAt", rfc3339(ends)}};
  }
  bool shared(const std::string& id, const json& labels) const {
    for (const auto& [other, s] : open_)
      if (other != id && s.labels == labels) return true;
    return false;
  }
  delivered post(const json& alerts) const {
    if (alerts.empty()) return {};
    const auto a = http_post(to_, alerts.dump(-1, ' ', false, json::error_handler_t::replace), {}, config_.timeout);
    if (a.status == 200) return {};
    if (a.status == 0) return {delivery::again, a.error};
    return {a.status == 400 ? delivery::refused : delivery::again, fmt::format("status {}", a.status)};
  }

  const notify_config& config_;
  const http_url to_;
  bounded_map<std::string, standing> open_{most_open};
};

}  // namespace

std::unique_ptr<channel> make_alertmanager(const notify_config& c) {
  auto to = parse_http_url(c.alertmanager_url);
  if (!to)
    throw std::runtime_error{"notify.alertmanager.url " + c.alertmanager_url +
                             " is no address that can be used: give http://host:port (for https, a proxy on this machine)"};
  while (to->path.ends_with('/')) to->path.pop_back();
  to->path += "/api/v2/alerts";
  return std::make_unique<alertmanager>(c, std::move(*to));
}

}  // namespace mw
