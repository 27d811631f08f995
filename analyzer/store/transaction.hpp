// All or nothing, for one database.
#pragma once
#include "analyzer/store/sqlite.hpp"

namespace mw {

/// Rolls back unless commit() was called and succeeded.
class transaction {
public:
  explicit transaction(database& of) : of_{of} {}
  ~transaction();
  transaction(const transaction&) = delete;
  transaction& operator=(const transaction&) = delete;
  store_result<void> begin();
  store_result<void> commit();

private:
  database& of_;
  bool open_ = false;
};

}  // namespace mw
