// What a client asks of a SQL server, and what is answered ([MS-TDS] 2.2.6.6, 2.2.6.7, 2.2.7): of a statement only its first word, of a
// call the procedure's name, of an answer errors and counts. Statements and rows are never kept.
#pragma once
#include "common/reader.hpp"
#include "common/record.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mw::mssql {

struct query {
  mw::action action = mw::action::read;
  std::string_view keyword;   ///< "SELECT"
  std::string procedure;      ///< that is called
  std::string_view mentions;  ///< a procedure that reaches out of the database, anywhere in the text
};
/// Of the first packet of a batch or of a call.
query read_batch(bytes payload);
std::optional<query> read_call(bytes payload);

struct answer_words {
  bool login_accepted = false, whole = true;  ///< whole: all tokens were read
  std::optional<std::uint32_t> error;
  std::string message, server, program, program_version, database;
  bytes security_token;
};
/// Of the first packet of an answer, as far as its tokens have a size of their own. `long_counts`: since version 7.2.
answer_words read_answer(bytes payload, bool long_counts);

struct done {
  bool failed = false;
  std::optional<std::uint64_t> rows;
};
/// The token that ends an answer.
std::optional<done> read_done(bytes payload, bool long_counts);

}  // namespace mw::mssql
