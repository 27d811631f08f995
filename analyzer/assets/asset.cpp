// How a machine is called.
#include "analyzer/assets/asset.hpp"

namespace mw {

std::string name_of(const asset& a) {
  for (const auto& f : a.facts)
    if (f.kind == "host_name" && !f.value.empty()) return f.value;
  if (!a.addresses.empty()) return a.addresses.front();
  return a.hardware;
}

}  // namespace mw
