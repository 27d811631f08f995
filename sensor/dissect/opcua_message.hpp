// What one OPC UA request or response says (OPC 10000-4, 5): read into its operation, with what is learned by the way.
#pragma once
#include "sensor/dissect/opcua_services.hpp"
#include "sensor/dissect/opcua_subscription.hpp"
#include "sensor/dissect/opcua_types.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mw::opcua {

struct finding {
  bool of_server = true;  ///< of the one who answers, or of the one who asks
  std::string_view kind;  ///< a literal
  std::string value;
  std::uint8_t confidence = 80;
  bool several = false;  ///< a machine has many of this kind
  std::string unit;      ///< the node of a device behind the server
};
/// Bounded: a message is told once what is wrong with it, however often that is, and few of very many findings.
struct remarks {
  static constexpr std::size_t most_findings = 256;
  std::vector<finding> findings;
  std::vector<std::pair<std::string_view, std::string>> broken;  ///< rule and detail
  std::size_t left_out = 0;                                      ///< findings
  void learn(finding f) {
    if (findings.size() < most_findings)
      findings.push_back(std::move(f));
    else
      ++left_out;
  }
  void breaks(std::string_view rule, std::string detail) {
    if (std::ranges::none_of(broken, [&](const auto& b) { return b.first == rule && b.second == detail; }))
      broken.emplace_back(rule, std::move(detail));
  }
};

/// What is kept of a request until its answer comes.
struct asked {
  const service* what = nullptr;
  std::uint32_t subscription = 0;
  std::vector<std::uint32_t> numbers;  ///< handles, item ids or subscriptions, in the order of the request
};

/// One message under reading.
struct exchange {
  reader& in;
  operation& op;
  asked& kept;
  memory& known;
  remarks& notes;
};
inline constexpr std::size_t most_objects = 2048;
void add_object(operation& op, std::string_view space, std::string address);
/// A field that may stand for each of very many items: the first ones are kept.
void add_repeated(operation& op, std::string_view name, std::string text);
/// Adds the field "statuses" where one of them is not good.
void say_statuses(operation& op, const std::vector<std::uint32_t>& statuses);
std::vector<std::uint32_t> read_statuses(reader& in);
void skip_diagnostics(reader& in);
void append_word(std::string& list, std::string_view text);  ///< to a list in one field; bounded

void read_request(exchange& x);
/// Gives the service result. `fault`: only the header is there.
std::uint32_t read_response(exchange& x, bool fault);

// Discovery and sessions
void read_application(exchange& x, bool of_server);
void read_endpoints(exchange& x, bool list_them);
void read_registration(exchange& x);
void read_servers(exchange& x);
void read_servers_on_network(exchange& x);
void read_session_request(exchange& x);
void read_session_response(exchange& x);
void read_activation(exchange& x);
void learn_certificate(bytes der, bool of_server, operation& op, remarks& notes);
/// Facts from a value read of a standard node, or of one that is known for identifying a device.
void learn_from_value(exchange& x, const object& node, std::size_t from);

// Nodes
void read_nodes_request(exchange& x);
void read_nodes_response(exchange& x);
void read_address_space_request(exchange& x);
void read_address_space_response(exchange& x);

// Subscriptions
void read_subscription_request(exchange& x);
void read_subscription_response(exchange& x);

}  // namespace mw::opcua
