// One day of records in one SQLite file: rows to search by, and the batches themselves, columnar and compressed.
#pragma once
#include "analyzer/store/flow_store.hpp"

#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace mw {

/// Which records a question is about: the name of their table.
enum class table : std::uint8_t { flows, operations, facts, violations, statuses };

class day_file {
public:
  static std::string name_of(day);  ///< "flows-2026-11-24.db"
  static std::optional<day> parse_name(std::string_view);
  static store_result<day_file> open(const std::string& folder, day, database::mode);

  /// Those records of one batch that are of this day (at least one), in their order; all of one sensor and sequence. One
  /// transaction. False: they were here before, and nothing was done.
  store_result<bool> append(std::uint64_t commit, std::span<const attributed* const> records);

  /// Those that match, the newest first, `limit` at most.
  store_result<std::vector<attributed>> find(table, const record_filter&);

  struct batch_place {
    std::uint64_t commit = 0, sequence = 0;
    std::int64_t id = 0;
    std::string sensor;
  };
  store_result<std::vector<batch_place>> batches_after(std::uint64_t commit);
  store_result<std::vector<attributed>> read(std::int64_t id);  ///< a batch; none where its records were dropped

  store_result<std::uint64_t> last_commit();
  store_result<std::vector<std::pair<std::string, std::uint64_t>>> last_sequences();  ///< the highest of each sensor
  store_result<std::uint64_t> records();
  /// The oldest eighth of the batches loses its records; that they came is remembered. Returns records.
  store_result<std::uint64_t> drop_oldest();
  /// For a day that is over: makes the indexes, once.
  store_result<void> index();
  store_result<std::uint64_t> bytes_used() { return file_->bytes_used(); }

private:
  struct writers {
    statement batch, flow, operation, note;
  };
  store_result<void> write(std::int64_t id, std::int64_t at, const attributed&);

  std::unique_ptr<database> file_;  // on the heap: statements and transactions refer to it
  std::unique_ptr<writers> insert_;
};

}  // namespace mw
