// The texts and endpoints of a batch, each stored once and then told by number (wire.proto).
#pragma once
#include "common/wire.hpp"
#include "common/wire.pb.h"
#include "common/wire_raw.hpp"

#include <absl/container/flat_hash_map.h>
#include <optional>
#include <string_view>
#include <vector>

namespace mw {

/// Numbers go by first use, so the same batch always gives the same dictionary.
class dictionary_writer {
public:
  explicit dictionary_writer(wire::Batch& b) : batch_{b} {}

protected:
  std::uint32_t index_of(std::string_view text);  ///< `text` must outlive the writer
  std::uint32_t index_of(const endpoint& e);

private:
  wire::Batch& batch_;
  absl::flat_hash_map<std::string_view, std::uint32_t> texts_;  // never iterated
  absl::flat_hash_map<endpoint, std::uint32_t, hash_endpoint> ends_;
};

/// The first fault is kept. What follows it is empty.
class dictionary_reader {
public:
  dictionary_reader(const wire::Batch& b, const wire_limits& limits);
  bool ok() const { return !error_; }
  error why() const { return error_.value_or(error{}); }
  void fail(fault kind, std::string_view what);

protected:
  std::string_view text_at(std::uint32_t index);
  endpoint end_at(std::uint32_t index);

private:
  std::vector<std::string_view> texts_;
  std::vector<endpoint> ends_;
  std::size_t text_left_;
  std::optional<error> error_;
};

}  // namespace mw
