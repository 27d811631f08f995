// Commands of SMB 1 ([MS-CIFS] 2.2.4, [MS-SMB] 2.2.4).
#include "sensor/dissect/smb_v1.hpp"

#include "common/text.hpp"

#include <algorithm>

namespace mw::smb {
namespace {

constexpr std::uint8_t stated = 70;
constexpr std::size_t most_dialects = 32;
constexpr std::uint32_t extended_security = 0x80000000;  // capability
constexpr std::uint16_t extended_security_2 = 0x0800;    // in flags2
enum security_mode : std::uint8_t { challenge = 2, signing = 4, signing_required = 8 };

}  // namespace

void version_1::negotiate(const header& h, const block& b, const message& m, output& out) {
  state_.from_beginning = true;
  asked a;
  reader in{b.octets};
  std::string all;
  while (in.left() && a.dialects.size() < most_dialects) {
    if (in.u8() != 2) {
      out.violate(m.from, "dialects", "a dialect does not begin with its format");
      break;
    }
    const auto rest = in.rest();
    const auto size = static_cast<std::size_t>(std::ranges::find(rest, std::uint8_t{0}) - rest.begin());
    a.dialects.push_back(printable(in.take(size), 64));
    if (in.left() != 0) in.skip(1);
    (all += all.empty() ? "" : ", ") += a.dialects.back();
  }
  auto op = made("smb1", b.command, "negotiate", action::session, m.time);
  op.fields.emplace_back("dialects", all);
  negotiation_ = h.key(b.command);
  ask(h, b, std::move(op), std::move(a), m, out);
}

void version_1::negotiated(const header& h, const block& b, const asked& a, operation& op, const message& m, output& out) {
  negotiation_.reset();
  reader in{b.words};
  const auto index = in.u16le();
  if (h.status != 0 || !in.ok()) return;
  const auto put = [&](std::string_view name, std::string_view text) {
    op.fields.emplace_back(name, std::string{text});
    out.describe(name, text);
  };
  if (index == 0xffff) {
    op.outcome = outcome::refused;
    return;
  }
  if (index < a.dialects.size())
    put("smb_version", "1 (" + a.dialects[index] + ")");
  else
    out.violate(m.from, "dialect_index", "a dialect is chosen that was not offered");
  out.learn(m.from, {}, "insecure_configuration", "SMB 1 is accepted", 90);
  if (b.words.size() == 2) return;
  const auto mode = b.words.size() == 34 ? in.u8() : static_cast<std::uint8_t>(in.u16le());
  clear_passwords_ = (mode & challenge) == 0;
  put("signing", (mode & signing_required) != 0 ? "required" : (mode & signing) != 0 ? "enabled" : "none");
  if (clear_passwords_) out.learn(m.from, {}, "insecure_configuration", "passwords are asked for in the clear", 90);
  if (b.words.size() != 34) return;
  in.skip(2 + 2 + 4 + 4 + 4);
  const auto capabilities = in.u32le();
  in.skip(8 + 2);
  const std::size_t size_of_challenge = in.u8();
  reader rest{b.octets, b.octets_at};
  if ((capabilities & extended_security) != 0) {
    reader guid{rest.take(16)};
    const auto id = dce_rpc::read_uuid(guid, true);
    if (guid.ok()) put("server_guid", dce_rpc::to_string(id));
    operation offered;
    (void)read_security(rest.rest(), m, offered, out);
    return;
  }
  rest.skip(std::min(size_of_challenge, rest.left()));
  const auto domain = text(h, rest, false), server = text(h, rest, false);
  if (!domain.empty()) out.learn(m.from, {}, "domain", domain, stated);
  if (!server.empty()) out.learn(m.from, {}, "host_name", server, stated);
}

void version_1::set_up(const header& h, const block& b, const message& m, output& out) {
  auto op = made("smb1", b.command, "session_setup_andx", action::authenticate, m.time);
  asked a;
  reader in{b.words}, rest{b.octets, b.octets_at};
  in.skip(4 + 2 + 2 + 2 + 4);
  const auto machine = [&] {
    const auto os = text(h, rest), manager = text(h, rest);
    if (!os.empty()) out.learn(m.from, {}, "os", os, stated);
    if (!manager.empty()) out.learn(m.from, {}, "software", manager, stated);
  };
  const auto account = [&](std::string user, std::string domain) {
    if (user.empty()) op.fields.emplace_back("anonymous", true);
    if (!user.empty()) op.objects.push_back({"user", domain.empty() ? user : domain + '\\' + user});
    if (!user.empty()) out.describe("user", op.objects[0].address);
    if (!user.empty()) op.fields.emplace_back("user", std::move(user));
    if (!domain.empty()) op.fields.emplace_back("domain", std::move(domain));
  };
  switch (b.words.size() / 2) {
    case 12: {
      const std::size_t size = in.u16le();
      in.skip(4);
      // this form is for those who say that they use it: [MS-SMB] 2.2.4.6.1
      if ((in.u32le() & extended_security) == 0 || (h.flags2 & extended_security_2) == 0) {
        out.violate(m.from, "session_setup_form", "a logon has the form of extended security and does not say so in its header");
        break;
      }
      const auto leg = read_security(rest.take(std::min(size, rest.left())), m, op, out);
      a.first_leg = leg.ntlm_begins;
      machine();
      break;
    }
    case 13: {
      const std::size_t oem = in.u16le(), wide = in.u16le();
      rest.skip(std::min(oem, rest.left()));
      rest.skip(std::min(wide, rest.left()));
      op.fields.emplace_back("authentication", std::string{clear_passwords_ && oem + wide > 1 ? "cleartext" : "ntlm"});
      auto user = text(h, rest), domain = text(h, rest);
      account(std::move(user), std::move(domain));
      if (!clear_passwords_ && (wide == 24 || oem == 24)) op.fields.emplace_back("ntlm_version", std::int64_t{1});
      machine();
      break;
    }
    case 10: {
      const std::size_t size = in.u16le();
      rest.skip(std::min(size, rest.left()));
      op.fields.emplace_back("authentication", std::string{clear_passwords_ && size > 1 ? "cleartext" : "lm"});
      auto user = text(h, rest), domain = text(h, rest);
      account(std::move(user), std::move(domain));
      machine();
      break;
    }
    default: out.violate(m.from, "session_setup_form", "a logon has none of the known forms");
  }
  ask(h, b, std::move(op), std::move(a), m, out);
}

void version_1::was_set_up(const header& h, const block& b, operation& op, const message& m, output& out) {
  reader in{b.words}, rest{b.octets, b.octets_at};
  if (b.words.size() < 6) return;
  in.skip(4);
  const auto what = in.u16le();
  if (h.status == 0 && (what & 1) != 0) op.fields.emplace_back("guest", true);
  if (b.words.size() >= 8) {
    const std::size_t size = in.u16le();
    operation ignored;
    (void)read_security(rest.take(std::min(size, rest.left())), m, ignored, out);
  }
  const auto os = text(h, rest), manager = text(h, rest);
  if (!os.empty()) out.learn(m.from, {}, "os", os, stated);
  if (!manager.empty()) out.learn(m.from, {}, "software", manager, stated);
  if (b.words.size() >= 8) return;
  if (const auto domain = text(h, rest); !domain.empty()) out.learn(m.from, {}, "domain", domain, stated);
}

void version_1::connect(const header& h, const block& b, const message& m, output& out) {
  reader in{b.words}, rest{b.octets, b.octets_at};
  if (b.command == 0x75) {
    in.skip(4 + 2);
    rest.skip(std::min<std::size_t>(in.u16le(), rest.left()));
  } else {
    rest.skip(std::min<std::size_t>(1, rest.left()));  // format of the text
  }
  auto path = text(h, rest);
  auto op = made("smb1", b.command, command_1(b.command), action::session, m.time);
  op.objects.push_back({"share", path});
  if (is_administrative(path)) op.fields.emplace_back("administrative", true);
  ask(h, b, std::move(op), {.path = std::move(path)}, m, out);
}

void version_1::open(const header& h, const block& b, const message& m, output& out) {
  reader in{b.words}, rest{b.octets, b.octets_at};
  std::uint32_t access = 0, disposition = 1, options = 0;
  if (b.command == 0xa2) {
    in.skip(4 + 1 + 2 + 4 + 4);
    access = in.u32le();
    in.skip(8 + 4 + 4);
    disposition = in.u32le(), options = in.u32le();
  } else {
    if (b.command == 0x2d) in.skip(4 + 2);
    const auto mode = in.u16le() & 7u;  // read, write, both, execute
    access = mode == 0 ? read_data : mode == 3 ? execute : write_data;
    if (b.command == 0x2d) {
      in.skip(2 + 2 + 4);
      const auto how = in.u16le();
      disposition = (how & 3) == 2 ? ((how & 0x10) != 0 ? 5u : 4u) : (how & 0x10) != 0 ? 3u : 1u;
    }
    if (b.command == 0x02) rest.skip(std::min<std::size_t>(1, rest.left()));
  }
  if (!in.ok()) return out.violate(m.from, "open", "a request is cut");
  const auto* const s = state_.find_share(0, h.tree);
  const auto name = text(h, rest);
  const bool pipe = s != nullptr ? s->pipes : msrpc::behind_pipe(name) != nullptr;
  asked a{.path = state_.path_of(0, h.tree, name), .directory = (options & directory_file) != 0};
  auto op = made("smb1", b.command, command_1(b.command), pipe ? action::session : action_of_create(disposition, access, options), m.time);
  op.objects.push_back({pipe ? "pipe" : a.directory ? "directory" : "file", a.path});
  op.fields.emplace_back("disposition", disposition_name(disposition));
  op.fields.emplace_back("access", std::int64_t{access});
  if ((options & delete_on_close) != 0) op.fields.emplace_back("delete_on_close", true);
  ask(h, b, std::move(op), std::move(a), m, out);
}

void version_1::opened(const header& h, const block& b, const asked& a, operation& op, const message& m, output& out) {
  if (h.status != 0) return;
  reader in{b.words};
  if (b.command != 0x02) in.skip(4);
  if (b.command == 0xa2) in.skip(1);
  const auto number = in.u16le();
  file f;
  f.id = id_of(number);
  f.path = a.path;
  f.asker = other(m.from);
  const auto* const s = state_.find_share(0, a.tree);
  bool directory = a.directory;
  std::uint64_t end = 0;
  if (b.command == 0xa2) {
    op.fields.emplace_back("result", result_of_create(in.u32le()));
    in.skip(32 + 4 + 8);
    end = in.u64le();
    in.skip(2 + 2);
    directory = in.u8() != 0;
  }
  if (!in.ok()) return out.violate(m.from, "open", "an answer is cut");
  const bool pipe = s != nullptr ? s->pipes : msrpc::behind_pipe(a.path) != nullptr;
  f.space = pipe ? "pipe" : directory ? "directory" : "file";
  op.objects[0].space = f.space;
  if (pipe)
    f.pipe = std::make_unique<msrpc::calls>(a.path);
  else if (!directory && b.command == 0xa2)
    op.fields.emplace_back("size", end);
  state_.add(std::move(f), m.time, out);
}

void version_1::on_path(const header& h, const block& b, action means, const message& m, output& out) {
  reader rest{b.octets, b.octets_at};
  rest.skip(std::min<std::size_t>(1, rest.left()));
  auto op = made("smb1", b.command, command_1(b.command), means, m.time);
  const bool directory = b.command <= 0x01;
  op.objects.push_back({directory ? "directory" : "file", state_.path_of(0, h.tree, text(h, rest))});
  if (b.command == 0x07 || b.command == 0xa5) {
    rest.skip(std::min<std::size_t>(1, rest.left()));
    op.fields.emplace_back("new_name", text(h, rest));
  }
  ask(h, b, std::move(op), {}, m, out);
}

void version_1::on_file(const header& h, const block& b, std::size_t at, std::uint64_t octets, const message& m, output& out) {
  reader in{b.words};
  in.skip(at);
  asked a;
  a.file = in.u16le();
  a.octets = octets;
  if (!in.ok()) return out.violate(m.from, "words", "a request has too few parameters");
  quietly(h, b, std::move(a), m, out);
}

void version_1::write(const header& h, const block& b, const message& m, output& out) {
  reader in{b.words};
  const bool chained = b.command == 0x2f;
  if (chained) in.skip(4);
  const auto number = in.u16le();
  std::size_t size = 0, offset = 0;
  if (chained) {
    in.skip(4 + 4 + 2 + 2);
    size = std::size_t{in.u16le()} << 16;
    size |= in.u16le();
    offset = in.u16le();
  } else {
    size = in.u16le();
  }
  if (!in.ok()) return out.violate(m.from, "words", "a request has too few parameters");
  if (chained) {
    const auto data = pointed(h, offset, size, m, out);
    auto* f = file_of(number);
    if (f == nullptr && msrpc::begins(data)) {  // a pipe that was opened before anyone looked
      file unseen;
      unseen.id = id_of(number);
      unseen.space = "pipe";
      unseen.asker = m.from;
      unseen.pipe = std::make_unique<msrpc::calls>();
      f = &state_.add(std::move(unseen), m.time, out);
    }
    if (f != nullptr) feed(*f, data, size, m, out);
  }
  on_file(h, b, chained ? 4 : 0, size, m, out);
}

}  // namespace mw::smb
