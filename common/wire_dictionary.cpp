// The texts and endpoints of a batch, each stored once and then told by number (wire.proto).
#include "common/wire_dictionary.hpp"

#include <algorithm>
#include <utility>

namespace mw {
namespace {

std::uint8_t octet(char c) { return static_cast<std::uint8_t>(c); }

endpoint end_from(std::string_view octets) {
  endpoint e;
  std::array<std::uint8_t, 16> address{};
  std::transform(octets.begin(), octets.begin() + 16, address.begin(), octet);
  e.address = ip::v6(address);
  e.port.number = static_cast<std::uint16_t>(octet(octets[16]) << 8 | octet(octets[17]));
  std::transform(octets.begin() + 18, octets.end(), e.hardware.octets.begin(), octet);
  return e;
}

}  // namespace

std::uint32_t dictionary_writer::index_of(std::string_view text) {
  if (text.empty()) return 0;
  const auto [at, fresh] = texts_.try_emplace(text, static_cast<std::uint32_t>(texts_.size() + 1));
  if (fresh) {
    batch_.mutable_dictionary()->append(text);
    batch_.add_dictionary_sizes(static_cast<std::uint32_t>(text.size()));
  }
  return at->second;
}

std::uint32_t dictionary_writer::index_of(const endpoint& e) {
  if (e == endpoint{}) return 0;
  const auto [at, fresh] = ends_.try_emplace(e, static_cast<std::uint32_t>(ends_.size() + 1));
  if (fresh) {
    auto& out = *batch_.mutable_endpoints();
    const auto put = [&](auto octet) { out.push_back(static_cast<char>(octet)); };
    for (auto b : e.address.bytes()) put(b);
    put(e.port.number >> 8);
    put(e.port.number & 0xff);
    for (auto b : e.hardware.octets) put(b);
  }
  return at->second;
}

dictionary_reader::dictionary_reader(const wire::Batch& b, const wire_limits& limits) : text_left_{limits.text} {
  std::string_view rest = b.dictionary();
  texts_.reserve(static_cast<std::size_t>(b.dictionary_sizes_size()));
  for (auto size : b.dictionary_sizes()) {
    if (size > rest.size()) break;
    texts_.push_back(rest.substr(0, size));
    rest.remove_prefix(size);
  }
  if (!rest.empty() || std::cmp_not_equal(texts_.size(), b.dictionary_sizes_size())) fail(fault::malformed, "dictionary and its sizes");
  std::string_view ends = b.endpoints();
  if (ends.size() % endpoint_size != 0) fail(fault::malformed, "endpoints have an odd end");
  ends_.reserve(ends.size() / endpoint_size);
  for (; ends.size() >= endpoint_size; ends.remove_prefix(endpoint_size)) ends_.push_back(end_from(ends.substr(0, endpoint_size)));
}

void dictionary_reader::fail(fault kind, std::string_view what) {
  if (!error_) error_ = {kind, what, 0};
}

std::string_view dictionary_reader::text_at(std::uint32_t index) {
  if (index == 0) return {};
  if (index > texts_.size()) return fail(fault::malformed, "text outside the dictionary"), std::string_view{};
  const auto text = texts_[index - 1];
  if (text.size() > text_left_) return fail(fault::over_limit, "too much text in a batch"), std::string_view{};
  text_left_ -= text.size();
  return text;
}

endpoint dictionary_reader::end_at(std::uint32_t index) {
  if (index == 0) return {};
  if (index > ends_.size()) return fail(fault::malformed, "endpoint outside the list"), endpoint{};
  return ends_[index - 1];
}

}  // namespace mw
