// Commands of SMB 2 and 3 ([MS-SMB2] 2.2.3 to 2.2.40).
#include "common/text.hpp"
#include "sensor/dissect/smb_v2.hpp"

#include <algorithm>

namespace mw::smb {
namespace {

using ntlmssp::from_utf16;

constexpr std::size_t size_of_header = 64, most_dialects = 32, most_contexts = 16;
constexpr std::uint16_t signing_required = 2;

enum negotiate_context : std::uint16_t { encryption = 2, compression = 3, netname = 5 };
constexpr std::array<std::string_view, 5> ciphers{"none", "aes_128_ccm", "aes_128_gcm", "aes_256_ccm", "aes_256_gcm"};

std::string guid_text(bytes data) {
  reader in{data};
  const auto id = dce_rpc::read_uuid(in, true);
  return in.ok() ? dce_rpc::to_string(id) : std::string{};
}
/// 100 ns since 1601 as epoch seconds.
std::optional<double> seconds_of(std::uint64_t file_time) {
  if (file_time == 0) return {};
  return static_cast<double>(file_time) / 1e7 - 11644473600.0;
}

/// Negotiate contexts, each aligned to eight octets, to `take`.
template <class Take>
void each_context(bytes data, const Take& take) {
  reader in{data};
  for (std::size_t n = 0; in.left() >= 8 && n < most_contexts; ++n) {
    const auto kind = in.u16le();
    const std::size_t size = in.u16le();
    in.skip(4);
    const auto one = in.take(size);
    if (!in.ok()) return;
    take(kind, one);
    in.skip(std::min((8 - size % 8) % 8, in.left()));
  }
}

}  // namespace

void version_2::negotiate(const header& h, const message& m, output& out) {
  reader in{body(h)};
  in.skip(2);
  const auto count = in.u16le();
  const auto security = in.u16le();
  in.skip(2 + 4);
  const auto guid = in.take(16);
  const std::size_t contexts = in.u32le();
  in.skip(4);
  auto op = made("smb2", 0, "negotiate", action::session, m.time);
  std::string dialects;
  bool newest = false;
  for (std::uint16_t i = 0; i < count && i < most_dialects && in.left() >= 2; ++i) {
    const auto d = in.u16le();
    newest = newest || d == 0x0311;
    (dialects += dialects.empty() ? "" : " ") += dialect_2(d);
  }
  if (!in.ok()) return out.violate(m.from, "negotiate", "dialects end inside the list");
  op.fields.emplace_back("dialects", dialects);
  op.fields.emplace_back("client_guid", guid_text(guid));
  op.fields.emplace_back("client_signing", std::string{(security & signing_required) != 0 ? "required" : "enabled"});
  if (newest && contexts >= size_of_header && contexts < h.data.size())
    each_context(h.data.subspan(contexts), [&](std::uint16_t kind, bytes data) {
      if (kind == netname) op.fields.emplace_back("server_name", from_utf16(data));
    });
  ask(h, std::move(op), {}, m, out);
}

void version_2::negotiated(const header& h, operation& op, const message& m, output& out) {
  reader in{body(h)};
  in.skip(2);
  const auto security = in.u16le(), dialect = in.u16le();
  in.skip(2);
  const auto guid = in.take(16);
  const auto capabilities = in.u32le();
  in.skip(12);
  const auto now = in.u64le(), started = in.u64le();
  const std::size_t offset = in.u16le(), size = in.u16le();
  const std::size_t contexts = in.u32le();
  if (h.status != 0) return;
  if (!in.ok()) return out.violate(m.from, "negotiate", "an answer is cut");
  const auto put = [&](std::string_view name, std::string_view text) {
    op.fields.emplace_back(name, std::string{text});
    out.describe(name, text);
  };
  negotiated_ = dialect != 0x02ff;
  put("smb_version", dialect_2(dialect));
  put("signing", (security & signing_required) != 0 ? "required" : "enabled");
  put("server_guid", guid_text(guid));
  op.fields.emplace_back("capabilities", std::int64_t{capabilities});
  if (const auto t = seconds_of(now)) op.fields.emplace_back("server_time", *t);
  if (const auto t = seconds_of(started)) op.fields.emplace_back("server_started", *t);
  operation offered;
  (void)read_security(pointed(h, offset, size, m, out), m, offered, out);
  if (dialect != 0x0311 || contexts < size_of_header || contexts >= h.data.size()) return;
  each_context(h.data.subspan(contexts), [&](std::uint16_t kind, bytes data) {
    reader c{data};
    if (kind == compression) compression_ = c.u16le() != 0;
    if (kind != encryption || c.u16le() == 0) return;
    if (const auto cipher = c.u16le(); cipher < ciphers.size()) put("smb_cipher", ciphers[cipher]);
  });
}

void version_2::set_up(const header& h, const message& m, output& out) {
  reader in{body(h)};
  in.skip(12);
  const std::size_t offset = in.u16le(), size = in.u16le();
  if (!in.ok()) return out.violate(m.from, "session_setup", "a request is cut");
  auto op = made("smb2", 1, "session_setup", action::authenticate, m.time);
  const auto leg = read_security(pointed(h, offset, size, m, out), m, op, out);
  ask(h, std::move(op), {.first_leg = leg.ntlm_begins}, m, out);
}

void version_2::connect(const header& h, const message& m, output& out) {
  reader in{body(h)};
  in.skip(4);
  const std::size_t offset = in.u16le(), size = in.u16le();
  const auto path = from_utf16(pointed(h, offset, size, m, out));
  auto op = made("smb2", 3, "tree_connect", action::session, m.time);
  op.objects.push_back({"share", path});
  if (is_administrative(path)) op.fields.emplace_back("administrative", true);
  ask(h, std::move(op), {.path = path}, m, out);
}

void version_2::open(const header& h, const message& m, output& out) {
  reader in{body(h)};
  in.skip(24);
  const auto access = in.u32le();
  in.skip(8);
  const auto disposition = in.u32le(), options = in.u32le();
  const std::size_t offset = in.u16le(), size = in.u16le();
  if (!in.ok()) return out.violate(m.from, "create", "a request is cut");
  const auto name = from_utf16(pointed(h, offset, size, m, out), 512);
  const auto* const s = state_.find_share(h.session, h.tree);
  const bool pipe = s != nullptr ? s->pipes : msrpc::behind_pipe(name) != nullptr;
  asked a{.path = state_.path_of(h.session, h.tree, name), .directory = (options & directory_file) != 0};
  auto op = made("smb2", 5, "create", pipe ? action::session : action_of_create(disposition, access, options), m.time);
  op.objects.push_back({pipe ? "pipe" : a.directory ? "directory" : "file", a.path});
  op.fields.emplace_back("disposition", disposition_name(disposition));
  op.fields.emplace_back("access", std::int64_t{access});
  if ((options & delete_on_close) != 0) op.fields.emplace_back("delete_on_close", true);
  compound_open_ = h.message;
  ask(h, std::move(op), std::move(a), m, out);
}

void version_2::opened(const header& h, const asked& a, operation& op, const message& m, output& out) {
  if (h.status != 0) return;
  constexpr std::uint32_t attribute_directory = 0x10;
  reader in{body(h)};
  in.skip(4);
  const auto result = in.u32le();
  in.skip(32 + 8);
  const auto end = in.u64le();
  const auto attributes = in.u32le();
  in.skip(4);
  const auto id = in.take(16);
  if (!in.ok()) return out.violate(m.from, "create", "an answer is cut");
  op.fields.emplace_back("result", result_of_create(result));
  if (result == 2 && op.action == action::read) op.action = action::file_write;
  file f;
  std::ranges::copy(id, f.id.begin());
  f.made_by = h.message;
  f.path = a.path;
  f.asker = other(m.from);
  const auto* const s = state_.find_share(a.session, a.tree);
  const bool pipe = s != nullptr ? s->pipes : msrpc::behind_pipe(a.path) != nullptr;
  f.space = pipe ? "pipe" : a.directory || (attributes & attribute_directory) != 0 ? "directory" : "file";
  op.objects[0].space = f.space;
  if (pipe)
    f.pipe = std::make_unique<msrpc::calls>(a.path);
  else if (f.space == "file")
    op.fields.emplace_back("size", end);
  state_.add(std::move(f), m.time, out);
}

/// A pipe that was opened before anyone looked: what runs over it says so by itself.
file& version_2::unseen_pipe(const file_id& id, const message& m, output& out) {
  file f;
  f.id = id;
  f.space = "pipe";
  f.asker = m.from;
  f.pipe = std::make_unique<msrpc::calls>();
  return state_.add(std::move(f), m.time, out);
}

void version_2::write(const header& h, const message& m, output& out) {
  reader in{body(h)};
  in.skip(2);
  const std::size_t offset = in.u16le(), size = in.u32le();
  in.skip(8);
  file_id id{};
  std::ranges::copy(in.take(16), id.begin());
  auto a = about(h, id);
  a.octets = size;
  const auto data = pointed(h, offset, size, m, out);
  auto* f = file_of(a);
  if (f == nullptr && a.with == 0 && msrpc::begins(data)) f = &unseen_pipe(id, m, out);
  if (f != nullptr && f->pipe) {
    auto part = m;
    part.data = data;
    f->pipe->on_octets(part, out);
    if (data.size() < size) f->pipe->on_gap(m.from);
  }
  wait_quietly(h, std::move(a), m, out);
}

void version_2::control(const header& h, const message& m, output& out) {
  constexpr std::uint32_t transceive = 0x0011c017;
  reader in{body(h)};
  in.skip(4);
  const auto code = in.u32le();
  file_id id{};
  std::ranges::copy(in.take(16), id.begin());
  const std::size_t offset = in.u32le(), size = in.u32le();
  auto a = about(h, id);
  const auto data = pointed(h, offset, size, m, out);
  auto* f = file_of(a);
  if (f == nullptr && a.with == 0 && code == transceive) f = &unseen_pipe(id, m, out);
  if (code == transceive && f != nullptr && f->pipe) {
    auto part = m;
    part.data = data;
    f->pipe->on_octets(part, out);
    if (data.size() < size) f->pipe->on_gap(m.from);
    return wait_quietly(h, std::move(a), m, out);
  }
  auto known = control_of(code);
  auto op = made("smb2", 11, std::move(known.name), known.means, m.time);
  if (f != nullptr) op.objects.push_back(f->as_object());
  op.fields.emplace_back("control_code", std::int64_t{code});
  ask(h, std::move(op), std::move(a), m, out);
}

void version_2::controlled(const header& h, const asked& a, const message& m, output& out) {
  auto* const f = file_of(a);
  reader in{body(h)};
  in.skip(4 + 4 + 16 + 8);
  const std::size_t offset = in.u32le(), size = in.u32le();
  if (f == nullptr || !f->pipe || !in.ok() || (h.status & 0xc0000000) == 0xc0000000) return;
  auto part = m;
  part.data = pointed(h, offset, size, m, out);
  f->pipe->on_octets(part, out);
  if (part.data.size() < size) f->pipe->on_gap(m.from);
}

void version_2::list(const header& h, const message& m, output& out) {
  reader in{body(h)};
  in.skip(8);
  file_id id{};
  std::ranges::copy(in.take(16), id.begin());
  const std::size_t offset = in.u16le(), size = in.u16le();
  auto a = about(h, id);
  auto* const f = file_of(a);
  if (f != nullptr && std::exchange(f->listed, true)) return wait_quietly(h, std::move(a), m, out);
  auto op = made("smb2", 14, "query_directory", action::file_read, m.time);
  if (f != nullptr) op.objects.push_back({"directory", f->path});
  op.fields.emplace_back("pattern", from_utf16(pointed(h, offset, size, m, out)));
  ask(h, std::move(op), std::move(a), m, out);
}

void version_2::set_info(const header& h, const message& m, output& out) {
  enum : std::uint8_t { rename = 10, link = 11, disposition = 13, end_of_file = 20, disposition_ex = 64, rename_ex = 65 };
  reader in{body(h)};
  in.skip(2);
  const auto type = in.u8(), number = in.u8();
  const std::size_t size = in.u32le(), offset = in.u16le();
  in.skip(2 + 4);
  file_id id{};
  std::ranges::copy(in.take(16), id.begin());
  auto a = about(h, id);
  const auto data = pointed(h, offset, size, m, out);
  const bool file_information = type == 1;
  const bool moves = file_information && (number == rename || number == link || number == rename_ex);
  const bool deletes = file_information && (number == disposition || number == disposition_ex);
  if (file_information && !moves && !deletes) return wait_quietly(h, std::move(a), m, out);
  auto op = made("smb2", 17, "set_" + information_class(type, number), moves ? action::file_write : action::configure, m.time);
  reader what{data};
  if (deletes) {
    if ((what.u8() & 1) == 0) return wait_quietly(h, std::move(a), m, out);
    op.action = action::file_delete;
  }
  if (moves) {
    what.skip(16);
    const std::size_t length = what.u32le();
    const auto name = what.take(length);
    if (!what.ok()) out.violate(m.from, "rename", "a new name is longer than its buffer");
    op.fields.emplace_back("new_name", from_utf16(name, 512));
  }
  if (const auto* const f = file_of(a)) op.objects.push_back(f->as_object());
  ask(h, std::move(op), std::move(a), m, out);
}

}  // namespace mw::smb
