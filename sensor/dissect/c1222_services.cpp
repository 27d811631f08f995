// Services of ANSI C12.22-2008 (5.3.2, with those of ANSI C12.18 and C12.21) on tables of ANSI C12.19.
#include "sensor/dissect/c1222_services.hpp"

#include "common/text.hpp"
#include "sensor/dissect/c1222_message.hpp"
#include "sensor/dissect/c1222_tables.hpp"

#include <array>
#include <numeric>

namespace mw::c1222 {
namespace {

enum code : std::uint8_t {
  identify = 0x20,
  deregister = 0x24,
  resolve = 0x25,
  trace = 0x26,
  registration = 0x27,
  read = 0x30,
  read_default = 0x3e,
  read_offset = 0x3f,
  write = 0x40,
  write_default = 0x4e,
  write_offset = 0x4f,
  logon = 0x50,
  security_service = 0x51,
  authenticate = 0x53,
  negotiate = 0x60,
  wait = 0x70,
};
constexpr std::uint8_t most_indices = 9, most_rates = 11;
constexpr std::size_t name_size = 10, password_size = 20, longest_data = 1024;

struct service {
  std::uint8_t code;
  std::string_view name;
  mw::action what;
};
constexpr std::array services{
    service{identify, "identify", action::identify},
    service{0x21, "terminate", action::session},
    service{0x22, "disconnect", action::session},
    service{deregister, "deregister", action::session},
    service{resolve, "resolve", action::identify},
    service{trace, "trace", action::diagnose},
    service{registration, "register", action::session},
    service{read, "full_read", action::read},
    service{read_default, "default_read", action::read},
    service{read_offset, "partial_read_offset", action::read},
    service{write, "full_write", action::write},
    service{write_default, "default_write", action::write},
    service{write_offset, "partial_write_offset", action::write},
    service{logon, "logon", action::session},
    service{security_service, "security", action::authenticate},
    service{0x52, "logoff", action::session},
    service{authenticate, "authenticate", action::authenticate},
    service{negotiate, "negotiate", action::session},
    service{wait, "wait", action::session},
    service{0x71, "timing_setup", action::session},
};
constexpr std::array<std::string_view, 0x13> responses{"ok",
                                                       "error",
                                                       "service_not_supported",
                                                       "insufficient_security_clearance",
                                                       "operation_not_possible",
                                                       "inappropriate_action_requested",
                                                       "device_busy",
                                                       "data_not_ready",
                                                       "data_locked",
                                                       "renegotiate_request",
                                                       "invalid_service_sequence_state",
                                                       "security_mechanism_error",
                                                       "unknown_application_title",
                                                       "network_timeout",
                                                       "network_not_reachable",
                                                       "request_too_large",
                                                       "response_too_large",
                                                       "segmentation_not_possible",
                                                       "segmentation_error"};

bool is_index(std::uint8_t code, std::uint8_t base) { return code > base && code <= base + most_indices; }

service describe(std::uint8_t code) {
  if (is_index(code, read)) return {code, "partial_read_index", action::read};
  if (is_index(code, write)) return {code, "partial_write_index", action::write};
  for (const auto& s : services)
    if (s.code == basic(code)) return s;
  return {code, "unknown", action::diagnose};
}

/// Size, data, and a sum that makes all octets of the data zero.
bytes read_sized(reader& in, std::vector<remark>& remarks) {
  const auto data = in.take(in.u16());
  const auto sum = in.u8();
  if (!in.ok()) {
    remarks.push_back({"length", "the data of a table ends before its size says"});
    return {};
  }
  const auto all = std::accumulate(data.begin(), data.end(), unsigned{sum});
  if ((all & 0xffu) != 0) remarks.push_back({"checksum", "the checksum over the data of a table is wrong"});
  return data;
}

void tell_data(bytes data, std::uint16_t table, operation& op) {
  if (is_secret(table))
    op.fields.emplace_back("secret_left_out", true);
  else if (!data.empty())
    op.values.emplace_back(hex(data, longest_data));
}

/// Which part of which table: whole, from an offset, or an element by its index.
void read_table(reader& in, std::uint8_t code, bool writes, operation& op, asked& kept, std::vector<remark>& remarks) {
  if (code == read_default || code == write_default) {
    if (writes) {
      // which table that is was agreed elsewhere, so what is in it cannot be known to be harmless
      (void)read_sized(in, remarks);
      op.fields.emplace_back("secret_left_out", true);
    }
    return;
  }
  kept.table = in.u16();
  kept.table_known = true;
  auto address = table_name(kept.table);
  const std::uint8_t base = writes ? write : read;
  std::uint32_t count = 1;
  if (code == read_offset || code == write_offset) address += ':' + std::to_string(in.be_n(3));
  for (int i = 0; is_index(code, base) && i < (code & 0x0f); ++i) address += (i == 0 ? '/' : '.') + std::to_string(in.u16());
  if (!writes && code != read) count = in.u16();
  kept.whole_table = code == read;
  if (!in.ok()) return;
  op.objects.push_back({.space = "table", .address = std::move(address), .count = count, .property = {}, .index = {}});
  if (!writes) return;
  const auto data = read_sized(in, remarks);
  if (code == write && is_procedure(kept.table)) return read_procedure(data, op);
  tell_data(data, kept.table, op);
}

void read_registration(reader& in, operation& op) {
  const auto node = in.u8(), connection = in.u8();
  const auto device_class = in.take(4);
  const auto title = read_title(in), serial = read_title(in);
  const auto native = in.take(in.u8());
  if (!in.ok()) return;
  op.fields.emplace_back("node_type", std::uint64_t{node});
  op.fields.emplace_back("connection_type", std::uint64_t{connection});
  op.fields.emplace_back("device_class", hex(device_class));
  op.fields.emplace_back("ap_title", title);
  op.fields.emplace_back("serial_title", serial);
  op.fields.emplace_back("native_address", is_text(native) ? printable(native) : hex(native));
}

}  // namespace

std::uint8_t basic(std::uint8_t code) { return code > negotiate && code <= negotiate + most_rates ? std::uint8_t{negotiate} : code; }

std::string_view name_of_response(std::uint8_t code) { return code < responses.size() ? responses[code] : "unknown"; }

void read_request(bytes service, operation& op, asked& kept, std::vector<remark>& remarks) {
  reader in{service};
  kept.code = in.u8();
  const auto about = describe(kept.code);
  op.function = std::to_string(basic(kept.code));
  op.function_name = about.name;
  op.action = about.what;
  if (about.name == "unknown") remarks.push_back({"service", "a service that is not known"});
  const auto text = [&](std::string_view name, std::size_t size) { op.fields.emplace_back(std::string{name}, printable(in.take(size))); };
  const auto number = [&](std::string_view name) { op.fields.emplace_back(std::string{name}, std::uint64_t{in.u16()}); };
  switch (kept.code) {
    case logon:
      number("user_id");
      text("user", name_size);
      if (in.left() != 0) number("idle_timeout");
      break;
    case security_service:
      in.skip(password_size);
      op.fields.emplace_back("password_given", true);
      if (in.left() != 0) number("user_id");
      break;
    case authenticate:
      in.skip(in.u8());
      op.fields.emplace_back("credentials_given", true);
      break;
    case deregister:
    case resolve:
    case trace:
      if (const auto title = read_title(in); in.ok()) op.fields.emplace_back("ap_title", title);
      break;
    case registration: read_registration(in, op); break;
    case wait: op.fields.emplace_back("seconds", std::uint64_t{in.u8()}); break;
    default:
      if (about.what == action::read || about.what == action::write)
        read_table(in, kept.code, about.what == action::write, op, kept, remarks);
      break;
  }
  if (!in.ok()) remarks.push_back({"length", "the service ends before its last element"});
}

void read_answer(bytes data, const asked& kept, operation& op, std::vector<finding>& findings, std::vector<remark>& remarks) {
  reader in{data};
  const auto about = describe(kept.code);
  if (about.what == action::read) {
    const auto content = read_sized(in, remarks);
    if (!kept.table_known)
      op.fields.emplace_back("secret_left_out", true);
    else
      tell_data(content, kept.table, op);
    if (kept.whole_table) read_identity(kept.table, content, findings);
  } else if (kept.code == identify) {
    const auto standard = in.u8(), version = in.u8(), revision = in.u8();
    if (!in.ok()) return remarks.push_back({"length", "the answer ends before its last element"});
    op.fields.emplace_back("standard", std::uint64_t{standard});
    op.fields.emplace_back("standard_version", std::to_string(version) + '.' + std::to_string(revision));
  } else if (kept.code == logon && in.left() >= 2) {
    op.fields.emplace_back("idle_timeout_granted", std::uint64_t{in.u16()});
  } else if (kept.code == registration || kept.code == resolve) {
    if (const auto title = read_title(in); in.ok() && !title.empty()) op.fields.emplace_back("ap_title_granted", title);
  } else if (kept.code == trace) {
    std::string hops;
    while (in.left() != 0) {
      const auto title = read_title(in);
      if (!in.ok()) return remarks.push_back({"length", "the answer ends inside a title"});
      if (hops.size() < longest_data) (hops += hops.empty() ? "" : ",") += title;
    }
    op.fields.emplace_back("hops", hops);
  }
}

}  // namespace mw::c1222
