// Headers, chains and pairing of SMB 1 ([MS-CIFS] 2.2.3, 3.2.5, 3.3.5).
#include "sensor/dissect/smb_v1.hpp"

#include "common/text.hpp"
#include "sensor/dissect/lines.hpp"

#include <algorithm>

namespace mw::smb {
namespace {

constexpr std::size_t size_of_header = 32, most_chained = 8;
constexpr std::uint8_t is_answer = 0x80, no_more = 0xff;
constexpr std::uint16_t unasked = 0xffff;  // multiplex id of the server's own messages
constexpr std::uint32_t more_processing = 0xc0000016;

bool is_ipc(std::string_view path) {
  constexpr std::string_view name = "IPC$";
  return path.size() >= name.size() && same_letters(path.substr(path.size() - name.size()), name);
}
/// Commands that may be followed by another ([MS-CIFS] 2.2.3.4).
bool may_chain(std::uint8_t command) {
  constexpr std::array<std::uint8_t, 8> chaining{0x24, 0x2d, 0x2e, 0x2f, 0x73, 0x74, 0x75, 0xa2};
  return std::ranges::find(chaining, command) != chaining.end();
}

}  // namespace

bytes version_1::pointed(const header& h, std::size_t offset, std::size_t size, const message& m, output& out) const {
  if (size == 0) return {};
  if (offset < size_of_header || offset > h.size || size > h.size - offset) {
    out.violate(m.from, "buffer_bounds", "an offset or a length points outside of the message");
    return {};
  }
  if (offset >= h.data.size()) return {};
  return h.data.subspan(offset, std::min(size, h.data.size() - offset));
}

file_id version_1::id_of(std::uint16_t number) {
  file_id id{};
  id[0] = static_cast<std::uint8_t>(number), id[1] = static_cast<std::uint8_t>(number >> 8);
  return id;
}

void version_1::on_message(bytes data, std::size_t size, const message& m, output& out) {
  state_.family = "smb1";
  reader in{data};
  in.skip(4);
  header h;
  h.command = in.u8();
  h.status = in.u32le();
  h.flags = in.u8();
  h.flags2 = in.u16le();
  const auto high = in.u16le();
  in.skip(10);
  h.tree = in.u16le();
  const auto low = in.u16le();
  h.user = in.u16le();
  h.multiplex = in.u16le();
  h.process = std::uint32_t{high} << 16 | low;
  h.data = data, h.size = size;
  if (!in.ok()) return out.violate(m.from, "header", "a header is cut");
  const bool answer = (h.flags & is_answer) != 0;
  std::size_t at = size_of_header;
  auto command = h.command;
  for (std::size_t n = 0; n < most_chained; ++n) {
    reader part{data.subspan(at), at};
    block b;
    b.command = command;
    b.words = part.take(std::size_t{part.u8()} * 2);
    const std::size_t count = part.u16le();
    b.octets_at = part.at();
    if (!part.ok()) return out.violate(m.from, "words", "the parameters of a command end behind the message");
    if (count > size - b.octets_at && !may_chain(command)) out.violate(m.from, "byte_count", "a command has more data than its message");
    b.octets = part.take(std::min(count, part.left()));
    out.count(protocol_name, answer ? "smb1_response" : "smb1", command);
    if (answer)
      on_answer(h, b, n == 0, m, out);
    else
      on_request(h, b, m, out);
    if (!may_chain(command) || b.words.size() < 4) return;
    reader next{b.words};
    command = next.u8();
    next.skip(1);
    const std::size_t offset = next.u16le();
    if (command == no_more || offset == 0) return;
    if (offset < b.octets_at || offset >= data.size())
      return out.violate(m.from, "andx_offset", "the next command of a chain is not behind the one before it");
    at = offset;
  }
}

std::optional<operation> version_1::take_negotiation() {
  if (!negotiation_) return {};
  auto r = waiting_.take(*std::exchange(negotiation_, {}));
  if (!r) return {};
  return std::move(r->op);
}

std::string version_1::text(const header& h, reader& in, bool aligned) {
  if (!h.unicode()) {
    const auto rest = in.rest();
    const auto end = std::ranges::find(rest, std::uint8_t{0});
    const auto size = static_cast<std::size_t>(end - rest.begin());
    const auto one = in.take(size);
    if (in.left() != 0) in.skip(1);
    return printable(one);
  }
  if (aligned && in.at() % 2 != 0 && in.left() != 0) in.skip(1);
  const auto rest = in.rest();
  std::size_t size = 0;
  while (size + 1 < rest.size() && (rest[size] != 0 || rest[size + 1] != 0)) size += 2;
  const auto one = in.take(size);
  in.skip(std::min<std::size_t>(2, in.left()));
  return ntlmssp::from_utf16(one);
}

void version_1::ask(const header& h, const block& b, operation&& op, asked&& a, const message& m, output& out) {
  a.command = b.command, a.tree = h.tree, a.user = h.user, a.time = m.time;
  waiting_.add(h.key(b.command), std::move(op), out, m.from, std::move(a));
}
void version_1::quietly(const header& h, const block& b, asked&& a, const message& m, output& out) {
  a.command = b.command, a.tree = h.tree, a.user = h.user, a.time = m.time;
  if (quiet_.size() >= most_quiet) {
    out.count(protocol_name, "forgotten", "request");
    quiet_.pop_front();
  }
  quiet_.push_back({h.key(b.command), std::move(a)});
}

void version_1::judge_answer(const header& h, operation& op) const {
  if (h.nt_status()) return judge(op, h.status);
  const auto error_class = h.status & 0xff, code = h.status >> 16;
  op.outcome = error_class == 0 ? outcome::ok : outcome::refused;
  if (error_class == 0) return;
  op.code = std::to_string(code);
  op.fields.emplace_back("error_class", std::int64_t{error_class});
}

void version_1::on_request(const header& h, const block& b, const message& m, output& out) {
  const auto with_path = [&](action means) { on_path(h, b, means, m, out); };
  switch (b.command) {
    case 0x72: return negotiate(h, b, m, out);
    case 0x73: return set_up(h, b, m, out);
    case 0x74: return ask(h, b, made("smb1", b.command, command_1(b.command), action::session, m.time), {}, m, out);
    case 0x70:
    case 0x75: return connect(h, b, m, out);
    case 0x02:
    case 0x2d:
    case 0xa2: return open(h, b, m, out);
    case 0x00: return with_path(action::file_write);
    case 0x01:
    case 0x06: return with_path(action::file_delete);
    case 0x07:
    case 0xa5:
    case 0x03: return with_path(action::file_write);
    case 0x04: return on_file(h, b, 0, 0, m, out);
    case 0x0a: return on_file(h, b, 0, 0, m, out);
    case 0x2e: return on_file(h, b, 4, 0, m, out);
    case 0x0b:
    case 0x2c:
    case 0x2f: return write(h, b, m, out);
    case 0x25:
    case 0x32:
    case 0xa0: return transact(h, b, m, out);
    case 0x26:
    case 0x33:
    case 0xa1: return secondary(h, b, m, out);
    case 0xa4: return;  // is not answered itself
    default: return quietly(h, b, {}, m, out);
  }
}

void version_1::on_unpaired(const header& h, const block& b, const message& m, output& out) {
  constexpr std::uint8_t echo = 0x2b;  // may be answered several times
  if (h.multiplex == unasked || b.command == echo || !state_.from_beginning || state_.gaps || multiplex_told_) return;
  multiplex_told_ = true;
  out.violate(m.from, "unpaired_response", "an answer has a multiplex id that nothing was asked with");
}

void version_1::on_answer(const header& h, const block& b, bool first, const message& m, output& out) {
  if (first && h.status != 0) out.count(protocol_name, h.nt_status() ? "status" : "error", h.nt_status() ? h.status : h.status >> 16);
  const auto key = h.key(b.command);
  if (is_transaction(b.command) && goes_on(h, b, m, out)) return;
  if (const auto q = std::ranges::find(quiet_, key, &quiet_request::key); q != quiet_.end()) {
    const auto what = std::move(q->what);
    if (b.command != 0x2b) quiet_.erase(q);
    return on_quiet(h, b, what, m, out);
  }
  auto r = waiting_.take(key);
  if (!r) {
    operation ignored;
    if (b.command == 0x73) was_set_up(h, b, ignored, m, out);  // who the server is stands in it all the same
    return on_unpaired(h, b, m, out);
  }
  judge_answer(h, r->op);
  switch (b.command) {
    case 0x72: negotiated(h, b, r->extra, r->op, m, out); break;
    case 0x73:
      was_set_up(h, b, r->op, m, out);
      if (h.nt_status() && h.status == more_processing && r->extra.first_leg) return;
      if (h.status != 0)  // what was chained to it is not done either
        if (auto chained = waiting_.take(h.key(0x75))) {
          judge_answer(h, chained->op);
          answer(*chained, m.time, chained->op.outcome, out);
        }
      break;
    case 0x70:
    case 0x75:
      if (h.status == 0) state_.add({0, h.tree, r->extra.path, is_ipc(r->extra.path)}, out);
      break;
    case 0x02:
    case 0x2d:
    case 0xa2: opened(h, b, r->extra, r->op, m, out); break;
    default: break;
  }
  answer(*r, m.time, r->op.outcome, out);
}

void version_1::feed(file& f, bytes data, std::size_t size, const message& m, output& out) {
  if (!f.pipe) return;
  auto part = m;
  part.data = data;
  f.pipe->on_octets(part, out);
  if (data.size() < size) f.pipe->on_gap(m.from);
}

void version_1::on_quiet(const header& h, const block& b, const asked& a, const message& m, output& out) {
  constexpr std::uint32_t more_to_come = 0x80000005;
  const bool good = h.status == 0 || (h.nt_status() && h.status == more_to_come);
  if (b.command == 0x71 && good) return state_.remove_share(0, a.tree);
  auto* const f = file_of(a.file);
  if (f == nullptr || !good) return;
  reader in{b.words};
  switch (b.command) {
    case 0x04: {
      auto op = made("smb1", b.command, "close", action::read, a.time);
      op.outcome = outcome::ok;
      op.latency = m.time - a.time;
      state::tell(*f, std::move(op), other(m.from), out);
      return state_.remove(f->id, out);
    }
    case 0x0a: f->read += in.u16le(); return;
    case 0x2e: {
      in.skip(4 + 6);
      std::size_t size = in.u16le();
      const std::size_t offset = in.u16le();
      size |= std::size_t{in.u16le()} << 16;
      if (!in.ok()) return out.violate(m.from, "read", "an answer is cut");
      f->read += size;
      return feed(*f, pointed(h, offset, size, m, out), size, m, out);
    }
    case 0x0b:
    case 0x2c:
    case 0x2f: f->written += a.octets; return;
    case 0x25: {
      const auto p = parts_of(h, b, true, m, out);
      if (p.valid) feed(*f, p.data, p.data_size, m, out);
      return;
    }
    default: return;
  }
}

}  // namespace mw::smb
