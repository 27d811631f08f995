// Userdata messages of S7comm (ROSCTR 7): test functions, cyclic services, blocks, CPU, security, clock.
// Siemens publishes no specification; the layouts are those that its own tools and controllers speak.
#include "sensor/dissect/s7comm_userdata.hpp"

#include "common/text.hpp"
#include "sensor/dissect/s7comm_alarms.hpp"

#include <algorithm>

namespace mw::s7comm {
namespace {

constexpr std::uint8_t mode_service = 0x01, extended_syntax = 0x12, send_syntax = 0x13;

object block_object(std::string address, std::uint32_t count = 1) {
  object o;
  o.space = "block";
  o.address = std::move(address);
  o.count = count;
  return o;
}

std::string job_name(std::uint8_t function) {
  const auto name = meaning_of_userdata(group::test, function, way::request).name;
  return name.empty() ? std::to_string(function) : std::string{name};
}
bool writes(std::uint8_t function) { return function == test::modify || function == test::force || function == 0x07; }

/// Addresses, and after them values where the function writes.
void read_test_variables(reader& in, std::uint8_t function, operation& op, std::vector<item>& items) {
  const std::size_t count = in.u16();
  while (in.left() && items.size() < count && items.size() < list_limit) items.push_back(read_test_item(in));
  in.expect(items.size() >= std::min(count, list_limit), "as many variables as the count says");
  put_objects(op, items);
  if (function == test::modify || function == test::force) (void)put_data(op, read_test_data(in, count, items), true);
}

/// A test function has parameters (when, how often) and data of its own.
void read_test_request(std::uint8_t function, reader& in, operation& op, std::vector<item>& items) {
  constexpr std::size_t with_trigger = 20;
  const std::size_t parameters = in.u16();
  const std::size_t length = in.u16();
  auto how = in.part(parameters);
  auto what = in.part(length);
  if (!in.ok()) return;
  if (parameters >= with_trigger) {
    how.skip(with_trigger - 2);
    op.fields.emplace_back("trigger", std::uint64_t{how.u16()});
  }
  switch (function) {
    case test::variable_status:
    case test::modify:
    case test::force: read_test_variables(what, function, op, items); break;
    case test::delete_job:
    case test::replace_job: what.skip(2); [[fallthrough]];
    case test::enable_job:
    case test::disable_job:
    case test::read_job: {
      const auto job = what.u8();
      const auto sequence = what.u8();
      if (!what.ok()) break;
      op.fields.emplace_back("job", job_name(job));
      op.fields.emplace_back("job_id", std::uint64_t{sequence});
      // To enable or to end a job that writes is what writes.
      if (function != test::read_job && writes(job)) op.action = action::force;
      if (function == test::replace_job && what.left() && (writes(job) || job == test::variable_status)) {
        const std::size_t inner_parameters = what.u16();
        const std::size_t inner_length = what.u16();
        what.skip(inner_parameters);
        auto inner = what.part(inner_length);
        read_test_variables(inner, job, op, items);
        if (!inner.ok()) what.fail(inner.why());
      }
      break;
    }
    default: break;
  }
  if (!what.ok()) in.fail(what.why());
}

outcome read_test_answer(const userdata_head& head, reader& in, operation& op, std::span<const item> items) {
  const std::size_t parameters = in.u16();
  const std::size_t length = in.u16();
  in.skip(parameters);
  auto what = in.part(std::min(length, in.left()));  // some controllers count less than they send, some more
  auto how = outcome::ok;
  if (head.way == way::indication && head.function == test::variable_status) {
    const std::size_t count = what.u16();
    how = put_data(op, read_test_data(what, count, items), true);
  } else if (head.way == way::indication && (head.function == test::modify || head.function == test::force)) {
    const std::size_t count = what.u16();
    std::vector<item_data> codes;
    while (what.left() && codes.size() < count && codes.size() < list_limit) codes.push_back({what.u8(), {}});
    how = put_data(op, codes, false);
  } else if (head.function == 0x10) {
    op.fields.emplace_back("jobs", std::uint64_t{what.left() / 4});
  }
  if (!what.ok()) in.fail(what.why());
  return how;
}

void read_cyclic_request(const userdata_head& head, reader& in, operation& op, std::vector<item>& items) {
  constexpr std::uint64_t bases[] = {100, 1000, 10000};
  switch (head.function) {
    case cyclic::transfer:
    case cyclic::change_driven:
    case cyclic::modify: {
      const std::size_t count = in.u16();
      const auto base = in.u8();
      const auto times = in.u8();
      if (in.ok() && base < std::size(bases)) op.fields.emplace_back("interval_ms", bases[base] * times);
      if (head.function == cyclic::modify) op.fields.emplace_back("job_id", std::uint64_t{head.sequence});
      items = read_items(in, count);
      break;
    }
    case cyclic::read_record: {
      in.skip(1);
      const std::size_t count = in.u8();
      items = read_items(in, count);
      break;
    }
    case cyclic::unsubscribe: {
      in.skip(1);
      const auto job = in.u8();
      if (in.ok()) op.fields.emplace_back("job_id", std::uint64_t{job});
      break;
    }
    default: break;
  }
  put_objects(op, items);
}

outcome read_cyclic_answer(const userdata_head& head, reader& in, operation& op, std::span<const item> items) {
  switch (head.function) {
    case cyclic::transfer:
    case cyclic::change_driven:
    case cyclic::modify: {
      const std::size_t count = in.u16();
      if (head.function != cyclic::modify || head.way == way::indication) op.fields.emplace_back("job_id", std::uint64_t{head.sequence});
      if (op.objects.empty()) put_objects(op, items);
      return put_data(op, read_data(in, count, items), true);
    }
    case cyclic::read_record: {
      in.skip(1);
      if (in.u8() == 0) return outcome::ok;
      item_data d;
      d.code = in.u8();
      if (d.code == success) in.skip(1);
      const std::size_t status = in.u8();
      in.skip(status == 0 ? 1 : status);
      if (d.code == success) d.values.push_back(hex(in.take(in.u16())));
      return put_data(op, std::span{&d, 1}, true);
    }
    default: return outcome::ok;
  }
}

void read_block_request(const userdata_head& head, reader& in, operation& op) {
  if (!in.left()) return;
  const auto type = in.take(2);
  if (head.function == 2) {
    if (const auto name = block_type(type); in.ok() && !name.empty()) op.objects.push_back(block_object(std::string{name}));
  } else if (head.function == 3) {
    if (auto name = block_name(type, in.take(5)); in.ok() && !name.empty()) op.objects.push_back(block_object(std::move(name)));
  }
}

void put_text(operation& op, const char* name, bytes text) {
  if (auto t = printable(text, 64); !t.empty()) op.fields.emplace_back(name, std::move(t));
}

void read_block_info(reader& in, operation& op) {
  constexpr std::uint32_t know_how_protected = 3;
  in.skip(10);
  const auto language = in.u8();
  const auto type = in.u8();
  const auto number = in.u16();
  const auto load = in.u32();
  const auto security = in.u32();
  in.skip(12 + 6);  // when code and interface were changed, three lengths
  const auto code = in.u16();
  if (!in.ok()) return;
  if (const auto name = block_type(type); !name.empty()) op.returned.push_back(block_object(std::string{name} + std::to_string(number)));
  op.fields.emplace_back("language", std::uint64_t{language});
  op.fields.emplace_back("load_size", std::uint64_t{load});
  op.fields.emplace_back("code_size", std::uint64_t{code});
  op.fields.emplace_back("know_how_protected", security == know_how_protected);
  put_text(op, "author", in.take(8));
  put_text(op, "family", in.take(8));
  put_text(op, "name", in.take(8));
  const auto version = in.u8();
  in.skip(1);
  const auto checksum = in.u16();
  if (!in.ok()) return;
  op.fields.emplace_back("version", std::to_string(version >> 4) + '.' + std::to_string(version & 15));
  op.fields.emplace_back("checksum", std::uint64_t{checksum});
}

void read_block_answer(const userdata_head& head, reader& in, operation& op) {
  const auto full = [&] { return op.returned.size() >= list_limit; };
  switch (head.function) {
    case 1:
      while (in.left() && !full()) {
        const auto type = block_type(in.take(2));
        const auto count = in.u16();
        if (in.ok() && !type.empty()) op.returned.push_back(block_object(std::string{type}, count));
      }
      break;
    case 2: {
      const auto type = op.objects.empty() ? std::string{} : op.objects.front().address;
      while (in.left() && !full()) {
        const auto number = in.u16();
        in.skip(2);  // flags, language
        if (in.ok()) op.returned.push_back(block_object(type + std::to_string(number)));
      }
      break;
    }
    case 3: read_block_info(in, op); break;
    default: break;
  }
}

}  // namespace

std::string userdata_head::code() const {
  return uncoordinated ? "usend" : "userdata/" + std::to_string(group) + '/' + std::to_string(function);
}

userdata_head read_userdata_head(reader& in) {
  userdata_head h;
  const auto service = in.u8();
  in.skip(1);  // how many specifications follow: one
  if (service == mode_service) {
    h.group = group::mode;
    in.skip(4);
    h.function = in.u8();
    return h;
  }
  in.expect(in.u8() == extended_syntax, "a userdata message has a specification 0x12");
  in.skip(1);
  const auto syntax = in.u8();
  if (syntax == send_syntax) {
    in.skip(1);
    h.group = group::send;
    h.uncoordinated = true;
    h.id = in.u32();
    return h;
  }
  const auto kind = in.u8();
  h.way = static_cast<way>(kind >> 6);
  h.group = static_cast<std::uint8_t>(kind & 0x3f);
  h.function = in.u8();
  h.sequence = in.u8();
  in.expect(static_cast<std::uint8_t>(h.way) < 3, "a userdata message is a request, an answer or an indication");
  if (syntax == extended_syntax && in.left()) {
    h.reference = in.u8();
    h.last = in.u8() == 0;
    h.error = in.u16();
  }
  return h;
}

userdata_body read_userdata_body(reader& in) {
  userdata_body b;
  if (!in.left()) return b;
  b.code = in.u8();
  b.size = in.u8();
  const std::size_t length = in.u16();
  b.content = in.take(length);
  return b;
}

void read_request(const userdata_head& head, bytes content, operation& op, std::vector<item>& items, reader& in) {
  switch (head.group) {
    case group::test: read_test_request(head.function, in, op, items); break;
    case group::cyclic: read_cyclic_request(head, in, op, items); break;
    case group::block: read_block_request(head, in, op); break;
    case group::cpu:
      if (head.function == cpu::read_szl)
        read_szl_request(in, op);
      else if (head.function == cpu::message_service)
        read_message_service(in, op);
      else
        read_alarms(head.function, in, op);
      break;
    case group::security: break;  // what follows is a password: it is not read
    case group::send: {
      in.skip(4);
      object o;
      o.space = "r_id";
      o.address = std::to_string(in.u32());
      if (in.ok()) op.objects.push_back(std::move(o)), op.values.emplace_back(hex(in.take(in.left())));
      break;
    }
    case group::clock:
      if (auto text = clock_text(in, true); !text.empty()) op.values.emplace_back(std::move(text));
      break;
    case group::nc:
      if (head.function == 1 || head.function == 6) {
        if (head.function == 6) in.skip(2);
        op.objects.push_back(block_object(printable(in.take(in.left()), 128)));
      }
      break;
    default:
      if (!content.empty()) op.values.emplace_back(hex(content, 256));
      break;
  }
}

outcome read_answer(const userdata_head& head, operation& op, std::span<const item> items, std::vector<learned>& facts, reader& in) {
  switch (head.group) {
    case group::test: return read_test_answer(head, in, op, items);
    case group::cyclic: return read_cyclic_answer(head, in, op, items);
    case group::block: read_block_answer(head, in, op); break;
    case group::cpu:
      if (head.function == cpu::read_szl) {
        read_szl_answer(in, op, facts);
      } else if (head.function == cpu::diagnostic) {
        read_diagnostic(in, op, facts);
      } else if (head.way == way::indication) {
        read_alarms(head.function, in, op);
      } else if (head.function == cpu::query) {
        read_alarm_list(in, op);
      } else if (head.function != cpu::message_service) {
        return read_alarm_codes(in, op);
      }
      break;
    case group::clock:
      if (auto text = clock_text(in, true); !text.empty()) op.values.emplace_back(std::move(text));
      break;
    default: break;
  }
  return outcome::ok;
}

void read_send(reader& data, operation& op) {
  data.skip(2);
  const std::size_t count = data.u16();
  (void)put_data(op, read_data(data, count, {}), true);
}

}  // namespace mw::s7comm
