// The beginning of an association: ACSE (ISO 8650-1) and the initiate service of MMS (ISO 9506-2, clause 8).
#include "sensor/dissect/mms_association.hpp"

#include <array>

namespace mw::mms {
namespace {

constexpr std::array<std::string_view, 11> parameters{"str1", "str2", "vnam", "valt", "vadr", "vsca", "tpy", "vlis", "real", "", "cei"};
constexpr std::array<std::string_view, 4> limits{"max_pdu", "max_outstanding_calling", "max_outstanding_called", "max_nesting"};
constexpr std::array<std::string_view, 15> diagnostics{"null",
                                                       "no_reason_given",
                                                       "application_context_name_not_supported",
                                                       "calling_ap_title_not_recognized",
                                                       "calling_ap_invocation_identifier_not_recognized",
                                                       "calling_ae_qualifier_not_recognized",
                                                       "calling_ae_invocation_identifier_not_recognized",
                                                       "called_ap_title_not_recognized",
                                                       "called_ap_invocation_identifier_not_recognized",
                                                       "called_ae_qualifier_not_recognized",
                                                       "called_ae_invocation_identifier_not_recognized",
                                                       "authentication_mechanism_name_not_recognized",
                                                       "authentication_mechanism_name_required",
                                                       "authentication_failure",
                                                       "authentication_required"};

void put_given(operation& op, std::string_view name, const std::string& text) {
  if (!text.empty()) put(op, name, text);
}
std::string parameter_names(bytes content) {
  const auto bits = ber::to_bits(content, parameters.size());
  std::string out;
  for (std::size_t i = 0; i < bits.size(); ++i)
    if (bits[i] == '1' && !parameters.at(i).empty()) (out += out.empty() ? "" : " ") += parameters.at(i);
  return out;
}

}  // namespace

void put_association(const acse& a, operation& op) {
  if (op.fields.empty() || a.kind == acse_kind::request) put_given(op, "context_name", a.context_name);
  put_given(op, "calling_ap_title", a.calling_title);
  put_given(op, "calling_ae_qualifier", a.calling_qualifier);
  put_given(op, "called_ap_title", a.called_title);
  put_given(op, "called_ae_qualifier", a.called_qualifier);
  put_given(op, "responding_ap_title", a.responding_title);
  put_given(op, "responding_ae_qualifier", a.responding_qualifier);
  put_given(op, "authentication_mechanism", a.mechanism);
  if (a.credentials) put_flag(op, a.kind == acse_kind::request ? "password_given" : "responder_password_given", true);
  if (a.kind != acse_kind::response || a.result == 0) return;
  op.code = std::to_string(a.result);
  put(op, "reason", a.diagnostic < diagnostics.size() ? diagnostics.at(a.diagnostic) : std::string_view{"unknown"});
}

void put_initiate(bytes content, bool request, operation& op, reader& in) {
  const auto named = [&](std::string_view name) { return std::string{name} + (request ? "_asked" : ""); };
  each(content, in, [&](const ber::element& e) {
    if (e.kind != ber::tag_class::context) return;
    if (e.number < limits.size()) put(op, named(limits.at(e.number)), number(e.content, in));
    if (e.number != 4) return;
    each(e.content, in, [&](const ber::element& detail) {
      if (detail.context(0)) put(op, named("version"), number(detail.content, in));
      if (detail.context(1)) put(op, named("parameters"), parameter_names(detail.content));
      if (detail.context(2)) put(op, named("services"), ber::to_bits(detail.content, 93));
    });
  });
}

}  // namespace mw::mms
