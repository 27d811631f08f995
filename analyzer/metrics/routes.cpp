// What each path answers.
#include "analyzer/metrics/routes.hpp"

namespace mw {
namespace {

http_response plain(unsigned status, std::string body) {
  return {.status = status, .body = std::make_shared<const std::string>(std::move(body))};
}

}  // namespace

void route_metrics(http_server& server, const exporter& e, std::chrono::seconds stalled_after) {
  server.route("GET", "/metrics", [&e](const http_request&) -> http_response {
    const auto [page, _] = e.metrics().latest();
    if (!page) return plain(503, "Nothing was published yet; try again in a few seconds.\n");
    return {.type = "text/plain; version=0.0.4; charset=utf-8", .body = page};
  });
  server.route("GET", "/healthz", [&e, stalled_after](const http_request&) -> http_response {
    const auto [page, when] = e.health().latest();
    constexpr auto json = "application/json";
    if (!page) return {.status = 503, .type = json, .body = std::make_shared<const std::string>("{\"status\":\"starting\"}\n")};
    if (stalled_after.count() != 0 && std::chrono::steady_clock::now() - when > stalled_after)
      return {.status = 503, .type = json, .body = std::make_shared<const std::string>("{\"status\":\"stalled\"}\n")};
    return {.type = json, .body = page};
  });
  server.route("GET", "/", [](const http_request&) {
    return plain(200, "millwatch " MILLWATCH_VERSION
                      "\n\n/metrics  what was counted, for Prometheus (Prometheus 指标)\n"
                      "/healthz  whether it works, as JSON (运行状态)\n");
  });
}

}  // namespace mw
