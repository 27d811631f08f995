// Arguments of services ([MS-SCMR] 3.1.4), tasks ([MS-TSCH] 3.2.5), the registry ([MS-RRP] 3.1.5), shares ([MS-SRVS] 3.1.4), printing
// ([MS-RPRN] 3.1.4), the event log ([MS-EVEN] 3.1.4) and encrypted files ([MS-EFSR] 3.1.4).
#include "sensor/dissect/msrpc_memory.hpp"

#include <array>

namespace mw::msrpc {
namespace {

constexpr std::uint8_t stated = 80;

void name_object(call& c, std::string_view space, const std::string& name) {
  if (!name.empty()) c.op.objects.push_back({std::string{space}, name});
}
/// The operation is on what a handle stands for, if that is known.
std::string on_handle(ndr& in, call& c, std::string_view space) {
  const auto* const name = c.known.handles.find(in.handle());
  if (name == nullptr) return {};
  name_object(c, space, *name);
  return *name;
}
void keep_handle(ndr& in, call& c) {
  const auto handle = in.handle();
  if (in.ok() && c.op.outcome == outcome::ok && !c.state.name.empty()) c.known.handles.put(handle, c.state.name, c.out);
}
void close_handle(ndr& in, call& c, std::string_view space) {
  const auto handle = in.handle();
  if (const auto* const name = c.known.handles.find(handle)) name_object(c, space, *name);
  c.known.handles.forget(handle);
}

// ---- services
std::string string_of(ndr& in, bool narrow) { return narrow ? in.narrow_text() : in.text(); }

void on_service(ndr& in, call& c) { on_handle(in, c, "service"); }
void close_service(ndr& in, call& c) { close_handle(in, c, "service"); }
void named_service(ndr& in, call& c, bool narrow) {
  (void)in.handle();
  c.state.name = string_of(in, narrow);
  name_object(c, "service", c.state.name);
}
void open_service(ndr& in, call& c) { named_service(in, c, false); }
void open_service_a(ndr& in, call& c) { named_service(in, c, true); }
constexpr std::array<std::string_view, 5> start_kinds{"boot", "system", "automatic", "demand", "disabled"};
void create(ndr& in, call& c, bool narrow) {
  named_service(in, c, narrow);
  if (in.pointer()) c.put_text("display_name", string_of(in, narrow));
  (void)in.u32();  // access
  const auto kind = in.u32(), start = in.u32();
  (void)in.u32();  // what to do when it fails
  c.put_text("binary", string_of(in, narrow));
  c.put("service_type", std::int64_t{kind});
  if (start < start_kinds.size()) c.put("start", std::string{start_kinds[start]});
}
void create_service(ndr& in, call& c) { create(in, c, false); }
void create_service_a(ndr& in, call& c) { create(in, c, true); }
void created_service(ndr& in, call& c) {
  if (in.pointer()) (void)in.u32();  // tag
  keep_handle(in, c);
}
void change_service(ndr& in, call& c) {
  on_handle(in, c, "service");
  (void)in.u32();
  if (const auto start = in.u32(); start < start_kinds.size()) c.put("start", std::string{start_kinds[start]});
  (void)in.u32();
  c.put_text("binary", in.pointed_text());
}
void control_service(ndr& in, call& c) {
  constexpr std::array<std::string_view, 7> controls{"", "stop", "pause", "continue", "interrogate", "shutdown", "parameter_change"};
  on_handle(in, c, "service");
  const auto control = in.u32();
  c.put("control", control > 0 && control < controls.size() ? std::string{controls[control]} : std::to_string(control));
}

// ---- tasks
void job_add(ndr& in, call& c) {
  (void)in.pointed_text();  // server
  (void)in.size();          // time of day in milliseconds: a DWORD_PTR
  (void)in.u32();           // days of month
  (void)in.u8(), (void)in.u8();
  const auto command = in.pointed_text();
  name_object(c, "job", command);
}
void job_added(ndr& in, call& c) { c.put("job", std::int64_t{in.u32()}); }
/// Text between the first <tag> and its end, cut.
std::string between(std::string_view xml, std::string_view tag) {
  const auto from = xml.find('<' + std::string{tag} + '>');
  if (from == std::string_view::npos) return {};
  xml.remove_prefix(from + tag.size() + 2);
  return std::string{xml.substr(0, std::min<std::size_t>(xml.find('<'), 200))};
}
void on_task(ndr& in, call& c) { name_object(c, "task", in.text()); }
void register_task(ndr& in, call& c) {
  name_object(c, "task", in.pointed_text());
  (void)in.size();
  const auto offset = in.size(), length = in.size();
  if (offset != 0 || length > in.left() / 2) return;
  const auto xml = ntlmssp::from_utf16(in.take(static_cast<std::size_t>(length) * 2), 64 * 1024);
  c.put_text("command", between(xml, "Command"));
  c.put_text("arguments", between(xml, "Arguments"));
  c.put_text("user", between(xml, "UserId"));
}

// ---- registry
template <std::uint16_t Operation>
void open_root(ndr&, call& c) {
  constexpr std::array<std::string_view, 5> roots{"HKCR", "HKCU", "HKLM", "HKPD", "HKU"};
  c.state.name = Operation < roots.size() ? roots[Operation] : std::string_view{"HKCC"};
  name_object(c, "registry", c.state.name);
}
std::string below(ndr& in, call& c) {
  const auto* const parent = c.known.handles.find(in.handle());
  const auto name = in.counted_text();
  if (parent == nullptr || parent->empty()) return name;
  return name.empty() ? *parent : *parent + '\\' + name;
}
void open_key(ndr& in, call& c) {
  c.state.name = below(in, c);
  name_object(c, "registry", c.state.name);
}
void on_value(ndr& in, call& c) { name_object(c, "registry", below(in, c)); }
void set_value(ndr& in, call& c) {
  on_value(in, c);
  c.put("value_type", std::int64_t{in.u32()});
  c.put("bytes", static_cast<std::int64_t>(std::min<std::uint64_t>(in.size(), 1u << 30)));
}
void on_key(ndr& in, call& c) { on_handle(in, c, "registry"); }
void close_key(ndr& in, call& c) { close_handle(in, c, "registry"); }
void save_key(ndr& in, call& c) {
  on_handle(in, c, "registry");
  c.put_text("file", in.counted_text());
}

// ---- shares and machines
void share_add(ndr& in, call& c) {
  (void)in.pointed_text();
  const auto level = in.u32();
  (void)in.u32();
  if (!in.pointer() || (level != 2 && level != 502)) return;
  const bool name = in.pointer();
  (void)in.u32();  // kind
  const bool remark = in.pointer();
  (void)in.u32(), (void)in.u32(), (void)in.u32();
  const bool path = in.pointer();
  (void)in.pointer();  // password
  if (level == 502) (void)in.u32(), (void)in.pointer();
  if (name) name_object(c, "share", in.text());
  if (remark) c.put_text("remark", in.text());
  if (path) c.put_text("path", in.text());
}
void on_share(ndr& in, call& c) {
  (void)in.pointed_text();
  name_object(c, "share", in.text());
}
void on_path(ndr& in, call& c) {
  (void)in.pointed_text();
  name_object(c, "path", in.text());
}
/// SERVER_INFO_101 and WKSTA_INFO_100 and above: platform, then names and a version in the one order or the other.
void machine(ndr& in, call& c, bool server) {
  const auto level = in.u32();
  if (!in.pointer() || level < 100 || level > 102) return;
  (void)in.u32();
  const bool name = in.pointer(), domain = !server && in.pointer();
  if (server && level == 100) return;
  const auto major = in.u32(), minor = in.u32();
  bool comment = false;
  if (server && level == 101) {
    (void)in.u32();
    comment = in.pointer();
  } else if (level != 100) {
    return;
  }
  if (name) c.learn("host_name", in.text(), stated);
  if (domain) c.learn("domain", in.text(), stated);
  if (comment) c.learn("description", in.text(), stated);
  if (in.ok()) c.learn("os", "Windows " + std::to_string(major & 0x0f) + '.' + std::to_string(minor), 60);
}
void server_told(ndr& in, call& c) { machine(in, c, true); }
void workstation_told(ndr& in, call& c) { machine(in, c, false); }

// ---- printing, event log, encrypted files
void open_printer(ndr& in, call& c) {
  c.state.name = in.pointed_text();
  name_object(c, "printer", c.state.name);
}
void on_printer(ndr& in, call& c) { on_handle(in, c, "printer"); }
void close_printer(ndr& in, call& c) { close_handle(in, c, "printer"); }
void add_driver(ndr& in, call& c) {
  (void)in.pointed_text();
  const auto level = in.u32();
  (void)in.u32();
  if (!in.pointer() || level < 2 || level > 8) return;
  (void)in.u32();  // version
  constexpr std::array<std::string_view, 5> parts{"driver", "environment", "driver_path", "data_file", "config_file"};
  std::array<bool, parts.size()> there{};
  for (auto& t : there) t = in.pointer();
  if (level != 2) return;  // more pointers follow, whose texts stand between
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (!there[i]) continue;
    const auto said = in.text();
    i == 0 ? name_object(c, "driver", said) : c.put_text(parts[i], said);
  }
}
void change_notification(ndr& in, call& c) {
  on_handle(in, c, "printer");
  (void)in.u32(), (void)in.u32();
  c.put_text("notify", in.pointed_text());
}
void open_log(ndr& in, call& c) {
  if (in.pointer()) (void)in.u16(), (void)in.u16();
  c.state.name = in.counted_text();
  name_object(c, "log", c.state.name);
}
void on_log(ndr& in, call& c) { on_handle(in, c, "log"); }
void close_log(ndr& in, call& c) { close_handle(in, c, "log"); }
void on_file(ndr& in, call& c) { name_object(c, "file", in.text()); }

constexpr std::array rules{
    rule{"svcctl", 0, close_service, nullptr},
    rule{"svcctl", 1, control_service, nullptr},
    rule{"svcctl", 2, on_service, nullptr},
    rule{"svcctl", 5, on_service, nullptr},
    rule{"svcctl", 6, on_service, nullptr},
    rule{"svcctl", 11, change_service, nullptr},
    rule{"svcctl", 12, create_service, created_service},
    rule{"svcctl", 16, open_service, keep_handle},
    rule{"svcctl", 17, on_service, nullptr},
    rule{"svcctl", 19, on_service, nullptr},
    rule{"svcctl", 24, create_service_a, created_service},
    rule{"svcctl", 28, open_service_a, keep_handle},
    rule{"svcctl", 31, on_service, nullptr},
    rule{"svcctl", 37, on_service, nullptr},
    rule{"svcctl", 39, on_service, nullptr},
    rule{"svcctl", 40, on_service, nullptr},
    rule{"svcctl", 44, create_service_a, created_service},
    rule{"svcctl", 45, create_service, created_service},
    rule{"svcctl", 50, control_service, nullptr},
    rule{"svcctl", 51, control_service, nullptr},
    rule{"atsvc", 0, job_add, job_added},
    rule{"ITaskSchedulerService", 1, register_task, nullptr},
    rule{"ITaskSchedulerService", 2, on_task, nullptr},
    rule{"ITaskSchedulerService", 3, on_task, nullptr},
    rule{"ITaskSchedulerService", 11, on_task, nullptr},
    rule{"ITaskSchedulerService", 12, on_task, nullptr},
    rule{"ITaskSchedulerService", 13, on_task, nullptr},
    rule{"ITaskSchedulerService", 14, on_task, nullptr},
    rule{"ITaskSchedulerService", 19, on_task, nullptr},
    rule{"winreg", 0, open_root<0>, keep_handle},
    rule{"winreg", 1, open_root<1>, keep_handle},
    rule{"winreg", 2, open_root<2>, keep_handle},
    rule{"winreg", 3, open_root<3>, keep_handle},
    rule{"winreg", 4, open_root<4>, keep_handle},
    rule{"winreg", 27, open_root<27>, keep_handle},
    rule{"winreg", 5, close_key, nullptr},
    rule{"winreg", 6, open_key, keep_handle},
    rule{"winreg", 7, on_value, nullptr},
    rule{"winreg", 8, on_value, nullptr},
    rule{"winreg", 9, on_key, nullptr},
    rule{"winreg", 10, on_key, nullptr},
    rule{"winreg", 13, on_value, nullptr},
    rule{"winreg", 15, open_key, keep_handle},
    rule{"winreg", 16, on_key, nullptr},
    rule{"winreg", 17, on_value, nullptr},
    rule{"winreg", 19, save_key, nullptr},
    rule{"winreg", 20, save_key, nullptr},
    rule{"winreg", 21, on_key, nullptr},
    rule{"winreg", 22, set_value, nullptr},
    rule{"winreg", 31, save_key, nullptr},
    rule{"winreg", 35, on_value, nullptr},
    rule{"srvsvc", 14, share_add, nullptr},
    rule{"srvsvc", 16, on_share, nullptr},
    rule{"srvsvc", 17, on_share, nullptr},
    rule{"srvsvc", 18, on_share, nullptr},
    rule{"srvsvc", 21, nullptr, server_told},
    rule{"srvsvc", 30, on_path, nullptr},
    rule{"srvsvc", 31, on_path, nullptr},
    rule{"wkssvc", 0, nullptr, workstation_told},
    rule{"spoolss", 1, open_printer, keep_handle},
    rule{"spoolss", 69, open_printer, keep_handle},
    rule{"spoolss", 6, on_printer, nullptr},
    rule{"spoolss", 7, on_printer, nullptr},
    rule{"spoolss", 9, add_driver, nullptr},
    rule{"spoolss", 17, on_printer, nullptr},
    rule{"spoolss", 29, close_printer, nullptr},
    rule{"spoolss", 62, change_notification, nullptr},
    rule{"spoolss", 65, change_notification, nullptr},
    rule{"spoolss", 89, add_driver, nullptr},
    rule{"eventlog", 0, on_log, nullptr},
    rule{"eventlog", 2, close_log, nullptr},
    rule{"eventlog", 7, open_log, keep_handle},
    rule{"eventlog", 10, on_log, nullptr},
    rule{"efsrpc", 0, on_file, nullptr},
    rule{"efsrpc", 4, on_file, nullptr},
    rule{"efsrpc", 5, on_file, nullptr},
    rule{"efsrpc", 6, on_file, nullptr},
    rule{"efsrpc", 7, on_file, nullptr},
};

}  // namespace

std::span<const rule> administration_rules() { return rules; }

const rule* rule_of(const interface* of, std::uint16_t operation) {
  if (of == nullptr) return nullptr;
  for (const auto& family : {administration_rules(), directory_rules(), object_rules(), opc_rules()})
    for (const auto& r : family)
      if (r.operation == operation && r.interface == of->name) return &r;
  return nullptr;
}

}  // namespace mw::msrpc
