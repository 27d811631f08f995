// Transactions of SMB 1 ([MS-CIFS] 2.2.4.33 to 2.2.4.36, 2.2.4.46, 2.2.4.47, 2.2.4.62, 2.2.4.63, 2.2.5 to 2.2.7), of which parts may come
// in further messages.
#include "sensor/dissect/smb_v1.hpp"

#include "common/text.hpp"

#include <algorithm>

namespace mw::smb {
namespace {

enum command : std::uint8_t {
  transaction1 = 0x25,
  secondary1 = 0x26,
  transaction2 = 0x32,
  secondary2 = 0x33,
  nt_transact = 0xa0,
  nt_secondary = 0xa1
};
constexpr std::uint8_t primary_of(std::uint8_t c) { return static_cast<std::uint8_t>(c - 1); }

}  // namespace

version_1::parts version_1::parts_of(const header& h, const block& b, bool answer, const message& m, output& out) const {
  parts p;
  reader in{b.words};
  const bool nt = b.command == nt_transact;
  const auto number = [&]() -> std::uint32_t { return nt ? in.u32le() : in.u16le(); };
  if (nt) in.skip(answer ? 3 : 1 + 2);
  p.total_parameters = number(), p.total_data = number();
  if (!answer) {
    (void)number(), (void)number();
    if (!nt) in.skip(1 + 1 + 2 + 4);
  }
  if (!nt) in.skip(2);
  p.parameter_size = number();
  const auto parameters_at = number();
  if (answer) (void)number();
  p.data_size = number();
  const auto data_begins = number();
  if (answer) p.data_at = number();
  const std::size_t setup = in.u8();
  if (nt && !answer)
    p.function = in.u16le();
  else
    in.skip(1);
  if (!in.ok()) {
    out.violate(m.from, "transaction", "the head of a transaction is cut");
    return p;
  }
  p.setup = in.take(std::min(setup * 2, in.left()));
  if (p.parameter_size > p.total_parameters || p.data_size > p.total_data)
    out.violate(m.from, "transaction_total", "a message holds more of a transaction than its total");
  p.parameters = pointed(h, parameters_at, p.parameter_size, m, out);
  p.data = pointed(h, data_begins, p.data_size, m, out);
  p.valid = true;
  return p;
}

void version_1::transact(const header& h, const block& b, const message& m, output& out) {
  const auto p = parts_of(h, b, false, m, out);
  if (!p.valid) return quietly(h, b, {}, m, out);
  std::erase_if(transactions_, [&](const transaction& t) { return t.exchange == h.exchange(); });
  if (p.parameter_size < p.total_parameters || p.data_size < p.total_data) {
    if (transactions_.size() >= most_transactions) {
      out.count(protocol_name, "forgotten", "transaction");
      transactions_.pop_front();
    }
    transactions_.push_back({h.exchange(), b.command, p.total_parameters, p.total_data, p.parameter_size + p.data_size, false});
  }
  switch (b.command) {
    case transaction1: return on_pipe(h, b, p, m, out);
    case transaction2: return on_transaction2(h, b, p, m, out);
    default: return on_nt_transact(h, b, p, m, out);
  }
}

/// [MS-CIFS] 3.2.4.1.5, 3.3.5.2.5: a secondary message is of the same kind as its primary, and within the totals of that.
void version_1::secondary(const header& h, const block& b, const message& m, output& out) {
  const auto t = std::ranges::find(transactions_, h.exchange(), &transaction::exchange);
  if (t == transactions_.end()) {
    if (state_.from_beginning && !state_.gaps)
      out.violate(m.from, "secondary_without_primary", "a transaction is continued that was not begun, or is whole");
    return;
  }
  if (t->command != primary_of(b.command) && !std::exchange(t->mismatch_told, true))
    out.violate(m.from, "secondary_kind", "a transaction is continued by a message of another kind than it was begun with");
  reader in{b.words};
  const bool nt = b.command == nt_secondary;
  const auto number = [&]() -> std::uint32_t { return nt ? in.u32le() : in.u16le(); };
  if (nt) in.skip(3);
  const auto total_parameters = number(), total_data = number();
  const auto parameters = number();
  (void)number();
  const auto parameters_at = number();
  const auto data = number(), offset = number(), data_at = number();
  if (!in.ok()) return out.violate(m.from, "transaction", "the head of a transaction is cut");
  (void)pointed(h, offset, data, m, out);
  const bool beyond = std::uint64_t{parameters_at} + parameters > t->parameters || std::uint64_t{data_at} + data > t->data;
  const bool grows = (total_parameters > t->parameters || total_data > t->data) && t->command == primary_of(b.command);
  if (beyond || grows) out.violate(m.from, "secondary_bounds", "a transaction is continued beyond its total");
  t->sent += parameters + data;
}

/// True where an answer is not the last of its transaction: leave to send the rest, or a part of the result.
bool version_1::goes_on(const header& h, const block& b, const message& m, output& out) {
  const auto t = std::ranges::find(transactions_, h.exchange(), &transaction::exchange);
  if (t != transactions_.end() && h.status == 0 && b.words.empty() && t->sent < t->parameters + t->data) return true;
  if (t != transactions_.end()) transactions_.erase(t);
  if (b.words.empty() || (h.nt_status() && h.status >> 30 == 3)) return false;
  const auto p = parts_of(h, b, true, m, out);
  return p.valid && std::uint64_t{p.data_at} + p.data_size < p.total_data && p.data_size != 0;
}

/// Named pipes and mail slots ([MS-CIFS] 2.2.5; remote administration of LAN Manager: [MS-RAP] 2.5).
void version_1::on_pipe(const header& h, const block& b, const parts& p, const message& m, output& out) {
  enum : std::uint16_t {
    set_state = 0x01,
    query_state = 0x21,
    query_info = 0x22,
    peek = 0x23,
    transceive = 0x26,
    wait = 0x53,
    call = 0x54
  };
  reader in{p.setup};
  const auto function = in.u16le(), number = in.u16le();
  reader rest{b.octets, b.octets_at};
  const auto name = text(h, rest);
  if (name == "\\PIPE\\LANMAN") {
    reader ask_for{p.parameters};
    constexpr std::array<std::pair<std::uint16_t, std::string_view>, 6> functions{{{0, "rap_net_share_enum"},
                                                                                   {1, "rap_net_share_get_info"},
                                                                                   {13, "rap_net_server_get_info"},
                                                                                   {63, "rap_net_wksta_get_info"},
                                                                                   {104, "rap_net_server_enum2"},
                                                                                   {215, "rap_net_server_enum3"}}};
    const auto code = ask_for.u16le();
    const auto* const known = std::ranges::find(functions, code, [](const auto& f) { return f.first; });
    auto op = made("smb1", b.command, known != functions.end() ? std::string{known->second} : "rap_" + std::to_string(code), action::read,
                   m.time);
    op.objects.push_back({"pipe", name});
    return ask(h, b, std::move(op), {}, m, out);
  }
  if (function == transceive && in.ok()) {
    auto* f = file_of(number);
    if (f == nullptr && msrpc::begins(p.data)) {
      file unseen;
      unseen.id = id_of(number);
      unseen.space = "pipe";
      unseen.asker = m.from;
      unseen.pipe = std::make_unique<msrpc::calls>();
      f = &state_.add(std::move(unseen), m.time, out);
    }
    if (f != nullptr) feed(*f, p.data, p.data_size, m, out);
  }
  asked a;
  a.file = number;
  quietly(h, b, std::move(a), m, out);
}

void version_1::on_transaction2(const header& h, const block& b, const parts& p, const message& m, output& out) {
  enum : std::uint16_t { open2 = 0, find_first = 1, set_path = 6, set_file = 8, create_directory = 13, session_setup = 14, dfs = 16 };
  reader setup{p.setup}, in{p.parameters};
  const auto sub = setup.u16le();
  if (!setup.ok()) return quietly(h, b, {}, m, out);
  out.count(protocol_name, "transaction2", sub);
  // [MS-CIFS] 2.2.6.15 and its like: numbers that are reserved, which clients do not send and servers do not implement
  if (sub == session_setup || sub == 12 || sub == 15 || sub > 17)
    out.violate(m.from, "reserved_subcommand", "a subcommand of TRANSACTION2 that is reserved");
  const auto path = [&] {
    reader at_place{in.rest()};
    return state_.path_of(0, h.tree, text(h, at_place));
  };
  auto op = made("smb1", b.command, transaction_2(sub), action::read, m.time);
  op.function += '/' + std::to_string(sub);
  asked a;
  switch (sub) {
    case open2: {
      in.skip(28);
      op.objects.push_back({"file", path()});
      op.action = action::file_read;
      // the list of extended attributes begins with its own size ([MS-CIFS] 2.2.1.2.2.1)
      reader list{p.data};
      const auto size = list.u32le();
      if (list.ok() && size > p.total_data) out.violate(m.from, "attribute_list", "a list of extended attributes is larger than its data");
      return ask(h, b, std::move(op), std::move(a), m, out);
    }
    case find_first:
      in.skip(12);
      op.action = action::file_read;
      op.objects.push_back({"directory", path()});
      return ask(h, b, std::move(op), std::move(a), m, out);
    case create_directory:
      in.skip(4);
      op.action = action::file_write;
      op.objects.push_back({"directory", path()});
      return ask(h, b, std::move(op), std::move(a), m, out);
    case set_path:
    case set_file: {
      constexpr std::uint16_t disposition = 0x102, pass_through = 1000;
      const auto number = sub == set_file ? in.u16le() : std::uint16_t{0};
      const auto level = in.u16le();
      const auto through = level >= pass_through ? level - pass_through : 0;
      const bool deletes = (level == disposition || through == 13 || through == 64) && !p.data.empty() && (p.data[0] & 1) != 0;
      if (!deletes && through != 10 && through != 65) break;
      op.action = deletes ? action::file_delete : action::file_write;
      op.function_name = deletes ? "set_disposition" : "set_rename";
      if (const auto* const f = sub == set_file ? file_of(number) : nullptr) op.objects.push_back(f->as_object());
      if (sub == set_path) in.skip(4), op.objects.push_back({"file", path()});
      if (!deletes) {
        reader what{p.data};
        what.skip(8);
        const std::size_t length = what.u32le();
        op.fields.emplace_back("new_name", ntlmssp::from_utf16(what.take(std::min(length, what.left()))));
      }
      return ask(h, b, std::move(op), std::move(a), m, out);
    }
    case dfs:
    case session_setup: return ask(h, b, std::move(op), std::move(a), m, out);
    default: break;
  }
  quietly(h, b, std::move(a), m, out);
}

void version_1::on_nt_transact(const header& h, const block& b, const parts& p, const message& m, output& out) {
  enum : std::uint16_t { nt_create = 1, nt_ioctl = 2, set_security = 3, last = 8 };
  out.count(protocol_name, "nt_transact", p.function);
  if (p.function == 0 || p.function > last) out.violate(m.from, "reserved_subcommand", "a function of NT_TRANSACT that is reserved");
  auto op = made("smb1", b.command, nt_transaction(p.function), action::read, m.time);
  op.function += '/' + std::to_string(p.function);
  reader setup{p.setup}, in{p.parameters};
  if (p.function == nt_ioctl) {
    const auto code = setup.u32le();
    auto known = control_of(code);
    op.function_name = std::move(known.name);
    op.action = known.means;
    op.fields.emplace_back("control_code", std::int64_t{code});
    if (const auto* const f = file_of(setup.u16le())) op.objects.push_back(f->as_object());
    return ask(h, b, std::move(op), {}, m, out);
  }
  if (p.function == set_security) {
    op.action = action::configure;
    if (const auto* const f = file_of(in.u16le())) op.objects.push_back(f->as_object());
    return ask(h, b, std::move(op), {}, m, out);
  }
  if (p.function == 0 || p.function > last) return ask(h, b, std::move(op), {}, m, out);
  quietly(h, b, {}, m, out);
}

}  // namespace mw::smb
