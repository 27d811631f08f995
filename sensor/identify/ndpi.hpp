// Everything that is not ours to dissect: application, flow risks and metadata by nDPI 4.2.
#pragma once
#include "common/net.hpp"
#include "common/reader.hpp"
#include "common/record.hpp"

#include <memory>
#include <string>
#include <vector>

namespace mw {

/// What nDPI found out about a flow.
struct ndpi_verdict {
  std::string application;         ///< lower case, "tls.google"; "" = unknown
  std::vector<std::string> risks;  ///< snake case
  std::vector<field> facts;        ///< "sni", "ja3", "ja3s", "tls_version", "hassh", "host", "user_agent", …
};

class ndpi_flow {
public:
  virtual ~ndpi_flow() = default;
  /// An IP datagram of the flow. True while more packets may tell more.
  virtual bool add(bytes datagram, timestamp time) = 0;
  virtual ndpi_verdict finish() = 0;
};

/// One detection context; used by one thread.
class ndpi_engine {
public:
  virtual ~ndpi_engine() = default;
  virtual std::unique_ptr<ndpi_flow> open() = 0;
};
std::unique_ptr<ndpi_engine> make_ndpi();

}  // namespace mw
