// Headers, compounds and pairing of SMB 2 and 3 ([MS-SMB2] 2.2.1, 2.2.41, 2.2.42, 3.3.5.2).
#include "sensor/dissect/smb_v2.hpp"

#include <algorithm>

namespace mw::smb {
namespace {

constexpr std::size_t size_of_header = 64, size_of_transform = 52, size_of_compression = 16;
constexpr std::uint32_t is_answer = 1, is_related = 4;
constexpr std::uint32_t pending = 0x103, more_processing = 0xc0000016;
/// Sizes of the fixed parts that messages state themselves ([MS-SMB2] 2.2.3 to 2.2.40); 0: none is sent.
constexpr std::array<std::uint16_t, 19> request_sizes{36, 25, 4, 9, 4, 57, 24, 24, 49, 49, 48, 57, 4, 4, 33, 32, 41, 33, 24};
constexpr std::array<std::uint16_t, 19> answer_sizes{65, 9, 4, 16, 4, 89, 60, 4, 17, 17, 4, 49, 0, 4, 9, 9, 9, 2, 24};
constexpr std::uint16_t size_of_error = 9;
/// No message may be larger once it is decompressed: 8 MiB of data and room for headers ([MS-SMB2] 3.3.5.2.13).
constexpr std::uint32_t largest_segment = 8 * 1024 * 1024 + 64 * 1024;

}  // namespace

bytes version_2::pointed(const header& h, std::size_t offset, std::size_t size, const message& m, output& out) const {
  if (size == 0) return {};
  if (offset < size_of_header || offset > h.size || size > h.size - offset) {
    out.violate(m.from, "buffer_bounds", "an offset or a length points outside of the message");
    return {};
  }
  if (offset >= h.data.size()) return {};
  return h.data.subspan(offset, std::min(size, h.data.size() - offset));
}

void version_2::on_encrypted(bytes data, std::size_t size, const message& m, output& out) {
  reader in{data};
  in.skip(36);
  const auto original = in.u32le();
  if (size < size_of_transform || !in.ok() || original > size - size_of_transform)
    return out.violate(m.from, "transform_size", "an encrypted message is shorter than it says");
  out.count(protocol_name, "transform", "encrypted");
  if (encrypted_told_) return;
  encrypted_told_ = true;
  out.describe("smb_encrypted", "yes");
}

void version_2::on_compressed(bytes data, std::size_t size, const message& m, output& out) {
  reader in{data};
  in.skip(4);
  const auto original = in.u32le();
  const auto algorithm = in.u16le(), flags = in.u16le();
  const auto offset = in.u32le();
  out.count(protocol_name, "compressed", algorithm);
  if (size < size_of_compression || !in.ok()) return out.violate(m.from, "compression_size", "a compressed message is cut");
  if (original > largest_segment) return out.violate(m.from, "compression_size", "more data is announced than any message may hold");
  if ((flags & 1) == 0 && (offset > size - size_of_compression || offset > original))
    return out.violate(m.from, "compression_offset", "what is not compressed reaches beyond the message");
  if (negotiated_ && !compression_) out.violate(m.from, "compression_not_negotiated", "a message is compressed without an agreement on it");
  out.describe("smb_compressed", "yes");
}

void version_2::on_message(bytes data, std::size_t size, const message& m, output& out, std::optional<operation>& multi) {
  state_.family = "smb2";
  compound_open_ = 0;
  compound_file_ = {};
  for (bool first = true; !data.empty(); first = false) {
    reader in{data};
    in.skip(4);
    const auto structure = in.u16le();
    in.skip(2);
    header h;
    h.status = in.u32le();
    h.command = in.u16le();
    in.skip(2);
    h.flags = in.u32le();
    const std::size_t next = in.u32le();
    h.message = in.u64le();
    in.skip(4);
    h.tree = in.u32le();
    h.session = in.u64le();
    in.skip(16);
    if (!in.ok() || structure != size_of_header) return out.violate(m.from, "header", "a header is cut or has another size");
    if (next != 0 && (next % 8 != 0 || next < size_of_header || next >= size))
      return out.violate(m.from, "next_command", "the next element of a compound is not where one may be");
    h.size = next != 0 ? next : size;
    h.data = data.first(std::min(h.size, data.size()));
    const bool answer = (h.flags & is_answer) != 0;
    if (first && !answer && (h.flags & is_related) != 0) out.violate(m.from, "related", "the first request is related to one before it");
    if (h.command >= request_sizes.size()) return out.violate(m.from, "command", "a command that does not exist");
    out.count(protocol_name, answer ? "smb2_response" : "smb2", h.command);
    const auto fixed = in.u16le();
    if (answer ? fixed != answer_sizes[h.command] && fixed != size_of_error : fixed != request_sizes[h.command])
      out.violate(m.from, "structure_size", "the fixed part of a command has another size");
    else if (answer)
      on_answer(h, m, out, multi);
    else
      on_request(h, m, out);
    if (next == 0 || next >= data.size()) return;
    data = data.subspan(next), size -= next;
  }
}

version_2::asked version_2::about(const header& h, const file_id& id) {
  asked a{.command = h.command, .tree = h.tree, .session = h.session, .file = id};
  const bool same = std::ranges::all_of(id, [](auto b) { return b == 0xff; });
  if (!same || (h.flags & is_related) == 0) return compound_file_ = id, a;
  a.with = compound_open_;
  a.file = compound_file_;
  return a;
}
file* version_2::file_of(const asked& a) { return a.with != 0 ? state_.made_by(a.with) : state_.find(a.file); }

void version_2::ask(const header& h, operation&& op, asked&& a, const message& m, output& out) {
  a.command = h.command, a.tree = h.tree, a.session = h.session;
  waiting_.add(h.message, std::move(op), out, m.from, std::move(a));
}
void version_2::wait_quietly(const header& h, asked&& a, const message& m, output& out) {
  if (quiet_.size() >= most_quiet) {
    out.count(protocol_name, "forgotten", "request");
    quiet_.pop_front();
  }
  quiet_.push_back({h.message, m.time, std::move(a)});
}

void version_2::on_request(const header& h, const message& m, output& out) {
  constexpr std::size_t id_of_close = 8, id_of_read = 16;
  const auto id_at = [&](std::size_t at) {
    file_id id{};
    reader in{body(h)};
    in.skip(at);
    std::ranges::copy(in.take(16), id.begin());
    return id;
  };
  switch (h.command) {
    case 0: state_.from_beginning = true; return negotiate(h, m, out);
    case 1: return set_up(h, m, out);
    case 2: return ask(h, made("smb2", 2, "logoff", action::session, m.time), {}, m, out);
    case 3: return connect(h, m, out);
    case 5: return open(h, m, out);
    case 6: return wait_quietly(h, about(h, id_at(id_of_close)), m, out);
    case 8: return wait_quietly(h, about(h, id_at(id_of_read)), m, out);
    case 9: return write(h, m, out);
    case 11: return control(h, m, out);
    case 12: return;  // is not answered itself
    case 14: return list(h, m, out);
    case 17: return set_info(h, m, out);
    default: return wait_quietly(h, {.command = h.command, .tree = h.tree, .session = h.session}, m, out);
  }
}

void version_2::on_answer(const header& h, const message& m, output& out, std::optional<operation>& multi) {
  if (h.status == pending) return;  // the true answer is still to come
  if (h.status != 0) out.count(protocol_name, "status", h.status);
  if (const auto q = std::ranges::find(quiet_, h.message, &quiet::message); q != quiet_.end()) {
    const auto what = *q;
    quiet_.erase(q);
    return on_quiet_answer(h, what, m, out);
  }
  auto r = waiting_.take(h.message);
  if (!r) {
    if (h.command == 0 && multi) {
      auto op = std::move(*multi);
      multi.reset();
      judge(op, h.status);
      op.latency = m.time - op.time;
      negotiated(h, op, m, out);
      return out.emit(std::move(op), other(m.from));
    }
    constexpr std::uint64_t unasked = ~0ull;  // a broken lease
    if (h.message != unasked && state_.from_beginning && !state_.gaps)
      out.violate(m.from, "unpaired_response", "an answer to a message that was not sent");
    return;
  }
  if (h.command != r->extra.command) {
    out.violate(m.from, "response_command", "an answer has another command than its request");
    return answer(*r, m.time, outcome::ok, out);
  }
  judge(r->op, h.status);
  switch (h.command) {
    case 0: negotiated(h, r->op, m, out); break;
    case 1: {
      reader in{body(h)};
      in.skip(2);
      const auto flags = in.u16le();
      const std::size_t offset = in.u16le(), size = in.u16le();
      operation ignored;
      const auto leg =
          in.ok() && h.data.size() > size_of_header + 8 ? read_security(pointed(h, offset, size, m, out), m, ignored, out) : logon{};
      if (h.status == more_processing && (leg.ntlm_asks || r->extra.first_leg)) return;
      if (h.status == more_processing) r->op.outcome = outcome::none;
      if (h.status == 0 && (flags & 1) != 0) r->op.fields.emplace_back("guest", true);
      if (h.status == 0 && (flags & 4) != 0) out.describe("smb_encrypted", "required");
      break;
    }
    case 3:
      if (h.status == 0) {
        reader in{body(h)};
        in.skip(2);
        const auto kind = in.u8();
        constexpr std::array<std::string_view, 4> kinds{"", "disk", "pipe", "printer"};
        if (kind < kinds.size()) r->op.fields.emplace_back("share_type", std::string{kinds[kind]});
        state_.add({h.session, h.tree, r->extra.path, kind == 2}, out);
      }
      break;
    case 5: opened(h, r->extra, r->op, m, out); break;
    default: break;
  }
  if (r->op.objects.empty())
    if (const auto* const f = file_of(r->extra)) r->op.objects.push_back(f->as_object());
  answer(*r, m.time, r->op.outcome, out);
}

void version_2::on_quiet_answer(const header& h, const quiet& q, const message& m, output& out) {
  auto* const f = file_of(q.what);
  if (f == nullptr) {
    if (h.command == 4 && h.status == 0) state_.remove_share(q.what.session, q.what.tree);
    return;
  }
  reader in{body(h)};
  in.skip(2);
  switch (h.command) {
    case 6: {
      if (h.status != 0) return;
      const auto flags = in.u16le();
      in.skip(4 + 32 + 8);
      const auto end = in.u64le();
      auto op = made("smb2", 6, "close", action::read, q.time);
      op.outcome = outcome::ok;
      op.latency = m.time - q.time;
      if ((flags & 1) != 0 && in.ok()) op.fields.emplace_back("size", end);
      state::tell(*f, std::move(op), other(m.from), out);
      state_.remove(f->id, out);
      return;
    }
    case 8: {
      constexpr std::uint32_t more_to_come = 0x80000005;
      if (h.status != 0 && h.status != more_to_come) return;
      const std::size_t offset = in.u8();
      in.skip(1);
      const std::size_t size = in.u32le();
      const auto data = pointed(h, offset, size, m, out);
      f->read += size;
      if (!f->pipe) return;
      auto part = m;
      part.data = data;
      f->pipe->on_octets(part, out);
      if (data.size() < size) f->pipe->on_gap(m.from);
      return;
    }
    case 9:
      if (h.status == 0) f->written += q.what.octets;
      return;
    case 11: return controlled(h, q.what, m, out);
    default: return;
  }
}

}  // namespace mw::smb
