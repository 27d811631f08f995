// Names of what DLMS says (IEC 62056-5-3, 8.5 and 9.5), and what it means (classes: IEC 62056-6-2, object codes: IEC 62056-6-1).
#include "sensor/dissect/dlms_names.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace mw::dlms {
namespace {

/// Sorted by tag.
constexpr std::array apdus{
    apdu{1, "initiate_request", role::request, 0, action::session},
    apdu{5, "read_request", role::request, 0, action::read},
    apdu{6, "write_request", role::request, 0, action::write},
    apdu{8, "initiate_response", role::response, 1, action::session},
    apdu{12, "read_response", role::response, 5, action::read},
    apdu{13, "write_response", role::response, 6, action::write},
    apdu{14, "confirmed_service_error", role::response, 0, action::diagnose},
    apdu{15, "data_notification", role::tells, 0, action::report},
    apdu{16, "data_notification_confirm", role::tells, 0, action::report},
    apdu{22, "unconfirmed_write_request", role::tells, 0, action::write},
    apdu{24, "information_report", role::tells, 0, action::report},
    apdu{33, "glo_initiate_request", role::request, 0, action::session},
    apdu{37, "glo_read_request", role::request, 0, action::read},
    apdu{38, "glo_write_request", role::request, 0, action::write},
    apdu{40, "glo_initiate_response", role::response, 33, action::session},
    apdu{44, "glo_read_response", role::response, 37, action::read},
    apdu{45, "glo_write_response", role::response, 38, action::write},
    apdu{46, "glo_confirmed_service_error", role::response, 0, action::diagnose},
    apdu{54, "glo_unconfirmed_write_request", role::tells, 0, action::write},
    apdu{56, "glo_information_report", role::tells, 0, action::report},
    apdu{65, "ded_initiate_request", role::request, 0, action::session},
    apdu{69, "ded_read_request", role::request, 0, action::read},
    apdu{70, "ded_write_request", role::request, 0, action::write},
    apdu{72, "ded_initiate_response", role::response, 65, action::session},
    apdu{76, "ded_read_response", role::response, 69, action::read},
    apdu{77, "ded_write_response", role::response, 70, action::write},
    apdu{78, "ded_confirmed_service_error", role::response, 0, action::diagnose},
    apdu{86, "ded_unconfirmed_write_request", role::tells, 0, action::write},
    apdu{88, "ded_information_report", role::tells, 0, action::report},
    apdu{0x60, "aarq", role::request, 0, action::session},
    apdu{0x61, "aare", role::response, 0x60, action::session},
    apdu{0x62, "rlrq", role::request, 0, action::session},
    apdu{0x63, "rlre", role::response, 0x62, action::session},
    apdu{192, "get_request", role::request, 0, action::read},
    apdu{193, "set_request", role::request, 0, action::write},
    apdu{194, "event_notification", role::tells, 0, action::report},
    apdu{195, "action_request", role::request, 0, action::control},
    apdu{196, "get_response", role::response, 192, action::read},
    apdu{197, "set_response", role::response, 193, action::write},
    apdu{199, "action_response", role::response, 195, action::control},
    apdu{200, "glo_get_request", role::request, 0, action::read},
    apdu{201, "glo_set_request", role::request, 0, action::write},
    apdu{202, "glo_event_notification", role::tells, 0, action::report},
    apdu{203, "glo_action_request", role::request, 0, action::control},
    apdu{204, "glo_get_response", role::response, 200, action::read},
    apdu{205, "glo_set_response", role::response, 201, action::write},
    apdu{207, "glo_action_response", role::response, 203, action::control},
    apdu{208, "ded_get_request", role::request, 0, action::read},
    apdu{209, "ded_set_request", role::request, 0, action::write},
    apdu{210, "ded_event_notification", role::tells, 0, action::report},
    apdu{211, "ded_action_request", role::request, 0, action::control},
    apdu{212, "ded_get_response", role::response, 208, action::read},
    apdu{213, "ded_set_response", role::response, 209, action::write},
    apdu{215, "ded_action_response", role::response, 211, action::control},
    apdu{216, "exception_response", role::response, 0, action::diagnose},
    apdu{217, "access_request", role::request, 0, action::read},
    apdu{218, "access_response", role::response, 217, action::read},
    apdu{219, "general_glo_ciphering", role::either, 219, action::session},
    apdu{220, "general_ded_ciphering", role::either, 220, action::session},
    apdu{221, "general_ciphering", role::either, 221, action::session},
    apdu{223, "general_signing", role::either, 223, action::session},
    apdu{224, "general_block_transfer", role::either, 224, action::session},
};

struct name_of_code {
  std::uint32_t code;
  std::string_view name;
};
template <std::size_t N>
std::string named(const std::array<name_of_code, N>& all, std::uint32_t code) {
  const auto at = std::ranges::find(all, code, &name_of_code::code);
  return at == all.end() ? std::to_string(code) : std::string{at->name};
}

/// What both the result of an access to data and of a method may say.
constexpr std::array results{
    name_of_code{0, "success"},
    name_of_code{1, "hardware_fault"},
    name_of_code{2, "temporary_failure"},
    name_of_code{3, "read_write_denied"},
    name_of_code{4, "object_undefined"},
    name_of_code{9, "object_class_inconsistent"},
    name_of_code{11, "object_unavailable"},
    name_of_code{12, "type_unmatched"},
    name_of_code{13, "scope_of_access_violated"},
    name_of_code{14, "data_block_unavailable"},
    name_of_code{15, "long_action_aborted"},
    name_of_code{16, "no_long_action_in_progress"},
    name_of_code{17, "long_set_aborted"},
    name_of_code{18, "no_long_set_in_progress"},
    name_of_code{19, "data_block_number_invalid"},
    name_of_code{250, "other_reason"},
};

/// Classes that set up the meter, its schedules or its lines: a write to them changes what it will do.
constexpr std::array<std::uint16_t, 33> configuring{9,  10, 11, 15, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29,
                                                    30, 40, 41, 42, 43, 44, 45, 46, 47, 48, 55, 64, 65, 67, 68, 71};

/// Object codes (A to F, -1: any) whose second attribute identifies the meter.
struct identity {
  std::array<int, 6> code;
  std::string_view kind;
};
constexpr std::array identities{
    identity{{0, 0, 42, 0, 0, 255}, "logical_device_name"},
    identity{{0, -1, 96, 1, 0, 255}, "serial"},
    identity{{0, -1, 96, 1, 1, 255}, "device_id"},
    identity{{0, -1, 96, 1, 2, 255}, "device_id"},
    identity{{0, -1, 96, 1, 3, 255}, "device_id"},
    identity{{0, -1, 96, 1, 4, 255}, "device_id"},
    identity{{1, -1, 0, 0, 0, 255}, "device_id"},
    identity{{0, -1, 0, 2, 0, 255}, "firmware"},
    identity{{1, -1, 0, 2, 0, 255}, "firmware"},
    identity{{7, -1, 0, 2, 1, 255}, "firmware"},
};

constexpr std::uint16_t class_clock = 8, class_script = 9, class_association = 15, class_image = 18, class_security = 64,
                        class_disconnect = 70;

}  // namespace

const apdu* find_apdu(std::uint8_t tag) {
  const auto at = std::ranges::lower_bound(apdus, tag, {}, &apdu::tag);
  return at != apdus.end() && at->tag == tag ? &*at : nullptr;
}

bool is_ciphered(std::uint8_t tag) {
  return (tag >= 33 && tag <= 88) || (tag >= 200 && tag <= 215) || tag == general_glo || tag == general_ded;
}

bool is_dedicated(std::uint8_t tag) { return (tag >= 65 && tag <= 88) || (tag >= 208 && tag <= 215) || tag == general_ded; }

std::string result_name(std::uint8_t code) { return named(results, code); }

std::string mechanism_name(std::uint32_t id) {
  constexpr std::array<std::string_view, 8> names{
      "none", "low_level", "high_level", "high_level_md5", "high_level_sha1", "high_level_gmac", "high_level_sha256", "high_level_ecdsa"};
  return id < names.size() ? std::string{names.at(id)} : std::to_string(id);
}
std::string state_error(std::uint8_t code) {
  constexpr std::array names{name_of_code{1, "service_not_allowed"}, name_of_code{2, "service_unknown"}};
  return named(names, code);
}
std::string service_error(std::uint8_t code) {
  constexpr std::array names{name_of_code{1, "operation_not_possible"}, name_of_code{2, "service_not_supported"},
                             name_of_code{3, "other_reason"},           name_of_code{4, "pdu_too_long"},
                             name_of_code{5, "deciphering_error"},      name_of_code{6, "invocation_counter_error"}};
  return named(names, code);
}
std::string diagnostic_name(bool of_user, std::uint32_t code) {
  constexpr std::array user{name_of_code{0, "none"},
                            name_of_code{1, "no_reason_given"},
                            name_of_code{2, "application_context_name_not_supported"},
                            name_of_code{3, "calling_ap_title_not_recognized"},
                            name_of_code{4, "calling_ap_invocation_identifier_not_recognized"},
                            name_of_code{5, "calling_ae_qualifier_not_recognized"},
                            name_of_code{6, "calling_ae_invocation_identifier_not_recognized"},
                            name_of_code{7, "called_ap_title_not_recognized"},
                            name_of_code{8, "called_ap_invocation_identifier_not_recognized"},
                            name_of_code{9, "called_ae_qualifier_not_recognized"},
                            name_of_code{10, "called_ae_invocation_identifier_not_recognized"},
                            name_of_code{11, "authentication_mechanism_name_not_recognized"},
                            name_of_code{12, "authentication_mechanism_name_required"},
                            name_of_code{13, "authentication_failure"},
                            name_of_code{14, "authentication_required"}};
  constexpr std::array provider{name_of_code{0, "none"}, name_of_code{1, "no_reason_given"}, name_of_code{2, "no_common_acse_version"}};
  return of_user ? named(user, code) : named(provider, code);
}

action meaning_of_get(const descriptor& d) {
  return d.class_id == class_association && d.number == 2 ? action::identify : action::read;  // the list of objects
}
action meaning_of_set(const descriptor& d) {
  if (d.class_id == class_clock) return d.number == 2 ? action::time_sync : action::configure;
  if (d.class_id == class_image) return action::firmware;
  return std::ranges::find(configuring, d.class_id) != configuring.end() ? action::configure : action::write;
}
action meaning_of_action(const descriptor& d) {
  switch (d.class_id) {
    case class_clock: return action::time_sync;
    case class_script:
    case class_disconnect: return action::control;
    case class_association: return d.number == 1 ? action::authenticate : action::configure;  // 1: reply to the challenge
    case class_image: return action::firmware;
    case class_security: return action::configure;
    default: return action::control;
  }
}

std::string_view fact_of(const descriptor& d) {
  if (d.number != 2) return {};
  for (const auto& i : identities) {
    std::size_t from = 0;
    bool same = true;
    for (std::size_t k = 0; k < i.code.size() && same; ++k) {
      const auto dot = std::min(d.obis.find('.', from), d.obis.size());
      same = i.code.at(k) < 0 || d.obis.substr(from, dot - from) == std::to_string(i.code.at(k));
      from = dot + 1;
    }
    if (same) return i.kind;
  }
  return {};
}

}  // namespace mw::dlms
