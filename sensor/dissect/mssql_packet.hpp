// How TDS is cut into packets ([MS-TDS] 2.2.3.1), and what else stands between them: shared connections ([MC-SMP] 2.2.1), TLS records.
#pragma once
#include "common/reader.hpp"

#include <optional>

namespace mw::mssql {

constexpr std::size_t head_size = 8;
constexpr std::uint8_t multiplexed = 0x53, multiplexed_data = 8, tls_first = 0x14, tls_last = 0x17;

enum packet : std::uint8_t {
  batch = 1,
  call = 3,
  tabular = 4,
  attention = 6,
  bulk = 7,
  federated_token = 8,
  transaction = 14,
  login_packet = 16,
  security_packet = 17,
  prelogin_packet = 18,
};

struct header {
  std::uint8_t type = 0, status = 0, number = 0;
  std::size_t size = 0;
  bool last() const { return (status & 1) != 0; }
};
std::optional<header> read_header(reader& in);

constexpr bool is_tls(bytes data) { return !data.empty() && data[0] >= tls_first && data[0] <= tls_last; }
constexpr bool is_shared(bytes data) { return !data.empty() && data[0] == multiplexed; }
/// Size of the packet, shared frame or TLS record in `head`; 0 = more is needed.
result<std::size_t> frame(bytes head);

}  // namespace mw::mssql
