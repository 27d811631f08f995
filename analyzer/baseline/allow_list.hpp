// What an operator approves, in the form in which it is exported, reviewed and imported (docs/records.md): hosts, edges, functions.
#pragma once
#include "common/net.hpp"

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace mw {

struct allow_host {
  std::string ip, mac, role;  ///< "" = not said
  friend bool operator==(const allow_host&, const allow_host&) = default;
};
/// "*" stands for anything; client and server may be a CIDR.
struct allow_edge {
  std::string client = "*", server = "*", transport = "*", port = "*", protocol = "*";
  friend bool operator==(const allow_edge&, const allow_edge&) = default;
};
struct allow_function {
  std::string client = "*", server = "*", protocol = "*";
  std::vector<std::string> requests, responses;  ///< function codes as in records; "*" = any
  friend bool operator==(const allow_function&, const allow_function&) = default;
};
struct allow_list {
  std::string site = "*";
  std::vector<allow_host> hosts;
  std::vector<allow_edge> edges;
  std::vector<allow_function> functions;
  bool empty() const { return hosts.empty() && edges.empty() && functions.empty(); }
  friend bool operator==(const allow_list&, const allow_list&) = default;
};

/// JSON as in an approval file, or YAML as exported. The error says what is wrong and where.
tl::expected<allow_list, std::string> parse_allow_list(std::string_view text);
std::string to_yaml(const allow_list&);
std::string to_json(const allow_list&);

}  // namespace mw
