// SQLite behind two handles that close themselves; every error is a value that names the file and the remedy.
#pragma once
#include "common/reader.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace mw {

template <class T>
using store_result = tl::expected<T, std::string>;

/// The largest count that a column holds: two of them still add up without overflow. Larger ones are written as this.
inline constexpr std::uint64_t largest_count = std::uint64_t{1} << 62;

/// A prepared statement. Belongs to one thread, and must not outlive its database.
class statement {
public:
  statement() = default;
  /// Binds the arguments, runs to the end without looking at rows, and makes itself ready for the next run.
  template <class... Values>
  store_result<void> run(const Values&... values) {
    int at = 0;
    (put(++at, values), ...);
    return finish();
  }
  /// Binds the next argument; for next().
  template <class Value>
  void bind(const Value& v) {
    put(++bound_, v);
  }
  /// Steps to the next row; false: there is none, and the statement is ready to be bound anew.
  store_result<bool> next();

  std::int64_t integer(int column) const;
  std::uint64_t count(int column) const { return static_cast<std::uint64_t>(integer(column)); }
  double real(int column) const;
  std::string text(int column) const;
  std::vector<std::uint8_t> blob(int column) const;

private:
  friend class database;
  void put(int at, std::int64_t v);
  void put(int at, std::uint64_t v) { put(at, static_cast<std::int64_t>(v < largest_count ? v : largest_count)); }
  void put(int at, std::uint32_t v) { put(at, std::int64_t{v}); }
  void put(int at, double v);
  void put(int at, bool v) { put(at, std::int64_t{v}); }
  void put(int at, std::string_view v);
  void put(int at, const std::string& v) { put(at, std::string_view{v}); }
  void put(int at, bytes v);
  template <class T>
  void put(int at, const std::optional<T>& v) {
    if (v) put(at, *v);
  }
  store_result<void> finish();

  struct closer {
    void operator()(sqlite3_stmt* s) const;
  };
  std::unique_ptr<sqlite3_stmt, closer> is_;
  std::string path_;
  int bound_ = 0;
};

/// One file. Write-ahead log; a commit is on the disk (fsync) before it returns.
class database {
public:
  enum class mode : unsigned char { write, read };  ///< write creates the file, and its folder's owner reads it (0640)
  /// `schema` is SQL that makes the tables of `version`; a file of a newer version is refused, an empty one is filled.
  static store_result<database> open(const std::string& path, mode how, int version, const char* schema);

  store_result<void> exec(const std::string& sql);
  store_result<statement> prepare(const std::string& sql);
  std::int64_t changes() const;  ///< rows that the last statement changed
  /// Bytes in use: the pages of the file without those that are free.
  store_result<std::uint64_t> bytes_used();
  const std::string& path() const { return path_; }

private:
  struct closer {
    void operator()(sqlite3* d) const;
  };
  std::unique_ptr<sqlite3, closer> is_;
  std::string path_;
};

}  // namespace mw
