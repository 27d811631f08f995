// Names of what LDAP numbers (RFC 4511, 4520).
#include "sensor/dissect/ldap_names.hpp"

#include <algorithm>
#include <array>

namespace mw::ldap {
namespace {

struct tag {
  std::uint32_t number;
  std::string_view name;
  bool request;
};
constexpr std::array<tag, 21> tags{
    {{bind_request, "bind", true},         {bind_response, "bind", false},         {unbind_request, "unbind", true},
     {search_request, "search", true},     {search_entry, "search", false},        {search_done, "search", false},
     {modify_request, "modify", true},     {modify_response, "modify", false},     {add_request, "add", true},
     {add_response, "add", false},         {delete_request, "delete", true},       {delete_response, "delete", false},
     {rename_request, "modify_dn", true},  {rename_response, "modify_dn", false},  {compare_request, "compare", true},
     {compare_response, "compare", false}, {abandon_request, "abandon", true},     {search_reference, "search", false},
     {extended_request, "extended", true}, {extended_response, "extended", false}, {intermediate_response, "extended", false}}};
const tag* find(std::uint32_t number) {
  const auto* const at = std::ranges::find(tags, number, &tag::number);
  return at == tags.end() ? nullptr : at;
}

struct code {
  std::int64_t number;
  std::string_view name;
};
constexpr code results[] = {{0, "success"},
                            {1, "operations_error"},
                            {2, "protocol_error"},
                            {3, "time_limit_exceeded"},
                            {4, "size_limit_exceeded"},
                            {5, "compare_false"},
                            {6, "compare_true"},
                            {7, "auth_method_not_supported"},
                            {8, "stronger_auth_required"},
                            {10, "referral"},
                            {11, "admin_limit_exceeded"},
                            {12, "unavailable_critical_extension"},
                            {13, "confidentiality_required"},
                            {14, "sasl_bind_in_progress"},
                            {16, "no_such_attribute"},
                            {17, "undefined_attribute_type"},
                            {18, "inappropriate_matching"},
                            {19, "constraint_violation"},
                            {20, "attribute_or_value_exists"},
                            {21, "invalid_attribute_syntax"},
                            {32, "no_such_object"},
                            {33, "alias_problem"},
                            {34, "invalid_dn_syntax"},
                            {36, "alias_dereferencing_problem"},
                            {48, "inappropriate_authentication"},
                            {49, "invalid_credentials"},
                            {50, "insufficient_access_rights"},
                            {51, "busy"},
                            {52, "unavailable"},
                            {53, "unwilling_to_perform"},
                            {54, "loop_detect"},
                            {64, "naming_violation"},
                            {65, "object_class_violation"},
                            {66, "not_allowed_on_non_leaf"},
                            {67, "not_allowed_on_rdn"},
                            {68, "entry_already_exists"},
                            {69, "object_class_mods_prohibited"},
                            {71, "affects_multiple_dsas"},
                            {80, "other"},
                            {118, "canceled"},
                            {119, "no_such_operation"},
                            {120, "too_late"},
                            {121, "cannot_cancel"}};
constexpr std::array<std::string_view, 4> scopes{"base", "one", "sub", "children"};

struct word {
  std::string_view key, name;
};
constexpr word extensions[] = {{start_tls, "start_tls"},
                               {disconnection, "notice_of_disconnection"},
                               {"1.3.6.1.4.1.4203.1.11.1", "password_modify"},
                               {"1.3.6.1.4.1.4203.1.11.3", "who_am_i"},
                               {"1.3.6.1.1.8", "cancel"},
                               {"1.3.6.1.1.21.1", "start_transaction"},
                               {"1.3.6.1.1.21.3", "end_transaction"},
                               {"1.3.6.1.4.1.1466.101.119.1", "refresh"},
                               {"1.2.840.113556.1.4.1781", "fast_bind"},
                               {"2.16.840.1.113719.1.27.100.31", "get_bind_dn"}};
/// Sub-codes that Active Directory writes behind "data" when a bind fails.
constexpr word logon_errors[] = {{"525", "user_not_found"},          {"52e", "invalid_credentials"}, {"530", "not_at_this_time"},
                                 {"531", "not_at_this_workstation"}, {"532", "password_expired"},    {"533", "account_disabled"},
                                 {"568", "too_many_context_ids"},    {"701", "account_expired"},     {"773", "must_reset_password"},
                                 {"775", "account_locked"}};
constexpr word levels[] = {{"0", "Windows 2000 Server"},          {"2", "Windows Server 2003"}, {"3", "Windows Server 2008"},
                           {"4", "Windows Server 2008 R2"},       {"5", "Windows Server 2012"}, {"6", "Windows Server 2012 R2"},
                           {"7", "Windows Server 2016 or later"}, {"10", "Windows Server 2025"}};
template <std::size_t N>
std::string_view find(const word (&table)[N], std::string_view key, std::string_view otherwise) {
  const auto* const at = std::ranges::find(table, key, &word::key);
  return at == std::end(table) ? otherwise : at->name;
}

}  // namespace

std::string_view operation_name(std::uint32_t number) {
  const auto* t = find(number);
  return t == nullptr ? "" : t->name;
}
bool is_request(std::uint32_t number) {
  const auto* t = find(number);
  return t != nullptr && t->request;
}
std::string_view result_name(std::int64_t number) {
  const auto* const at = std::ranges::find(results, number, &code::number);
  return at == std::end(results) ? "unknown" : at->name;
}
std::string_view scope_name(std::int64_t scope) {
  return scope >= 0 && static_cast<std::size_t>(scope) < scopes.size() ? scopes[static_cast<std::size_t>(scope)] : "unknown";
}
std::string_view extension_name(std::string_view oid) { return find(extensions, oid, "extended"); }
std::string_view windows_error(std::string_view diagnostic) {
  constexpr std::string_view mark = ", data ";
  const auto at = diagnostic.find(mark);
  return at == std::string_view::npos ? "" : find(logon_errors, diagnostic.substr(at + mark.size(), 3), "");
}
std::string_view level_name(std::string_view functionality) { return find(levels, functionality, ""); }

}  // namespace mw::ldap
