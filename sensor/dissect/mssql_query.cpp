// What a client asks of a SQL server, and what is answered ([MS-TDS] 2.2.6.6, 2.2.6.7, 2.2.7).
#include "sensor/dissect/mssql_query.hpp"

#include "sensor/dissect/ntlmssp.hpp"

#include <algorithm>
#include <array>

namespace mw::mssql {
namespace {

constexpr std::size_t longest_read = 4096, longest_name = 128;

struct word {
  std::string_view text;
  mw::action action;
};
constexpr word keywords[] = {
    {"SELECT", action::read},     {"WITH", action::read},          {"INSERT", action::write},      {"UPDATE", action::write},
    {"DELETE", action::write},    {"MERGE", action::write},        {"TRUNCATE", action::write},    {"EXEC", action::control},
    {"EXECUTE", action::control}, {"CREATE", action::configure},   {"ALTER", action::configure},   {"DROP", action::configure},
    {"GRANT", action::configure}, {"REVOKE", action::configure},   {"DENY", action::configure},    {"RECONFIGURE", action::configure},
    {"DBCC", action::diagnose},   {"BULK", action::write},         {"BACKUP", action::file_write}, {"RESTORE", action::file_read},
    {"SHUTDOWN", action::stop},   {"KILL", action::control},       {"USE", action::session},       {"SET", action::session},
    {"DECLARE", action::session}, {"BEGIN", action::session},      {"COMMIT", action::session},    {"ROLLBACK", action::session},
    {"SAVE", action::session},    {"IF", action::session},         {"WHILE", action::session},     {"PRINT", action::session},
    {"FETCH", action::read},      {"OPEN", action::read},          {"CLOSE", action::session},     {"DEALLOCATE", action::session},
    {"WAITFOR", action::session}, {"CHECKPOINT", action::session}, {"RAISERROR", action::session}};
/// Procedures that run programs, read files and the registry, or change the server.
constexpr std::array<std::string_view, 12> far_reaching{"xp_cmdshell", "sp_oacreate",    "sp_oamethod",         "xp_regread",
                                                        "xp_regwrite", "xp_dirtree",     "xp_fileexist",        "sp_configure",
                                                        "openrowset",  "opendatasource", "sp_addsrvrolemember", "sp_addextendedproc"};
/// Procedures that are called by number (2.2.6.6).
constexpr std::array<std::string_view, 16> numbered{"",
                                                    "sp_cursor",
                                                    "sp_cursoropen",
                                                    "sp_cursorprepare",
                                                    "sp_cursorexecute",
                                                    "sp_cursorprepexec",
                                                    "sp_cursorunprepare",
                                                    "sp_cursorfetch",
                                                    "sp_cursoroption",
                                                    "sp_cursorclose",
                                                    "sp_executesql",
                                                    "sp_prepare",
                                                    "sp_execute",
                                                    "sp_prepexec",
                                                    "sp_prepexecrpc",
                                                    "sp_unprepare"};

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool in_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view{"_.#$@[]"}.find(c) != std::string_view::npos;
}

/// UTF-16 as far as it is ASCII, which all keywords are.
std::string narrow(bytes data) {
  std::string out;
  reader in{data.first(std::min(data.size(), longest_read))};
  while (in.left() >= 2) {
    const auto c = in.u16le();
    out += c < 0x80 ? static_cast<char>(c) : '?';
  }
  return out;
}

void skip_blanks(std::string_view& s) {
  constexpr std::string_view blanks = " \t\r\n;(";
  for (;;) {
    s.remove_prefix(std::min(s.find_first_not_of(blanks), s.size()));
    const auto end = s.starts_with("--") ? s.find('\n') : s.starts_with("/*") ? s.find("*/") : 0;
    if (end == 0) return;
    s.remove_prefix(end == std::string_view::npos ? s.size() : end + 2 - (s[0] == '-' ? 1 : 0));
  }
}
std::string_view name(std::string_view& s) {
  std::size_t n = 0;
  while (n < s.size() && n < longest_name && in_name(s[n])) ++n;
  const auto found = s.substr(0, n);
  s.remove_prefix(n);
  return found;
}

query read_statement(std::string_view s) {
  query q;
  std::string small{s};
  std::ranges::transform(small, small.begin(), lower);
  for (const auto each : far_reaching)
    if (small.find(each) != std::string::npos) q.mentions = each;
  skip_blanks(s);
  const auto first = name(s);
  std::string big{first};
  std::ranges::transform(big, big.begin(), upper);
  const auto at = std::ranges::find(keywords, big, &word::text);
  if (at != std::end(keywords)) {
    q.keyword = at->text == "EXECUTE" ? "EXEC" : at->text;
    q.action = at->action;
    if (q.keyword != "EXEC") return q;
    skip_blanks(s);
    auto called = name(s);
    if (called.starts_with('@')) {  // EXEC @result = procedure
      s.remove_prefix(std::min(s.find_first_not_of(" ="), s.size()));
      called = name(s);
    }
    q.procedure = called;
  } else if (big.starts_with("SP_") || big.starts_with("XP_")) {  // the first statement of a batch needs no EXEC
    q.keyword = "EXEC";
    q.action = action::control;
    q.procedure = first;
  } else {
    q.keyword = "other";
    q.action = action::session;
  }
  return q;
}

/// Since version 7.2 headers stand before what is asked (2.2.5.2).
void skip_headers(reader& in) {
  reader ahead{in.rest()};
  const auto all = ahead.u32le();
  const auto first = ahead.u32le();
  const auto type = ahead.u16le();
  if (ahead.ok() && all >= 10 && all <= in.left() && first >= 6 && first <= all - 4 && type >= 1 && type <= 3) in.skip(all);
}

enum data_type : std::uint8_t { integer = 0x26, wide_text = 0xe7, long_wide_text = 0x63 };
/// A parameter of a call: its text where it is one. False where its type is another.
bool parameter(reader& in, std::optional<std::string>& text) {
  text.reset();
  in.skip(in.u8() * std::size_t{2});  // its name
  in.skip(1);
  const auto type = in.u8();
  if (type == integer) {
    in.skip(1);
    in.skip(in.u8());
    return in.ok();
  }
  if (type == wide_text) {
    constexpr std::uint16_t unlimited = 0xffff, null = 0xffff;
    const auto most = in.u16le();
    in.skip(5);
    if (most == unlimited) {
      in.skip(8);
      const std::size_t size = in.u32le();
      text = narrow(in.take(std::min(size, in.left())));
      if (in.left() >= 4) in.skip(4);  // the chunk that ends it
      return in.ok();
    }
    const auto size = in.u16le();
    if (size != null) text = narrow(in.take(std::min<std::size_t>(size, in.left())));
    return in.ok();
  }
  if (type != long_wide_text) return false;
  in.skip(4 + 5);
  const std::size_t size = in.u32le();
  text = narrow(in.take(std::min(size, in.left())));
  return in.ok();
}

/// Token kinds (2.2.7) that have a size of their own.
enum token : std::uint8_t {
  return_status = 0x79,
  order = 0xa9,
  error = 0xaa,
  info = 0xab,
  login_ack = 0xad,
  feature_ack = 0xae,
  environment = 0xe3,
  session_state = 0xe4,
  security = 0xed,
  federation = 0xee,
  done_token = 0xfd,
  done_procedure = 0xfe,
  done_in_procedure = 0xff,
};

std::string wide(reader& in, std::size_t characters) { return ntlmssp::from_utf16(in.take(characters * 2)); }

void read_error(reader in, answer_words& to) {
  const auto number = in.u32le();
  in.skip(2);
  auto text = wide(in, in.u16le());
  auto server = wide(in, in.u8());
  if (!in.ok()) return;
  if (!to.error) to.error = number, to.message = std::move(text);
  if (to.server.empty()) to.server = std::move(server);
}
void read_login_ack(reader in, answer_words& to) {
  in.skip(1 + 4);
  to.program = wide(in, in.u8());
  const unsigned major = in.u8(), minor = in.u8(), build = in.u16();
  to.login_accepted = in.ok();
  if (in.ok()) to.program_version = std::to_string(major) + '.' + std::to_string(minor) + '.' + std::to_string(build);
}
void read_environment(reader in, answer_words& to) {
  constexpr std::uint8_t database = 1;
  if (in.u8() == database) to.database = wide(in, in.u8());
}

}  // namespace

query read_batch(bytes payload) {
  reader in{payload};
  skip_headers(in);
  return read_statement(narrow(in.rest()));
}

std::optional<query> read_call(bytes payload) {
  constexpr std::uint16_t by_number = 0xffff;
  constexpr std::string_view executes = "sp_executesql", prepares = "sp_prepare", prepares_too = "sp_prepexec";
  reader in{payload};
  skip_headers(in);
  query q;
  q.keyword = "EXEC";
  q.action = action::control;
  const auto size = in.u16le();
  if (size == by_number) {
    const auto number = in.u16le();
    if (number >= numbered.size() || number == 0) return {};
    q.procedure = numbered[number];
  } else {
    if (size == 0 || size > 1046) return {};
    q.procedure = wide(in, size);
  }
  in.skip(2);
  if (!in.ok()) return {};
  // what such a procedure is called with is a statement: the first text, or the one behind the list of parameters
  const std::size_t wanted = q.procedure == executes ? 1 : q.procedure == prepares || q.procedure == prepares_too ? 2 : 0;
  std::optional<std::string> text;
  for (std::size_t seen = 0, i = 0; wanted != 0 && i < 4 && in.left(); ++i) {
    if (!parameter(in, text)) break;
    // a list of parameters that is null has no text, but its place
    if (!text && !(i == 1 && wanted == 2)) continue;
    if (++seen != wanted) continue;
    auto inner = read_statement(text.value_or(std::string{}));
    inner.procedure = q.procedure;
    return inner;
  }
  if (q.procedure.starts_with("sp_cursor")) q.action = action::read;
  std::string small = q.procedure;
  std::ranges::transform(small, small.begin(), lower);
  for (const auto each : far_reaching)
    if (small.find(each) != std::string::npos) q.mentions = each;
  return q;
}

answer_words read_answer(bytes payload, bool long_counts) {
  answer_words a;
  reader in{payload};
  while (in.left()) {
    switch (in.u8()) {
      case return_status: in.skip(4); break;
      case order: in.skip(in.u16le()); break;
      case error: read_error(in.part(in.u16le()), a); break;
      case info: {
        answer_words told;
        read_error(in.part(in.u16le()), told);
        if (a.server.empty()) a.server = told.server;
        break;
      }
      case login_ack: read_login_ack(in.part(in.u16le()), a); break;
      case environment: read_environment(in.part(in.u16le()), a); break;
      case security: a.security_token = in.take(in.u16le()); break;
      case session_state:
      case federation: in.skip(in.u32le()); break;
      case feature_ack:
        while (in.left() && in.u8() != 0xff) in.skip(in.u32le());
        break;
      case done_token:
      case done_procedure:
      case done_in_procedure: in.skip(long_counts ? 12 : 8); break;
      default: a.whole = false; return a;  // rows and their like, whose sizes stand elsewhere
    }
  }
  a.whole = in.ok();
  return a;
}

std::optional<done> read_done(bytes payload, bool long_counts) {
  constexpr std::uint16_t failed = 0x02, counted = 0x10, known = 0x137;
  const std::size_t size = long_counts ? 13 : 9;
  if (payload.size() < size) return {};
  reader in{payload.last(size)};
  const auto kind = in.u8();
  const auto status = in.u16le();
  if ((kind != done_token && kind != done_procedure) || (status & ~known) != 0) return {};
  in.skip(2);
  const auto rows = in.le_n(size - 5);
  done d;
  d.failed = (status & failed) != 0;
  if ((status & counted) != 0) d.rows = rows;
  return d;
}

}  // namespace mw::mssql
