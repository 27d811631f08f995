// The control model of IEC 61850-8-1 (clause 20), name plates (7-3), and the data set transfers of TASE.2 (IEC 60870-6-802).
#include "sensor/dissect/mms_iec61850.hpp"

#include "common/text.hpp"

#include <array>

namespace mw::mms {
namespace {

struct verb {
  std::string_view name, step;
};
constexpr std::array verbs{verb{"Oper", "operate"}, verb{"SBO", "select"}, verb{"SBOw", "select_with_value"}, verb{"Cancel", "cancel"}};

constexpr std::array<std::string_view, 19> constraints{"ST", "MX", "SP", "SV", "CF", "DC", "SG", "SE", "SR", "OR",
                                                       "BL", "EX", "CO", "US", "MS", "RP", "BR", "LG", "GO"};
constexpr std::array<std::string_view, 9> tase2_items{"TASE2_Version",           "Supported_Features",  "Bilateral_Table_ID",
                                                      "Next_DSTransfer_Set",     "Transfer_Set_Name",   "DSConditions_Detected",
                                                      "Transfer_Set_Time_Stamp", "Event_Code_Detected", "Next_TSTransfer_Set"};

constexpr std::array<std::string_view, 9> originators{"not_supported",    "bay_control",   "station_control",
                                                      "remote_control",   "automatic_bay", "automatic_station",
                                                      "automatic_remote", "maintenance",   "process"};
constexpr std::array<std::string_view, 4> control_errors{"no_error", "unknown", "timeout_test_not_ok", "operator_test_not_ok"};
constexpr std::array<std::string_view, 28> causes{"unknown",
                                                  "not_supported",
                                                  "blocked_by_switching_hierarchy",
                                                  "select_failed",
                                                  "invalid_position",
                                                  "position_reached",
                                                  "parameter_change_in_execution",
                                                  "step_limit",
                                                  "blocked_by_mode",
                                                  "blocked_by_process",
                                                  "blocked_by_interlocking",
                                                  "blocked_by_synchrocheck",
                                                  "command_already_in_execution",
                                                  "blocked_by_health",
                                                  "one_of_n_control",
                                                  "abortion_by_cancel",
                                                  "time_limit_over",
                                                  "abortion_by_trip",
                                                  "object_not_selected",
                                                  "object_already_selected",
                                                  "no_access_authority",
                                                  "ended_with_overshoot",
                                                  "abortion_due_to_deviation",
                                                  "abortion_by_communication_loss",
                                                  "blocked_by_command",
                                                  "none",
                                                  "inconsistent_parameters",
                                                  "locked_by_other_client"};
constexpr std::array<std::string_view, 5> conditions{"interval_timeout", "integrity_timeout", "object_change", "operator_request",
                                                     "other_external_event"};

/// Attributes of the name plates DPL and LPL that say what a machine is. A logical node speaks of itself only.
struct plate {
  std::string_view attribute, kind;
  std::uint8_t of_device, of_node;
};
constexpr std::array plates{plate{"vendor", "vendor", 90, 70}, plate{"model", "model", 90, 0},    plate{"serNum", "serial", 90, 0},
                            plate{"swRev", "firmware", 85, 0}, plate{"hwRev", "hardware", 85, 0}, plate{"location", "location", 60, 0}};

template <std::size_t N>
std::string word(const std::array<std::string_view, N>& names, std::uint64_t n) {
  return n < N ? std::string{names.at(n)} : std::to_string(n);
}

std::string_view next_part(std::string_view& rest) {
  const auto end = rest.find('$');
  const auto part = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  return part;
}
/// The constraint of "XCBR1$CO$Pos$Oper"; `rest` is what stands behind it.
std::string_view constraint_of(std::string_view item, std::string_view& rest) {
  rest = item;
  (void)next_part(rest);
  return next_part(rest);
}
const verb* verb_of(std::string_view item) {
  std::string_view rest;
  if (constraint_of(item, rest) != "CO") return nullptr;
  while (!rest.empty()) {
    const auto part = next_part(rest);
    for (const auto& v : verbs)
      if (v.name == part) return &v;
  }
  return nullptr;
}
/// What an item says of a machine: "LPHD1$DC$PhyNam$model"; nullptr where it is no such attribute.
const plate* plate_of(std::string_view item) {
  std::string_view rest;
  if (constraint_of(item, rest) != "DC") return nullptr;
  const auto holder = next_part(rest);
  if (holder != "PhyNam" && holder != "NamPlt") return nullptr;
  const auto* p = std::ranges::find(plates, rest, &plate::attribute);
  return p != plates.end() && (holder == "PhyNam" || p->of_node != 0) ? p : nullptr;
}
/// The object that is controlled: the name without the verb.
std::string controlled(const object& item, const verb& v) {
  const auto at = item.address.find("$" + std::string{v.name});
  return item.space + '/' + item.address.substr(0, at);
}

std::vector<ber::element> parts_of(const ber::element& data, exchange& x) {
  std::vector<ber::element> out;
  if (data.context(2))
    each(data.content, x.in, [&](const ber::element& e) {
      if (out.size() < 32) out.push_back(e);
    });
  return out;
}
std::string text_of(const ber::element& data, exchange& x) {
  std::vector<value> values;
  put_values(data, values, x.in);
  std::string out;
  for (const auto& v : values)
    if (out.size() < 256) (out += out.empty() ? "" : " ") += to_string(v);
  return out;
}
void put_value(operation& op, std::string_view name, const ber::element& data, exchange& x) {
  std::vector<value> values;
  put_values(data, values, x.in);
  if (values.size() == 1) put_field(op, name, std::move(values.front()));
  if (values.size() > 1) put(op, name, text_of(data, x));
}

bool is_origin(const ber::element& e, exchange& x) {
  const auto parts = parts_of(e, x);
  return parts.size() == 2 && parts[0].context(5) && parts[1].context(9);
}
void put_origin(operation& op, const ber::element& e, exchange& x) {
  const auto parts = parts_of(e, x);
  if (parts.size() != 2) return;
  put(op, "origin", word(originators, number(parts[0].content, x.in)));
  const auto who = parts[1].content;
  put(op, "originator", !who.empty() && is_text(who) ? printable(who, 64) : hex(who, 64));
}

std::string field_of(const operation& op, std::string_view name) {
  for (const auto& [k, v] : op.fields)
    if (k == name) return to_string(v);
  return {};
}
selection said(const operation& op) { return {field_of(op, "ctl_val"), field_of(op, "originator"), field_of(op, "ctl_num")}; }

/// An application error of a control: object, error, origin, number, cause.
void read_application_error(const ber::element& data, operation& op, exchange& x) {
  const auto parts = parts_of(data, x);
  if (parts.size() != 5) return;
  put(op, "control_object", printable(parts[0].content, 129));
  put(op, "control_error", word(control_errors, number(parts[1].content, x.in)));
  put_origin(op, parts[2], x);
  put(op, "ctl_num", number(parts[3].content, x.in));
  put(op, "add_cause", word(causes, number(parts[4].content, x.in)));
}

/// "DOMAIN/NAME" of a structure of scope, domain and name; empty where it is none.
std::string scoped_name(const ber::element& data, exchange& x) {
  const auto parts = parts_of(data, x);
  if (parts.size() != 3 || !(parts[0].context(5) || parts[0].context(6)) || !parts[1].context(10) || !parts[2].context(10)) return {};
  return identifier(parts[1].content) + '/' + identifier(parts[2].content);
}
std::string conditions_of(bytes content) {
  const auto bits = ber::to_bits(content, conditions.size());
  std::string out;
  for (std::size_t i = 0; i < bits.size(); ++i)
    if (bits[i] == '1') (out += out.empty() ? "" : " ") += conditions.at(i);
  return out;
}

}  // namespace

void recognise(std::span<const object> objects, memory& known) {
  if (known.profile != profile::unknown) return;
  for (const auto& o : objects) {
    std::string_view rest;
    const auto constraint = constraint_of(o.address, rest);
    if (!rest.empty() && std::ranges::find(constraints, constraint) != constraints.end()) known.profile = profile::iec61850;
    if (std::ranges::find(tase2_items, o.address) != tase2_items.end()) known.profile = profile::tase2;
  }
}

void read_select(const object& item, operation& op) {
  const auto* v = verb_of(item.address);
  if (v == nullptr || v->name != "SBO" || op.objects.size() != 1) return;
  op.action = action::control;
  put(op, "control", v->step);
}

void read_control(const object& item, const ber::element& data, operation& op, exchange& x) {
  const auto* v = verb_of(item.address);
  if (v == nullptr || !field_of(op, "control").empty()) return;
  op.action = action::control;
  put(op, "control", v->step);
  const auto parts = parts_of(data, x);
  if (!data.context(2) || parts.size() < 2) return put_value(op, "ctl_val", data, x);  // a single attribute, as $Oper$ctlVal
  put_value(op, "ctl_val", parts[0], x);
  std::size_t at = 1;
  if (at < parts.size() && !is_origin(parts[at], x)) put_value(op, "operate_time", parts[at++], x);
  if (at >= parts.size() || !is_origin(parts[at], x)) return x.broken(x.asker, "control_layout", "a command does not say who gives it");
  put_origin(op, parts[at++], x);
  if (at < parts.size()) put(op, "ctl_num", number(parts[at++].content, x.in));
  if (at < parts.size()) put_value(op, "command_time", parts[at++], x);
  if (at < parts.size()) put_flag(op, "test", truth(parts[at++].content));
  if (at < parts.size()) {
    const auto check = ber::to_bits(parts[at].content, 2);
    put_flag(op, "synchrocheck", !check.empty() && check[0] == '1');
    put_flag(op, "interlock_check", check.size() > 1 && check[1] == '1');
  }
  const of_side<std::string> key{x.asker, controlled(item, *v)};
  const auto* selected = x.known.selected.find(key);
  if (selected != nullptr && v->name == "Oper") {
    const auto now = said(op);
    if (now.value != selected->value || now.originator != selected->originator || now.number != selected->number)
      x.broken(x.asker, "control_mismatch", "the command is not the one that was selected");
  }
  if (v->name != "SBOw") x.known.selected.erase(key);
}

void end_control(operation& op, bool granted, exchange& x) {
  const auto step = field_of(op, "control");
  if (step.empty() || op.objects.empty()) return;
  const auto* v = verb_of(op.objects.front().address);
  if (v == nullptr) return;
  if (step == "select") {  // the answer is the reference of what is selected, or nothing
    const auto* reference = op.values.empty() ? nullptr : std::get_if<std::string>(&op.values.front());
    put_flag(op, "selected", granted && reference != nullptr && !reference->empty());
  }
  if (step == "select_with_value" && granted) x.known.selected.put({x.asker, controlled(op.objects.front(), *v)}, said(op), x.out);
}

void keep_plate_type(const object& item, const ber::element& type, exchange& x) {
  auto parts = parts_of_type(type, x.in);
  const auto holds = [&](const std::string& part) { return plate_of(item.address + '$' + part) != nullptr; };
  if (x.in.ok() && std::ranges::any_of(parts, holds))
    x.known.plates.put({other(x.asker), item.space + '/' + item.address}, std::move(parts), x.out);
}

void read_name_plate(const object& item, const ber::element& data, exchange& x) {
  const bool whole = data.context(2) && !x.known.plates.empty();
  const auto* parts = whole ? x.known.plates.find({other(x.asker), item.space + '/' + item.address}) : nullptr;
  if (parts == nullptr && (data.context(2) || plate_of(item.address) == nullptr)) return;
  std::vector<value> values;
  put_values(data, values, x.in);
  if (values.size() != (parts != nullptr ? parts->size() : 1)) return;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto name = parts != nullptr ? item.address + '$' + (*parts)[i] : item.address;
    const auto* p = plate_of(name);
    const auto* text = std::get_if<std::string>(&values[i]);
    if (p == nullptr || text == nullptr || text->empty()) continue;
    x.learn(p->kind, *text, name.find("$PhyNam$") != std::string::npos ? p->of_device : p->of_node);
  }
}

void read_special_report(std::span<const ber::element> results, operation& op, exchange& x) {
  for (std::size_t i = 0; i < op.objects.size() && i < results.size(); ++i) {
    const auto& o = op.objects[i];
    if (o.space == "vmd" && o.address == "LastApplError") {
      read_application_error(results[i], op, x);
    } else if (const auto* v = verb_of(o.address); v != nullptr) {
      put(op, "control", std::string{v->step} + "_terminated");
    }
  }
  if (x.known.profile != profile::tase2 || results.empty()) return;
  const auto set = scoped_name(results[0], x);
  if (set.empty()) return;
  put(op, "transfer_set", set);
  if (results.size() > 1 && results[1].context(4)) put(op, "conditions", conditions_of(results[1].content));
}

void read_transfer_set(const ber::element& data, operation& op, exchange& x) {
  constexpr std::size_t first_edition = 12, second_edition = 13;  // with AllChangesReported
  const auto parts = parts_of(data, x);
  if (x.known.profile != profile::tase2 || (parts.size() != first_edition && parts.size() != second_edition)) return;
  const auto set = scoped_name(parts[0], x);
  if (set.empty() || !parts[6].context(4)) return;
  put(op, "data_set", set);
  put(op, "interval", number(parts[2].content, x.in));
  put(op, "integrity_interval", number(parts[5].content, x.in));
  put(op, "conditions", conditions_of(parts[6].content));
  put_flag(op, "critical", truth(parts[8].content));
  put_flag(op, "by_exception", truth(parts[9].content));
  put_flag(op, "enabled", truth(parts[parts.size() - 2].content));
}

}  // namespace mw::mms
