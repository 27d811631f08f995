// Names of what DLMS says (IEC 62056-5-3): APDUs, results, mechanisms; and what operations on objects mean to the plant.
#pragma once
#include "sensor/dissect/dlms_data.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mw::dlms {

/// Whether an APDU asks, answers or only tells. Some general ones do either.
enum class role : std::uint8_t { request, response, tells, either };

struct apdu {
  std::uint8_t tag;
  std::string_view name;
  dlms::role role;
  std::uint8_t answers;  ///< tag of the request that a response belongs to
  action what;
};
const apdu* find_apdu(std::uint8_t tag);

/// Tags that this code reads closely.
enum tag : std::uint8_t {
  initiate_request = 1,
  short_read = 5,
  short_write = 6,
  initiate_response = 8,
  short_read_response = 12,
  short_write_response = 13,
  confirmed_service_error = 14,
  data_notification = 15,
  unconfirmed_write = 22,
  information_report = 24,
  aarq = 0x60,
  aare = 0x61,
  rlrq = 0x62,
  rlre = 0x63,
  get_request = 192,
  set_request = 193,
  event_notification = 194,
  action_request = 195,
  get_response = 196,
  set_response = 197,
  action_response = 199,
  exception_response = 216,
  access_request = 217,
  access_response = 218,
  general_glo = 219,
  general_ded = 220,
  general_ciphering = 221,
  general_signing = 223,
  general_block_transfer = 224,
};
/// True of glo- and ded-: an APDU behind a security header.
bool is_ciphered(std::uint8_t tag);
bool is_dedicated(std::uint8_t tag);  ///< of them, by the key of one association

std::string result_name(std::uint8_t code);
std::string mechanism_name(std::uint32_t id);
std::string state_error(std::uint8_t code);
std::string service_error(std::uint8_t code);
std::string diagnostic_name(bool of_user, std::uint32_t code);

action meaning_of_get(const descriptor& d);
action meaning_of_set(const descriptor& d);
action meaning_of_action(const descriptor& d);

/// The fact that the value of an attribute is; empty where it is none.
std::string_view fact_of(const descriptor& d);

}  // namespace mw::dlms
