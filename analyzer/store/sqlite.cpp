// The C interface of SQLite (sqlite.org/c3ref), used here and nowhere else.
#include "analyzer/store/sqlite.hpp"

#include "analyzer/store/transaction.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

namespace mw {
namespace {

constexpr int lock_patience_ms = 5000;

std::string_view remedy(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL: return "the disk is full: free space, or lower store.bytes or store.days";
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return "another program holds it: stop the other millwatch on this folder, or wait for it";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return "the file is damaged: restore it from a copy, or move it away (sqlite3 FILE .recover saves what can be read)";
    case SQLITE_CANTOPEN: return "check that the folder exists, its rights, and the limit of open files";
    case SQLITE_READONLY:
    case SQLITE_PERM: return "it cannot be written: check the rights of the file and of its folder";
    case SQLITE_IOERR: return "the disk failed to read or write: check the disk and the system's log";
    case SQLITE_TOOBIG: return "a row is larger than SQLite takes";
    default: return "please report this";
  }
}

tl::unexpected<std::string> failed(const std::string& path, int code, const char* said) {
  return tl::unexpected{path + ": " + said + ": " + std::string{remedy(code)}};
}
tl::unexpected<std::string> failed(const std::string& path, sqlite3* d) {
  return failed(path, sqlite3_extended_errcode(d), sqlite3_errmsg(d));
}

}  // namespace

void statement::closer::operator()(sqlite3_stmt* s) const { sqlite3_finalize(s); }
void statement::put(int at, std::int64_t v) { sqlite3_bind_int64(is_.get(), at, v); }
void statement::put(int at, double v) { sqlite3_bind_double(is_.get(), at, v); }
void statement::put(int at, std::string_view v) {
  sqlite3_bind_text64(is_.get(), at, v.empty() ? "" : v.data(), v.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}
void statement::put(int at, bytes v) { sqlite3_bind_blob64(is_.get(), at, v.data(), v.size(), SQLITE_TRANSIENT); }

store_result<void> statement::finish() {
  for (;;) {
    const auto row = next();
    if (!row) return tl::unexpected{row.error()};
    if (!*row) return {};
  }
}

store_result<bool> statement::next() {
  const int code = sqlite3_step(is_.get());
  if (code == SQLITE_ROW) return true;
  store_result<bool> answer = false;
  if (code != SQLITE_DONE) answer = failed(path_, sqlite3_db_handle(is_.get()));
  sqlite3_reset(is_.get());
  sqlite3_clear_bindings(is_.get());
  bound_ = 0;
  return answer;
}

std::int64_t statement::integer(int column) const { return sqlite3_column_int64(is_.get(), column); }
double statement::real(int column) const { return sqlite3_column_double(is_.get(), column); }
std::string statement::text(int column) const {
  const auto b = blob(column);
  return {b.begin(), b.end()};
}
std::vector<std::uint8_t> statement::blob(int column) const {
  const auto* from = static_cast<const std::uint8_t*>(sqlite3_column_blob(is_.get(), column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(is_.get(), column));
  if (from == nullptr) return {};
  const std::span<const std::uint8_t> all{from, size};
  return {all.begin(), all.end()};
}

void database::closer::operator()(sqlite3* d) const { sqlite3_close_v2(d); }

store_result<database> database::open(const std::string& path, mode how, int version, const char* schema) {
  if (how == mode::write)  // made here, so that others cannot read what is said in the plant
    if (const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640); file >= 0) ::close(file);
  database d;
  d.path_ = path;
  sqlite3* raw = nullptr;
  const int flags = (how == mode::write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY) | SQLITE_OPEN_NOMUTEX |
                    SQLITE_OPEN_EXRESCODE;
  const int code = sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
  d.is_.reset(raw);
  if (code != SQLITE_OK) return failed(path, code, sqlite3_errstr(code));
  sqlite3_busy_timeout(raw, lock_patience_ms);

  const auto version_of = [&]() -> store_result<std::int64_t> {  // 0: no table yet
    auto table = d.prepare("SELECT count(*) FROM sqlite_schema WHERE name='schema_version'");
    if (!table) return tl::unexpected{table.error()};
    if (const auto row = table->next(); !row) return tl::unexpected{row.error()};
    if (table->integer(0) == 0) return 0;
    auto number = d.prepare("SELECT max(version) FROM schema_version");
    if (!number) return tl::unexpected{number.error()};
    if (const auto row = number->next(); !row) return tl::unexpected{row.error()};
    return number->integer(0);
  };
  const auto refuse = [&](std::int64_t found) {
    return tl::unexpected{path + ": was written by a newer millwatch (schema " + std::to_string(found) + ", this program knows up to " +
                          std::to_string(version) + "): update this program"};
  };
  auto found = version_of();
  if (!found) return tl::unexpected{found.error()};
  if (*found > version) return refuse(*found);
  if (how == mode::read) {
    if (*found == 0) return tl::unexpected{path + ": holds nothing of millwatch: check --data"};
    return d;
  }
  if (auto done = d.exec(*found == 0 ? "PRAGMA page_size=8192; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL"
                                     : "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL");
      !done)
    return tl::unexpected{done.error()};
  if (*found == 0) {
    transaction t{d};
    auto done = t.begin();
    if (done) found = version_of();  // two programs may have begun at once
    if (!found) return tl::unexpected{found.error()};
    if (*found > version) return refuse(*found);
    if (done && *found == 0)
      done = d.exec(std::string{schema} + "; CREATE TABLE schema_version(version INTEGER NOT NULL); INSERT INTO schema_version VALUES(" +
                    std::to_string(version) + ")");
    if (done) done = t.commit();
    if (!done) return tl::unexpected{done.error()};
  }
  return d;
}

store_result<void> database::exec(const std::string& sql) {
  if (sqlite3_exec(is_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) return failed(path_, is_.get());
  return {};
}

store_result<statement> database::prepare(const std::string& sql) {
  statement s;
  sqlite3_stmt* raw = nullptr;
  if (sqlite3_prepare_v3(is_.get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &raw, nullptr) != SQLITE_OK)
    return failed(path_, is_.get());
  s.is_.reset(raw);
  s.path_ = path_;
  return s;
}

std::int64_t database::changes() const { return sqlite3_changes64(is_.get()); }

store_result<std::uint64_t> database::bytes_used() {
  auto s = prepare(
      "SELECT (p.page_count - f.freelist_count) * s.page_size FROM pragma_page_count p, pragma_freelist_count f, pragma_page_size s");
  if (!s) return tl::unexpected{s.error()};
  if (const auto row = s->next(); !row) return tl::unexpected{row.error()};
  return s->count(0);
}

transaction::~transaction() {
  if (open_) (void)of_.exec("ROLLBACK");  // fails where SQLite has rolled back by itself
}
store_result<void> transaction::begin() {
  auto done = of_.exec("BEGIN IMMEDIATE");
  open_ = done.has_value();
  return done;
}
store_result<void> transaction::commit() {
  auto done = of_.exec("COMMIT");
  if (done) open_ = false;
  return done;
}

}  // namespace mw
