// The services of MMS (ISO 9506-2) by number, and those that are not about variables, files or transfers.
#include "sensor/dissect/mms_services.hpp"

#include "common/text.hpp"

#include <array>

namespace mw::mms {
namespace {

/// Programs are named by where they go: a download goes to the device.
constexpr std::array services{
    service{0, "status", action::diagnose, form::nothing},
    service{1, "get_name_list", action::identify, form::special},
    service{2, "identify", action::identify, form::nothing},
    service{3, "rename", action::configure, form::special},
    service{4, "read", action::read, form::special},
    service{5, "write", action::write, form::special},
    service{6, "get_variable_access_attributes", action::identify, form::special},
    service{7, "define_named_variable", action::configure, form::named},
    service{8, "define_scattered_access", action::configure, form::named},
    service{9, "get_scattered_access_attributes", action::identify, form::name},
    service{10, "delete_variable_access", action::configure, form::deletion},
    service{11, "define_named_variable_list", action::configure, form::special},
    service{12, "get_named_variable_list_attributes", action::identify, form::name},
    service{13, "delete_named_variable_list", action::configure, form::deletion},
    service{14, "define_named_type", action::configure, form::special},
    service{15, "get_named_type_attributes", action::identify, form::name},
    service{16, "delete_named_type", action::configure, form::deletion},
    service{17, "input", action::read, form::special},
    service{18, "output", action::write, form::special},
    service{19, "take_control", action::control, form::named},
    service{20, "relinquish_control", action::control, form::named},
    service{21, "define_semaphore", action::configure, form::named},
    service{22, "delete_semaphore", action::configure, form::name},
    service{23, "report_semaphore_status", action::read, form::name},
    service{24, "report_pool_semaphore_status", action::read, form::named},
    service{25, "report_semaphore_entry_status", action::read, form::named},
    service{26, "initiate_download_sequence", action::program_download, form::domain_head},
    service{27, "download_segment", action::program_download, form::domain},
    service{28, "terminate_download_sequence", action::program_download, form::domain_head},
    service{29, "initiate_upload_sequence", action::program_upload, form::domain},
    service{30, "upload_segment", action::program_upload, form::special},
    service{31, "terminate_upload_sequence", action::program_upload, form::special},
    service{32, "request_domain_download", action::program_download, form::domain_head},
    service{33, "request_domain_upload", action::program_upload, form::domain_head},
    service{34, "load_domain_content", action::program_download, form::domain_head},
    service{35, "store_domain_content", action::program_upload, form::domain_head},
    service{36, "delete_domain", action::configure, form::domain},
    service{37, "get_domain_attributes", action::identify, form::domain},
    service{38, "create_program_invocation", action::configure, form::program_head},
    service{39, "delete_program_invocation", action::configure, form::program},
    service{40, "start", action::start, form::program_head},
    service{41, "stop", action::stop, form::program_head},
    service{42, "resume", action::start, form::program_head},
    service{43, "reset", action::restart, form::program_head},
    service{44, "kill", action::stop, form::program_head},
    service{45, "get_program_invocation_attributes", action::identify, form::program},
    service{46, "obtain_file", action::file_write, form::special},
    service{47, "define_event_condition", action::configure, form::named},
    service{48, "delete_event_condition", action::configure, form::nothing},
    service{49, "get_event_condition_attributes", action::identify, form::name},
    service{50, "report_event_condition_status", action::read, form::name},
    service{51, "alter_event_condition_monitoring", action::configure, form::named},
    service{52, "trigger_event", action::control, form::named},
    service{53, "define_event_action", action::configure, form::named},
    service{54, "delete_event_action", action::configure, form::nothing},
    service{55, "get_event_action_attributes", action::identify, form::name},
    service{56, "report_event_action_status", action::read, form::name},
    service{57, "define_event_enrollment", action::subscribe, form::named},
    service{58, "delete_event_enrollment", action::subscribe, form::nothing},
    service{59, "alter_event_enrollment", action::subscribe, form::named},
    service{60, "report_event_enrollment_status", action::read, form::name},
    service{61, "get_event_enrollment_attributes", action::identify, form::nothing},
    service{62, "acknowledge_event_notification", action::alarm, form::named},
    service{63, "get_alarm_summary", action::alarm, form::nothing},
    service{64, "get_alarm_enrollment_summary", action::alarm, form::nothing},
    service{65, "read_journal", action::read, form::named},
    service{66, "write_journal", action::write, form::named},
    service{67, "initialize_journal", action::configure, form::named},
    service{68, "report_journal_status", action::read, form::name},
    service{69, "create_journal", action::configure, form::named},
    service{70, "delete_journal", action::configure, form::named},
    service{71, "get_capability_list", action::identify, form::nothing},
    service{72, "file_open", action::file_read, form::special},
    service{73, "file_read", action::file_read, form::special},
    service{74, "file_close", action::file_read, form::special},
    service{75, "file_rename", action::file_write, form::special},
    service{76, "file_delete", action::file_delete, form::special},
    service{77, "file_directory", action::file_read, form::special},
    service{78, "additional_service", action::diagnose, form::nothing},
};
constexpr service unknown{255, "unknown", action::diagnose, form::nothing};

constexpr std::array<std::string_view, 12> object_classes{"named_variable", "scattered_access", "named_variable_list", "named_type",
                                                          "semaphore",      "event_condition",  "event_action",        "event_enrollment",
                                                          "journal",        "domain",           "program_invocation",  "operator_station"};
constexpr std::array<std::string_view, 4> logical_states{"state_changes_allowed", "no_state_changes_allowed", "limited_services_allowed",
                                                         "support_services_allowed"};
constexpr std::array<std::string_view, 4> physical_states{"operational", "partially_operational", "inoperable", "needs_commissioning"};
constexpr std::array<std::string_view, 3> event_states{"disabled", "idle", "active"};

template <std::size_t N>
std::string word(const std::array<std::string_view, N>& names, std::uint64_t n) {
  return n < N ? std::string{names.at(n)} : std::to_string(n);
}

void name_list_request(bytes content, operation& op, exchange& x) {
  auto asked = made("vmd", "all");
  each(content, x.in, [&](const ber::element& e) {
    if (e.context(0)) put(op, "object_class", word(object_classes, number(first(e.content, x.in).content, x.in)));
    if (e.context(1)) {
      const auto scope = first(e.content, x.in);
      if (scope.context(1)) asked.space = identifier(scope.content);
      if (scope.context(2)) asked.space = "aa";
    }
    if (e.context(2)) put(op, "continue_after", identifier(e.content));
  });
  put_object(op.objects, std::move(asked));
}

void put_texts(bytes content, operation& op, exchange& x) {
  each(content, x.in, [&](const ber::element& e) {
    if (op.values.size() < most_values) put_value(op, identifier(e.content));
  });
}
/// Names or capabilities, and whether there are more.
void list_response(bytes content, operation& op, exchange& x) {
  bool more = true;
  each(content, x.in, [&](const ber::element& e) {
    if (e.context(0)) put_texts(e.content, op, x);
    if (e.context(1)) more = truth(e.content);
  });
  put_flag(op, "more_follows", more);
}

void identity_response(bytes content, operation& op, exchange& x) {
  constexpr std::array<std::string_view, 3> kinds{"vendor", "model", "firmware"};
  each(content, x.in, [&](const ber::element& e) {
    if (e.kind != ber::tag_class::context || e.number >= kinds.size()) return;
    auto text = printable(e.content);
    put_value(op, text);
    if (!text.empty()) x.learn(kinds.at(e.number), std::move(text), 90);
  });
}

/// A sequence of sequences with a tag and data: what a journal's entry holds.
void entry_content(bytes content, operation& op, exchange& x) {
  each(content, x.in, [&](const ber::element& part) {
    if (part.context(3)) put_value(op, printable(part.content));
    if (!part.context(2)) return;
    each(part.content, x.in, [&](const ber::element& form) {
      if (!form.context(1)) return;
      each(form.content, x.in, [&](const ber::element& variable) {
        each(variable.content, x.in, [&](const ber::element& e) {
          if (e.context(0) && op.returned.size() < most_objects) put_object(op.returned, made("journal", identifier(e.content)));
          if (e.context(1)) put_values(first(e.content, x.in), op.values, x.in);
        });
      });
    });
  });
}
void journal_response(bytes content, operation& op, exchange& x) {
  std::uint64_t entries = 0;
  bool more = false;
  each(content, x.in, [&](const ber::element& e) {
    if (e.context(1)) more = truth(e.content);
    if (!e.context(0)) return;
    each(e.content, x.in, [&](const ber::element& entry) {
      ++entries;
      each(entry.content, x.in, [&](const ber::element& part) {
        if (part.context(2)) entry_content(part.content, op, x);
      });
    });
  });
  put(op, "entries", entries);
  put_flag(op, "more_follows", more);
}

/// The first element of a sequence, which is a name or an identifier.
void head_of(bytes content, std::string_view space, operation& op, exchange& x) {
  const auto e = first(content, x.in);
  x.in.expect(e.context(0), "the request begins with a name");
  if (!x.in.ok()) return;
  if (space.empty())
    put_object(op.objects, read_name(first(e.content, x.in), x.in));
  else
    put_object(op.objects, made(space, identifier(e.content)));
}

}  // namespace

const service& describe(std::uint32_t number) { return number < services.size() ? services.at(number) : unknown; }

void read_status(bytes content, operation& op, exchange& x) {
  each(content, x.in, [&](const ber::element& e) {
    if (e.context(0)) put(op, "logical_status", word(logical_states, number(e.content, x.in)));
    if (e.context(1)) {
      auto state = word(physical_states, number(e.content, x.in));
      if (x.in.ok()) x.learn("run_state", state, 80);
      put(op, "physical_status", std::move(state));
    }
    if (e.context(2)) put(op, "local_detail", ber::to_bits(e.content, 128));
  });
}

void read_event(bytes content, operation& op, exchange& x) {
  each(content, x.in, [&](const ber::element& e) {
    if (e.context(0)) put_object(op.objects, read_name(first(e.content, x.in), x.in));
    if (e.context(1)) {
      const auto condition = first(e.content, x.in);
      if (condition.context(0)) put(op, "condition", read_name(first(condition.content, x.in), x.in).address);
    }
    if (e.context(2)) put(op, "severity", number(e.content, x.in));
    if (e.context(3)) put(op, "state", word(event_states, number(e.content, x.in)));
    if (e.context(6)) put_flag(op, "notification_lost", truth(e.content));
  });
}

void read_request(std::uint32_t service, const ber::element& body, operation& op, exchange& x) {
  const auto content = body.content;
  switch (describe(service).form) {
    case form::nothing: return;
    case form::name: put_object(op.objects, read_name(first(content, x.in), x.in)); return;
    case form::named: head_of(content, {}, op, x); return;
    case form::domain: put_object(op.objects, made("domain", identifier(content))); break;
    case form::domain_head: head_of(content, "domain", op, x); break;
    case form::program: put_object(op.objects, made("program", identifier(content))); return;
    case form::program_head: head_of(content, "program", op, x); break;
    case form::deletion: return read_variable_request(service, body, op, x);
    case form::special: break;
  }
  switch (service) {
    case get_name_list: return name_list_request(content, op, x);
    case rename_object:
      each(content, x.in, [&](const ber::element& e) {
        if (e.context(0)) put(op, "object_class", word(object_classes, number(first(e.content, x.in).content, x.in)));
        if (e.context(1)) put_object(op.objects, read_name(first(e.content, x.in), x.in));
        if (e.context(2)) put(op, "new_name", identifier(e.content));
      });
      return;
    case input:
    case output_text:
      each(content, x.in, [&](const ber::element& e) {
        if (e.context(0)) put_object(op.objects, made("operator_station", identifier(e.content)));
        if (e.context(service == input ? 2 : 1)) put_texts(e.content, op, x);
      });
      return;
    case 14: put_object(op.objects, read_name(first(content, x.in), x.in)); return;
    case read_variables_service:
    case write_variables_service:
    case get_access_attributes:
    case define_list: return read_variable_request(service, body, op, x);
    default: return read_transfer_request(service, body, op, x);
  }
}

outcome read_response(std::uint32_t service, const ber::element& body, operation& op, exchange& x) {
  switch (service) {
    case status: read_status(body.content, op, x); break;
    case get_name_list:
    case get_capability_list: list_response(body.content, op, x); break;
    case identify: identity_response(body.content, op, x); break;
    case input: put_value(op, printable(body.content)); break;
    case read_journal: journal_response(body.content, op, x); break;
    case read_variables_service:
    case write_variables_service:
    case get_access_attributes:
    case get_list_attributes:
    case 10:
    case delete_list:
    case 15:
    case 16: return read_variable_response(service, body, op, x);
    default: read_transfer_response(service, body, op, x); break;
  }
  return outcome::ok;
}

}  // namespace mw::mms
