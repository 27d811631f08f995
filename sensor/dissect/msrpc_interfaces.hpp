// Which services are called by DCE/RPC on Windows: their identifiers, the names of their operations and what these mean to a plant.
#pragma once
#include "sensor/dissect/dce_rpc.hpp"
#include "sensor/dissect/msrpc_status.hpp"

#include <span>
#include <string_view>

namespace mw::msrpc {

/// What an operation means where its name does not say it.
struct meaning {
  std::uint16_t operation;
  action means;
};

struct interface {
  dce_rpc::uuid id{};
  std::string_view name;
  std::string_view names;   ///< of the operations, in the order of their numbers, "-" where there is none
  std::uint16_t first = 0;  ///< number of the first name
  std::span<const meaning> meanings;
  status returns = status::none;
  bool object = false;  ///< DCOM: every call begins with ORPCTHIS, every answer with ORPCTHAT
};
constexpr interface remote(dce_rpc::uuid id, std::string_view name, std::string_view names, status returns,
                           std::span<const meaning> meanings = {}, bool object = false) {
  return {id, name, names, 0, meanings, returns, object};
}
/// Of DCOM: operations 0 to 2 are those of IUnknown and do not go over the wire.
constexpr interface object(dce_rpc::uuid id, std::string_view name, std::string_view names, std::span<const meaning> meanings = {}) {
  return {id, name, names, 3, meanings, status::hresult, true};
}

std::span<const interface> windows_interfaces();
std::span<const interface> directory_interfaces();
std::span<const interface> object_interfaces();
std::span<const interface> opc_interfaces();

const interface* find(const dce_rpc::uuid& id);
const interface* find(std::string_view name);
/// The interface that is behind a named pipe ("\\svcctl"), for who did not see the bind.
const interface* behind_pipe(std::string_view pipe);
std::string operation_name(const interface* of, std::uint16_t operation);  ///< "create_service_w", else "operation_99"
action action_of(const interface* of, std::uint16_t operation);

}  // namespace mw::msrpc
