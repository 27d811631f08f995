// MELSOFT, how Mitsubishi's engineering tools talk to MELSEC controllers: searches and requests over UDP, sessions over TCP.
// There is no public specification; layouts follow what has been published about it and what controllers were seen to say.
#include "common/text.hpp"
#include "sensor/dissect/pending.hpp"
#include "sensor/dissect/told.hpp"

#include <algorithm>
#include <array>

namespace mw {
namespace {

constexpr std::array<std::uint16_t, 3> udp_ports{5006, 5008, 5560};
constexpr std::array<std::uint16_t, 2> tcp_ports{5007, 5562};
constexpr std::uint8_t search = 0x5a, found_one = 0xda, request = 0x57, response = 0xd7;
constexpr std::size_t size_at = 19, head_size = 21, longest = 8192;
constexpr std::uint8_t request_kind = 0x1c, response_kind = 0x9c;

struct row {
  std::uint16_t code;
  std::string_view name;
  mw::action action;
};
constexpr std::array commands{
    row{0x0101, "read_type_name", action::identify},  row{0x0121, "open", action::identify},
    row{0x0131, "user_login", action::authenticate},  row{0x0132, "password_login", action::authenticate},
    row{0x0133, "read_users", action::identify},      row{0x0134, "read_user_table", action::identify},
    row{0x0150, "read_safety_mode", action::read},    row{0x01a0, "challenge", action::session},
    row{0x0401, "batch_read", action::read},          row{0x0403, "random_read", action::read},
    row{0x0410, "device_read", action::read},         row{0x0411, "monitor_read", action::read},
    row{0x0b2a, "read_log", action::diagnose},        row{0x0b2b, "read_log_state", action::diagnose},
    row{0x1001, "remote_run", action::start},         row{0x1002, "remote_stop", action::stop},
    row{0x1003, "remote_pause", action::stop},        row{0x1005, "remote_latch_clear", action::configure},
    row{0x1006, "remote_reset", action::restart},     row{0x1120, "change_safety_mode", action::mode_change},
    row{0x1133, "register_users", action::configure}, row{0x1401, "batch_write", action::write},
    row{0x1402, "random_write", action::write},       row{0x1410, "device_write", action::write},
    row{0x1617, "clear_error", action::configure},    row{0x1822, "file_delete", action::file_delete},
    row{0x1827, "file_open", action::session},        row{0x1828, "file_read", action::file_read},
    row{0x1829, "file_write", action::file_write},    row{0x182a, "file_close", action::session},
    row{0x1859, "list_files", action::file_read},     row{0x185f, "search_file", action::file_read},
    row{0x1867, "file_open", action::session},        row{0x1868, "file_read", action::file_read},
    row{0x1869, "file_write", action::file_write},    row{0x186a, "file_close", action::session},
    row{0x187e, "search_files", action::file_read},   row{0x18a0, "read_drive", action::diagnose},
};

row describe(std::uint16_t code) {
  const auto at = std::ranges::lower_bound(commands, code, {}, &row::code);
  return at != commands.end() && at->code == code ? *at : row{code, "unknown", action::diagnose};
}

result<std::size_t> frame(bytes head) {
  if (head.empty()) return std::size_t{0};
  if (head[0] != request && head[0] != response) return fail(fault::malformed, "neither request nor response");
  if (head.size() > 1 && head[1] > 1) return fail(fault::malformed, "a second octet that no message has", 1);
  reader in{head};
  in.skip(size_at);
  const std::size_t size = in.u16le();
  if (!in.ok()) return std::size_t{0};
  if (size < 4 || size > longest) return fail(fault::malformed, "a length that no message has", size_at);
  return head_size + size;
}

/// What follows the head of a request or response: a command header, a command, a reference, and data.
struct body {
  std::uint16_t status = 0, command = 0, reference = 0;
  bytes data;
};
result<body> read_body(bytes data) {
  const auto size = frame(data);
  if (!size) return tl::unexpected<error>{size.error()};
  if (*size != data.size()) return fail(fault::truncated, "not as long as it says", data.size());
  const bool answers = data[0] == response;
  reader in{data};
  in.skip(head_size);
  in.expect(in.u8() == (answers ? response_kind : request_kind), "the kind of the command header");
  in.skip(1);
  const auto header = in.u8();  // counts itself, too
  in.expect(header >= 4, "a command header of at least four octets");
  auto head = in.part(header - std::size_t{1});
  head.skip(1);
  body b;
  if (answers) b.status = head.u16le();
  b.command = in.u16();
  b.reference = in.u16le();
  if (!in.ok() || !head.ok()) return tl::unexpected<error>{in.ok() ? head.why() : in.why()};
  // Newer controllers say how long the data is, since a footer with check values follows; others have zero here.
  const auto announced = in.left() >= 2 ? in.u16le() : std::uint16_t{0};
  b.data = announced != 0 && announced <= in.left() ? in.take(announced) : in.rest();
  return b;
}

bool convincing(bytes data) {
  if (data.empty()) return false;
  if (data[0] == search) return data.size() == 4 && data[1] == 0 && data[2] == 0;
  if (data[0] == found_one) return data.size() >= 14 && data.size() <= 64 && data[1] == 0 && data[2] == 0;
  return read_body(data).has_value();
}

match probe(bytes head, transport t) {
  if (t == transport::udp) return convincing(head) ? match::yes : match::no;
  if (t != transport::tcp) return match::no;
  const auto size = frame(head);
  if (!size) return match::no;
  if (*size == 0 || head.size() < *size) return match::unsure;
  return convincing(head.first(*size)) ? match::yes : match::no;
}

/// UTF-16 as far as it is ASCII: the names that engineers give.
std::string wide_text(bytes data) {
  std::string s;
  for (std::size_t i = 0; i + 1 < data.size() && s.size() < 256; i += 2) {
    if (data[i] == 0 && data[i + 1] == 0) break;
    s += data[i + 1] == 0 && data[i] >= 0x20 && data[i] < 0x7f ? static_cast<char>(data[i]) : '?';
  }
  return s;
}

/// What of a request its answer is read with.
struct asked {
  std::uint16_t command = 0, handle = 0;
  std::string path;
};
struct request_key {
  side asker = side::client;
  std::uint16_t command = 0, reference = 0;
  friend bool operator==(const request_key&, const request_key&) = default;
};

class melsoft_session final : public session {
public:
  verdict on_message(const message& m, output& out) override;
  void on_time(timestamp now, output& out) override { pending_.expire(now, out); }
  void on_end(timestamp now, output& out) override {
    pending_.expire(now, out);
    pending_.finish(out);
  }

private:
  void on_search(const message& m, output& out);
  void on_request(const body& b, const message& m, output& out);
  void on_response(const body& b, const message& m, output& out);
  void read_request(const body& b, reader& in, operation& op, asked& about);
  void read_response(const body& b, reader& in, operation& op, const asked& about, const message& m, output& out);
  void learn(const message& m, std::string_view kind, std::string_view value, std::uint8_t confidence, output& out) {
    if (told_.fresh({}, {}, kind, value, m.time, "melsoft", out)) out.learn(m.from, {}, kind, value, confidence);
  }
  void transfer(operation& op, std::uint16_t handle, bool to_controller) const;

  struct open_file {
    std::uint16_t handle;
    std::string path;
  };
  static constexpr std::size_t most_open = 32;
  std::vector<open_file> open_;
  pending_requests<request_key, asked> pending_;
  told_facts<16> told_;
};

object named(std::string space, std::string address, std::uint32_t count = 1) {
  return {std::move(space), std::move(address), count, {}, {}};
}

verdict melsoft_session::on_message(const message& m, output& out) {
  if (m.data.empty()) return verdict::not_mine;
  out.count("melsoft", "first_byte", std::uint32_t{m.data[0]});
  if (m.data[0] == search || m.data[0] == found_one) {
    on_search(m, out);
    return verdict::taken;
  }
  const auto b = read_body(m.data);
  if (!b) {
    out.violate(m.from, b.error().kind == fault::truncated ? "length" : "header", b.error().what);
    return verdict::taken;
  }
  if (m.data[0] == request)
    on_request(*b, m, out);
  else
    on_response(*b, m, out);
  return verdict::taken;
}

/// The tool asks all, each controller answers all.
void melsoft_session::on_search(const message& m, output& out) {
  reader in{m.data};
  const bool answers = in.u8() == found_one;
  in.skip(2);
  const auto kind = in.u8();
  if (!in.ok()) return out.violate(m.from, "length", "a search that is cut short");
  operation op;
  op.time = m.time;
  op.function = std::to_string(m.data[0]);
  op.function_name = answers ? "search_answer" : "search";
  op.action = action::identify;
  op.outcome = answers ? outcome::unsolicited : outcome::none;
  op.fields.emplace_back("kind", std::uint64_t{kind});
  if (answers) learn(m, "role", "plc", 50, out);
  out.emit(std::move(op), answers ? other(m.from) : m.from);
}

/// Files of the project are the program.
void melsoft_session::transfer(operation& op, std::uint16_t handle, bool to_controller) const {
  const auto at = std::ranges::find(open_, handle, &open_file::handle);
  if (at == open_.end()) return;
  op.fields.emplace_back("path", at->path);
  if (at->path.find("$MELPRJ$") != std::string::npos) op.action = to_controller ? action::program_download : action::program_upload;
}

void melsoft_session::read_request(const body& b, reader& in, operation& op, asked& about) {
  // where the name stands behind what else the command has
  const auto name_at = [&](std::size_t drive_at, std::size_t between) {
    in.skip(drive_at);
    const auto drive = in.u16le();
    in.skip(between);
    about.path = wide_text(in.take(in.u16le()));
    if (in.ok() && !about.path.empty()) op.objects.push_back(named("file", std::to_string(drive) + ':' + about.path));
  };
  switch (b.command) {
    case 0x0131: {
      const auto user = wide_text(in.take(40));
      if (in.ok()) op.fields.emplace_back("user", user);
      return;
    }
    case 0x0132: op.fields.emplace_back("credential_given", true); return;
    case 0x1133: {
      in.skip(2);
      const auto count = in.u16le();
      for (unsigned i = 0; i < count && in.left() && op.values.size() < 256; ++i) {
        const auto user = wide_text(in.take(40));
        in.skip(32);  // a hash of the password
        const auto level = in.u16();
        if (!in.ok()) return;
        op.objects.push_back(named("user", user));
        op.values.emplace_back(std::uint64_t{level});
      }
      op.fields.emplace_back("credential_given", true);
      return;
    }
    case 0x1001:
    case 0x1002:
    case 0x1003:
    case 0x1006:
      if (in.left() >= 2) op.fields.emplace_back("mode", std::uint64_t{in.u16le()});
      return;
    case 0x1859: return name_at(4, 6);
    case 0x185f: return name_at(4, 0);
    case 0x1867: return name_at(6, 4);
    case 0x1868:
    case 0x1869: {
      about.handle = in.u16le();
      const auto offset = in.u32le();
      const auto size = in.u16le();
      if (!in.ok()) return;
      op.objects.push_back(named("file_handle", std::to_string(about.handle) + ':' + std::to_string(offset), size));
      if (b.command == 0x1869 && in.left()) op.values.emplace_back(hex(in.take(std::min<std::size_t>(size, in.left()))));
      return transfer(op, about.handle, b.command == 0x1869);
    }
    case 0x186a:
      about.handle = in.u16le();
      if (in.ok()) op.objects.push_back(named("file_handle", std::to_string(about.handle)));
      return;
    case 0x0410:
    case 0x1410: op.fields.emplace_back("data", hex(in.take(in.left()), 64)); return;
    default:
      if (in.left()) op.fields.emplace_back("data_size", std::uint64_t{in.left()});
      return;
  }
}

void melsoft_session::on_request(const body& b, const message& m, output& out) {
  out.count("melsoft", "command", b.command);
  const auto what = describe(b.command);
  operation op;
  op.time = m.time;
  op.function = std::to_string(b.command);
  op.function_name = what.name;
  op.action = what.action;
  asked about;
  about.command = b.command;
  reader in{b.data};
  read_request(b, in, op, about);
  if (!in.ok()) out.violate(m.from, "length", in.why().what);
  // a request to all is answered to all, which is another conversation
  if (m.target.address.is_broadcast()) return out.emit(std::move(op), m.from);
  pending_.add({m.from, b.command, b.reference}, std::move(op), out, m.from, std::move(about));
}

void melsoft_session::read_response(const body& b, reader& in, operation& op, const asked& about, const message& m, output& out) {
  switch (b.command) {
    case 0x0101:
    case 0x0121: {
      const auto field = in.take(16);
      const auto name = printable(field.first(static_cast<std::size_t>(std::ranges::find(field, std::uint8_t{0}) - field.begin())));
      const auto code = in.u16le();
      if (!in.ok() || name.empty() || name.find('?') != std::string::npos) return;
      op.values.emplace_back(name);
      op.values.emplace_back(std::uint64_t{code});
      learn(m, "vendor", "Mitsubishi Electric", 80, out);
      learn(m, "model", name, 90, out);
      learn(m, "product_code", std::to_string(code), 80, out);
      return;
    }
    case 0x1867: {
      const auto handle = in.u16le();
      if (!in.ok()) return;
      op.values.emplace_back(std::uint64_t{handle});
      if (about.path.empty()) return;
      std::erase_if(open_, [&](const open_file& f) { return f.handle == handle; });
      if (open_.size() >= most_open) {
        open_.erase(open_.begin());
        out.count("melsoft", "forgotten", "file");
      }
      open_.push_back({handle, about.path});
      return;
    }
    case 0x1868: {
      const auto size = in.u16le();
      if (!in.ok()) return;
      op.fields.emplace_back("payload_size", std::uint64_t{size});
      op.values.emplace_back(hex(in.take(std::min<std::size_t>(size, in.left()))));
      return;
    }
    case 0x186a: std::erase_if(open_, [&](const open_file& f) { return f.handle == about.handle; }); return;
    case 0x0410: op.values.emplace_back(hex(in.take(in.left()), 256)); return;
    case 0x0131:
    case 0x0132:
    case 0x0133:
    case 0x0134: return;  // tokens and hashes of passwords
    default:
      if (in.left()) op.fields.emplace_back("answer_size", std::uint64_t{in.left()});
      return;
  }
}

void melsoft_session::on_response(const body& b, const message& m, output& out) {
  out.count("melsoft", "response", b.command);
  auto found = pending_.take({other(m.from), b.command, b.reference});
  const bool paired = found.has_value();
  if (!paired) {
    const auto what = describe(b.command);
    operation op;
    op.time = m.time;
    op.function = std::to_string(b.command);
    op.function_name = what.name;
    op.action = what.action;
    found = {{}, std::move(op), other(m.from), {}};
  }
  auto& op = found->op;
  auto how = outcome::ok;
  if (b.status != 0) {
    how = outcome::refused;
    op.code = std::to_string(b.status);
  } else {
    reader in{b.data};
    read_response(b, in, op, found->extra, m, out);
    if (!in.ok()) out.violate(m.from, "length", in.why().what);
    learn(m, "role", "plc", 60, out);
  }
  if (paired) return answer(std::move(*found), m.time, how, out);
  op.outcome = outcome::unpaired;
  out.emit(std::move(op), found->asker);
}

const protocol melsoft_protocol{{
    .name = "melsoft",
    .tcp_ports = tcp_ports,
    .udp_ports = udp_ports,
    .any_udp_port = false,
    .probe = probe,
    .frame = frame,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<melsoft_session>(); },
}};

}  // namespace
}  // namespace mw
