// The blocks of DCP (IEC 61158-6-10, 4.3): options of a PROFINET station as they are asked for, told and set.
#pragma once
#include "common/record.hpp"
#include "sensor/dissect/profinet_names.hpp"

#include <optional>
#include <vector>

namespace mw::profinet {

struct dcp_option {
  std::uint8_t option = 0, suboption = 0;
  friend bool operator==(const dcp_option&, const dcp_option&) = default;
};
namespace dcp_options {
inline constexpr dcp_option mac_address{1, 1}, ip_parameter{1, 2}, ip_suite{1, 3};
inline constexpr dcp_option type_of_station{2, 1}, name_of_station{2, 2}, device_id{2, 3}, role{2, 4}, list{2, 5}, alias{2, 6},
    instance{2, 7}, oem_id{2, 8}, gateway{2, 9}, rsi{2, 10};
inline constexpr dcp_option dhcp_host_name{3, 12}, dhcp_class{3, 60}, dhcp_fqdn{3, 81}, dhcp_control{3, 255};
inline constexpr dcp_option start{5, 1}, stop{5, 2}, signal{5, 3}, response{5, 4}, factory_reset{5, 5}, reset_to_factory{5, 6};
inline constexpr dcp_option initiative{6, 1}, all{255, 255};
}  // namespace dcp_options

/// What stands between a block's length and its value.
enum class dcp_lead : std::uint8_t { none, info, qualifier };

struct dcp_block {
  dcp_option what;
  std::optional<std::uint16_t> lead;  ///< block info of an answer, qualifier of a Set
  bytes data;
};

/// Reads blocks to the end of `in`; what does not fit fails `in`. A request that gets has options alone.
std::vector<dcp_block> read_blocks(reader& in, dcp_lead lead);
std::vector<dcp_block> read_asked(reader& in);

std::string_view name_of(dcp_option o);  ///< empty where it is the manufacturer's or not assigned
/// False where the value is shorter than its kind asks for.
bool long_enough(const dcp_block& b);
void add_values(const dcp_block& b, std::vector<value>& to);
/// What the block says in plain words, as fields of an operation.
void add_fields(const dcp_block& b, dcp_lead lead, std::vector<field>& to);
std::string role_names(std::uint8_t bits);
bool is_station_name(std::string_view s);
std::string_view ip_state_name(std::uint16_t info);
std::string_view block_error_name(std::uint8_t error);
inline bool conflicts(std::uint16_t info) { return (info & 0x80) != 0; }

}  // namespace mw::profinet
