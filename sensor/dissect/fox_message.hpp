// A Fox message: "fox TYPE SEQUENCE REPLY CHANNEL COMMAND", a body of named and typed values in braces, and ";;".
#pragma once
#include "common/reader.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mw::fox {

constexpr std::size_t largest = 256 * 1024;

/// One named value of the body. Blobs and objects have their raw octets, texts are still escaped.
struct tuple {
  std::string name;
  char type = 0;  ///< s text, i integer, f float, z boolean, t time, b blob, o object, m message
  bytes value;
};
struct message {
  char type = 0;  ///< s synchronous, a asynchronous, r reply, e error, n empty reply, k keep-alive, c close
  std::int64_t sequence = -1, reply = -1;
  std::string channel, command;
  std::vector<tuple> tuples;  ///< of the outermost body; bounded
  std::size_t size = 0;       ///< of the whole
  const tuple* find(std::string_view name) const;
};

/// The first message in `data`. A fault of kind `truncated` says that it has not ended yet.
result<message> parse(bytes data);

/// A text value as it is meant: "#a;" is a line break, "#null;" nothing.
std::string text_of(const tuple& t);

}  // namespace mw::fox
