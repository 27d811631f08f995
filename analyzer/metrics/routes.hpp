// The pages of the exporter on the HTTP server: /metrics, /healthz and / (which says where to look).
#pragma once
#include "analyzer/console/http_server.hpp"
#include "analyzer/metrics/exporter.hpp"

namespace mw {

/// /healthz answers 503 where nothing was published for `stalled_after` (0 = never: a finished run is healthy). The
/// exporter outlives the server.
void route_metrics(http_server&, const exporter&, std::chrono::seconds stalled_after);

}  // namespace mw
