// The errors of MMS (ISO 9506-2): of single variables, of services, and of PDUs that are rejected.
#include "common/text.hpp"
#include "sensor/dissect/mms_data.hpp"

#include <array>
#include <span>

namespace mw::mms {
namespace {

using names = std::span<const std::string_view>;
std::string_view at(names all, std::uint64_t n) { return n < all.size() && !all[n].empty() ? all[n] : "unknown"; }

constexpr std::array<std::string_view, 12> access_errors{
    "object_invalidated",  "hardware_fault",      "temporarily_unavailable", "object_access_denied",          "object_undefined",
    "invalid_address",     "type_unsupported",    "type_inconsistent",       "object_attribute_inconsistent", "object_access_unsupported",
    "object_non_existent", "object_value_invalid"};

constexpr std::array<std::string_view, 5> vmd_state{"other", "vmd_state_conflict", "vmd_operational_problem", "domain_transfer_problem",
                                                    "state_machine_id_invalid"};
constexpr std::array<std::string_view, 5> application{"other", "application_unreachable", "connection_lost",
                                                      "application_reference_invalid", "context_unsupported"};
constexpr std::array<std::string_view, 7> definition{"other",
                                                     "object_undefined",
                                                     "invalid_address",
                                                     "type_unsupported",
                                                     "type_inconsistent",
                                                     "object_exists",
                                                     "object_attribute_inconsistent"};
constexpr std::array<std::string_view, 6> resource{"other",
                                                   "memory_unavailable",
                                                   "processor_resource_unavailable",
                                                   "mass_storage_unavailable",
                                                   "capability_unavailable",
                                                   "capability_unknown"};
constexpr std::array<std::string_view, 6> service{"other",    "primitives_out_of_sequence", "object_state_conflict",
                                                  "pdu_size", "continuation_invalid",       "object_constraint_conflict"};
constexpr std::array<std::string_view, 4> preempt{"other", "timeout", "deadlock", "cancel"};
constexpr std::array<std::string_view, 2> resolution{"other", "unsupportable_time_resolution"};
constexpr std::array<std::string_view, 5> access{"other", "object_access_unsupported", "object_non_existent", "object_access_denied",
                                                 "object_invalidated"};
constexpr std::array<std::string_view, 8> initiate{"other",
                                                   "version_incompatible",
                                                   "max_segment_insufficient",
                                                   "max_services_outstanding_calling_insufficient",
                                                   "max_services_outstanding_called_insufficient",
                                                   "service_cbb_insufficient",
                                                   "parameter_cbb_insufficient",
                                                   "nesting_level_insufficient"};
constexpr std::array<std::string_view, 2> conclude{"other", "further_communication_required"};
constexpr std::array<std::string_view, 3> cancel{"other", "invoke_id_unknown", "cancel_not_possible"};
constexpr std::array<std::string_view, 10> file{"other",
                                                "filename_ambiguous",
                                                "file_busy",
                                                "filename_syntax_error",
                                                "content_type_invalid",
                                                "position_invalid",
                                                "file_access_denied",
                                                "file_non_existent",
                                                "duplicate_filename",
                                                "insufficient_space_in_filestore"};

struct error_class {
  std::string_view name;
  names codes;
};
constexpr std::array classes{error_class{"vmd_state", vmd_state},
                             error_class{"application_reference", application},
                             error_class{"definition", definition},
                             error_class{"resource", resource},
                             error_class{"service", service},
                             error_class{"service_preempt", preempt},
                             error_class{"time_resolution", resolution},
                             error_class{"access", access},
                             error_class{"initiate", initiate},
                             error_class{"conclude", conclude},
                             error_class{"cancel", cancel},
                             error_class{"file", file},
                             error_class{"others", {}}};

constexpr std::array<std::string_view, 10> of_request{"other",
                                                      "unrecognized_service",
                                                      "unrecognized_modifier",
                                                      "invalid_invoke_id",
                                                      "invalid_argument",
                                                      "invalid_modifier",
                                                      "max_serv_outstanding_exceeded",
                                                      "",
                                                      "max_recursion_exceeded",
                                                      "value_out_of_range"};
constexpr std::array<std::string_view, 7> of_response{"other", "unrecognized_service",   "invalid_invoke_id", "invalid_result",
                                                      "",      "max_recursion_exceeded", "value_out_of_range"};
constexpr std::array<std::string_view, 5> of_error{"other", "unrecognized_service", "invalid_invoke_id", "invalid_service_error",
                                                   "value_out_of_range"};
constexpr std::array<std::string_view, 5> of_unconfirmed{"other", "unrecognized_service", "invalid_argument", "max_recursion_exceeded",
                                                         "value_out_of_range"};
constexpr std::array<std::string_view, 3> of_pdu{"unknown_pdu_type", "invalid_pdu", "illegal_acse_mapping"};
constexpr std::array<std::string_view, 2> of_cancel{"other", "invalid_invoke_id"};
constexpr std::array<std::string_view, 4> of_cancel_error{"other", "invalid_invoke_id", "invalid_service_error", "value_out_of_range"};
constexpr std::array<std::string_view, 2> of_conclude{"other", "invalid_argument"};
constexpr std::array<std::string_view, 2> of_conclude_response{"other", "invalid_result"};
constexpr std::array<std::string_view, 3> of_conclude_error{"other", "invalid_service_error", "value_out_of_range"};
constexpr std::array rejects{error_class{"", {}},
                             error_class{"confirmed_request", of_request},
                             error_class{"confirmed_response", of_response},
                             error_class{"confirmed_error", of_error},
                             error_class{"unconfirmed", of_unconfirmed},
                             error_class{"pdu", of_pdu},
                             error_class{"cancel_request", of_cancel},
                             error_class{"cancel_response", of_cancel},
                             error_class{"cancel_error", of_cancel_error},
                             error_class{"conclude_request", of_conclude},
                             error_class{"conclude_response", of_conclude_response},
                             error_class{"conclude_error", of_conclude_error}};

}  // namespace

std::string_view access_error(std::uint64_t code) { return at(access_errors, code); }
std::string_view rejected_pdu(std::uint32_t pdu) { return pdu < rejects.size() ? rejects[pdu].name : "unknown"; }
std::string_view reject_reason(std::uint32_t pdu, std::uint64_t reason) {
  return pdu < rejects.size() ? at(rejects[pdu].codes, reason) : "unknown";
}

void read_service_error(bytes content, operation& op, reader& in) {
  each(content, in, [&](const ber::element& e) {
    if (e.context(0)) {
      const auto what = first(e.content, in);
      const auto code = number(what.content, in);
      if (!in.ok()) return;
      op.code = std::to_string(what.number) + '/' + std::to_string(code);
      const bool known = what.number < classes.size();
      std::string reason{known ? classes[what.number].name : "unknown"};
      (reason += '/') += known ? at(classes[what.number].codes, code) : "unknown";
      put(op, "reason", std::move(reason));
    }
    if (e.context(1)) put(op, "additional_code", number(e.content, in));
    if (e.context(2)) put(op, "additional_description", printable(e.content));
  });
}

}  // namespace mw::mms
