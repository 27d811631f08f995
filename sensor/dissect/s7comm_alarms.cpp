// Alarms and diagnostic messages of S7 controllers, and who wants to be told (userdata group 4 of S7comm).
// Siemens publishes no specification; the layouts are those that its own tools and controllers speak.
#include "sensor/dissect/s7comm_alarms.hpp"

#include "common/text.hpp"
#include "sensor/dissect/s7comm_items.hpp"
#include "sensor/dissect/s7comm_names.hpp"

#include <algorithm>

namespace mw::s7comm {
namespace {

/// How an alarm is addressed, by the syntax id of its specification.
namespace syntax {
constexpr std::uint8_t lock = 0x15, indication = 0x16, acknowledge = 0x19, query = 0x1a, notify = 0x1c;
}

struct event_name {
  std::uint8_t bit;
  std::string_view name;
};
constexpr event_name subscribed[] = {{0x01, "mode"}, {0x02, "system"}, {0x04, "user"}, {0x80, "alarms"}};

constexpr std::uint8_t scan_alarms = 1, alarm_8_alarms = 2, alarm_s_alarms = 4;
std::string_view alarm_kind(std::uint32_t type) {
  switch (type) {
    case scan_alarms: return "scan";
    case alarm_8_alarms: return "alarm_8";
    case alarm_s_alarms: return "alarm_s";
    default: return "alarm";
  }
}

void put_alarm(std::vector<object>& to, std::uint32_t id) {
  if (to.size() >= list_limit) return;
  object o;
  o.space = "alarm";
  o.address = std::to_string(id);
  to.push_back(std::move(o));
}

/// One alarm: its id, and for an indication the state of its eight signals, with the values that the program attached.
void read_alarm(reader& in, operation& op) {
  in.skip(1);
  const std::size_t length = in.u8();
  const auto how = in.u8();
  switch (how) {
    case syntax::lock:
    case syntax::indication:
    case syntax::acknowledge:
    case syntax::notify: {
      const std::size_t attached = in.u8();
      const auto id = in.u32();
      if (!in.ok()) return;
      put_alarm(op.objects, id);
      if (how == syntax::lock) return;
      const bool indicated = how != syntax::acknowledge;
      if (indicated) {
        op.values.emplace_back(std::uint64_t{in.u8()});
        in.skip(1);
      }
      const auto going = in.u8();
      const auto coming = in.u8();
      if (op.objects.size() == 1) {
        op.fields.emplace_back("acknowledged_going", std::uint64_t{going});
        op.fields.emplace_back("acknowledged_coming", std::uint64_t{coming});
      }
      if (how == syntax::notify) in.skip(4);
      if (indicated && attached != 0) {
        for (const auto& d : read_data(in, attached, {}))
          for (const auto& v : d.values)
            if (op.values.size() < list_limit) op.values.push_back(v);
      }
      return;
    }
    case syntax::query: {
      constexpr std::uint8_t by_type = 1, by_id = 3;
      in.skip(1);
      const auto by = in.u8();
      in.skip(1);
      const auto which = in.u32();
      if (!in.ok()) return;
      if (by == by_id) put_alarm(op.objects, which);
      if (by == by_type) op.fields.emplace_back("alarm_type", std::string{alarm_kind(which)});
      return;
    }
    default: in.skip(length == 0 ? 0 : length - 1); return;
  }
}

}  // namespace

void read_message_service(reader& in, operation& op) {
  const auto events = in.u8();
  in.skip(1);
  const auto user = in.take(8);
  if (!in.ok()) return;
  std::string names;
  for (const auto& e : subscribed)
    if ((events & e.bit) != 0) (names += names.empty() ? "" : ",") += e.name;
  op.fields.emplace_back("events", std::move(names));
  if (auto text = printable(user); !text.empty()) op.fields.emplace_back("user", std::move(text));
  if (in.left()) op.fields.emplace_back("alarm_service", std::uint64_t{in.u8()});
}

void read_diagnostic(reader& in, operation& op, std::vector<learned>& facts) {
  const auto event = in.u16();
  in.skip(1);
  const auto block = in.u8();
  in.skip(2);
  const auto first = in.u16();
  const auto second = in.u32();
  auto when = clock_text(in, false);
  if (!in.ok()) return;
  op.fields.emplace_back("event", std::uint64_t{event});
  op.fields.emplace_back("organization_block", std::uint64_t{block});
  op.fields.emplace_back("info_1", std::uint64_t{first});
  op.fields.emplace_back("info_2", std::uint64_t{second});
  if (!when.empty()) op.fields.emplace_back("device_time", std::move(when));
  if (const auto mode = mode_after_event(event); !mode.empty()) facts.push_back({"run_state", std::string{mode}, 90});
}

void read_alarms(std::uint8_t function, reader& in, operation& op) {
  if (!in.left()) return;
  const bool timed = function == cpu::alarm_8 || function == cpu::notify || function == cpu::notify_8 || function == cpu::alarm_s ||
                     function == cpu::alarm_sq || function == cpu::acknowledged || function == cpu::scan;
  if (timed) {
    if (function == cpu::scan) in.skip(2);
    if (auto when = clock_text(in, false); !when.empty()) op.fields.emplace_back("device_time", std::move(when));
    if (function == cpu::scan) in.skip(2);
  }
  in.skip(1);
  const std::size_t count = in.u8();
  for (std::size_t n = 0; n < count && in.left(); ++n) read_alarm(in, op);
  in.expect(op.objects.size() <= count, "as many alarms as the count says");
}

void read_alarm_list(reader& in, operation& op) {
  constexpr std::size_t until_zero = 0xffff, dates = 8;
  if (!in.left()) return;
  in.skip(2);
  const auto code = in.u8();
  in.skip(1);
  const std::size_t length = in.u16();
  if (!in.ok() || code != success) return;
  auto list = in.part(length == until_zero ? in.left() : std::min(length, in.left()));
  while (list.left() > 1 && op.returned.size() < list_limit) {
    if (list.u8() == 0) break;  // its length
    list.skip(2);
    const auto type = list.u8();
    const auto id = list.u32();
    list.skip(1);
    const auto state = list.u8();
    list.skip(2);
    if (!list.ok()) break;
    put_alarm(op.returned, id);
    op.values.emplace_back(std::uint64_t{state});
    if (type != alarm_s_alarms) continue;
    for (int turn = 0; turn < 2; ++turn) {  // when it came, when it went, each with a value
      list.skip(dates);
      (void)read_data(list, 1, {});
    }
  }
  if (!list.ok()) in.fail(list.why());
}

outcome read_alarm_codes(reader& in, operation& op) {
  if (!in.left()) return outcome::ok;
  in.skip(1);
  const std::size_t count = in.u8();
  std::vector<item_data> codes;
  while (in.left() && codes.size() < count) codes.push_back({in.u8(), {}});
  return put_data(op, codes, false);
}

}  // namespace mw::s7comm
