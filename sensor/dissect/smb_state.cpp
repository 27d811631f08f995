// Shares, files and logons ([MS-SMB2] 3.3.1, [MS-CIFS] 3.3.1).
#include "sensor/dissect/smb_state.hpp"

#include "sensor/dissect/lines.hpp"
#include "sensor/dissect/ntlmssp_facts.hpp"
#include "sensor/dissect/spnego.hpp"

#include <algorithm>

namespace mw::smb {

void state::add(share s, output& out) {
  remove_share(s.session, s.id);
  if (shares_.size() >= most_shares) {
    out.count(protocol_name, "forgotten", "share");
    shares_.pop_front();
  }
  shares_.push_back(std::move(s));
}
const share* state::find_share(std::uint64_t session, std::uint32_t id) const {
  const auto at = std::ranges::find_if(shares_, [&](const share& s) { return s.session == session && s.id == id; });
  return at != shares_.end() ? &*at : nullptr;
}
void state::remove_share(std::uint64_t session, std::uint32_t id) {
  std::erase_if(shares_, [&](const share& s) { return s.session == session && s.id == id; });
}

std::string state::path_of(std::uint64_t session, std::uint32_t id, const std::string& name) const {
  const auto* const s = find_share(session, id);
  if (s == nullptr) return name;
  if (name.empty()) return s->path;
  return s->path + (name.starts_with('\\') ? "" : "\\") + name;
}

file& state::add(file f, timestamp now, output& out) {
  remove(f.id, out);
  if (files_.size() >= most_files) {
    out.count(protocol_name, "forgotten", "file");
    auto& oldest = files_.front();
    if (oldest.pipe) oldest.pipe->on_end(out);
    tell(oldest, made(family, family == "smb2" ? 6 : 4, "close", action::read, now), oldest.asker, out);
    files_.pop_front();
  }
  files_.push_back(std::move(f));
  return files_.back();
}
file* state::find(const file_id& id) {
  const auto at = std::ranges::find(files_, id, &file::id);
  return at != files_.end() ? &*at : nullptr;
}
file* state::made_by(std::uint64_t message) {
  const auto at = std::ranges::find(files_, message, &file::made_by);
  return at != files_.end() ? &*at : nullptr;
}
void state::remove(const file_id& id, output& out) {
  const auto at = std::ranges::find(files_, id, &file::id);
  if (at == files_.end()) return;
  if (at->pipe) at->pipe->on_end(out);
  files_.erase(at);
}

void state::tell(file& f, operation op, side asker, output& out) {
  if (f.space == "pipe" || (f.read == 0 && f.written == 0) || !f.tell) return;
  f.tell = false;
  op.action = f.written != 0 ? action::file_write : action::file_read;
  op.objects = {f.as_object()};
  if (f.read != 0) op.fields.emplace_back("bytes_read", f.read);
  if (f.written != 0) op.fields.emplace_back("bytes_written", f.written);
  out.emit(std::move(op), asker);
}

void state::on_gap(side from) {
  gaps = true;
  for (auto& f : files_)
    if (f.pipe) f.pipe->on_gap(from);
}
void state::on_time(timestamp now, output& out) {
  for (auto& f : files_)
    if (f.pipe) f.pipe->on_time(now, out);
}
void state::on_end(timestamp now, output& out) {
  for (auto& f : files_) {
    if (f.pipe) f.pipe->on_end(out);
    tell(f, made(family, family == "smb2" ? 6 : 4, "close", action::read, now), f.asker, out);
  }
  files_.clear();
}

operation made(std::string_view family, unsigned command, std::string name, action means, timestamp time) {
  operation op;
  op.time = time;
  op.action = means;
  op.function = std::string{family} + '/' + std::to_string(command);
  op.function_name = std::move(name);
  return op;
}

void judge(operation& op, std::uint32_t status) {
  const bool refused = msrpc::is_refusal(msrpc::status::ntstatus, status);
  op.outcome = refused ? outcome::refused : outcome::ok;
  if (refused) op.code = std::to_string(status);
  if (status == 0) return;
  const auto name = msrpc::status_name(msrpc::status::ntstatus, status);
  op.fields.emplace_back("status", name.empty() ? std::to_string(status) : std::string{name});
}

bool is_administrative(std::string_view path) {
  const auto slash = path.rfind('\\');
  const auto name = slash == std::string_view::npos ? path : path.substr(slash + 1);
  if (!name.ends_with('$')) return false;
  return same_letters(name, "ADMIN$") || (name.size() == 2 && std::string_view{"abcdefghijklmnopqrstuvwxyz"}.find(
                                                                  static_cast<char>(name[0] | 0x20)) != std::string_view::npos);
}

logon read_security(bytes blob, const message& m, operation& op, output& out) {
  logon how;
  if (blob.empty()) return how;
  const auto token = spnego::read(blob);
  if (!token) {
    out.violate(m.from, "security_blob", token.error().what);
    return how;
  }
  if (!token->mechanism().empty()) op.fields.emplace_back("authentication", std::string{token->mechanism()});
  if (!token->service.empty()) op.fields.emplace_back("service", token->service);
  if (!token->realm.empty()) op.fields.emplace_back("realm", token->realm);
  if (token->ntlm.empty()) return how;
  const auto said = ntlmssp::read(token->ntlm);
  if (!said) {
    out.violate(m.from, "ntlm", said.error().what);
    return how;
  }
  how.ntlm_begins = said->type == ntlmssp::kind::negotiate;
  how.ntlm_asks = said->type == ntlmssp::kind::challenge;
  ntlmssp::learn_from(*said, m.from, out);
  if (said->type == ntlmssp::kind::authenticate) {
    ntlmssp::add_to(op, *said);
    if (!said->user.empty()) out.describe("user", said->domain.empty() ? said->user : said->domain + '\\' + said->user);
  }
  return how;
}

}  // namespace mw::smb
