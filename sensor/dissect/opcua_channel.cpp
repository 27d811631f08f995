// Chunks of an OPC UA connection (OPC 10000-6, 6.7 and 7.1).
#include "sensor/dissect/opcua_channel.hpp"

#include "common/text.hpp"
#include "sensor/dissect/opcua_services.hpp"
#include "sensor/dissect/opcua_types.hpp"

#include <algorithm>
#include <utility>

namespace mw::opcua {
namespace {

constexpr std::array<std::pair<std::string_view, kind>, 7> words{{
    {"HEL", kind::hello},
    {"ACK", kind::acknowledge},
    {"ERR", kind::error},
    {"RHE", kind::reverse_hello},
    {"OPN", kind::open},
    {"CLO", kind::close},
    {"MSG", kind::message},
}};
constexpr std::uint32_t largest_chunk = 64 * 1024 * 1024;
/// 6.7.2.4: a sender begins anew before the last 1024 numbers are used up, with a number below 1024.
constexpr std::uint32_t may_begin_anew = 4'294'966'271, begins_below = 1024;

/// Smallest chunk of each kind, its header included; what the greeting may have at most.
bool plausible(const chunk_header& h) {
  constexpr std::uint32_t longest_greeting = 8192 + 64;
  switch (h.kind) {
    case kind::hello: return h.size >= 32 && h.size <= longest_greeting;
    case kind::acknowledge: return h.size == 28;
    case kind::error: return h.size >= 16 && h.size <= longest_greeting;
    case kind::reverse_hello: return h.size >= 16 && h.size <= 2 * longest_greeting;
    case kind::open: return h.size >= 32 && h.size <= largest_chunk;
    default: return h.size >= 24 && h.size <= largest_chunk;
  }
}

}  // namespace

std::string_view word(kind k) {
  return std::ranges::find(words, k, [](const auto& w) { return w.second; })->first;
}

std::optional<chunk_header> read_header(reader& in) {
  const auto letters = in.take(3);
  const auto final = static_cast<char>(in.u8());
  const auto size = in.u32le();
  const auto known = std::ranges::find_if(words, [&](const auto& w) { return std::ranges::equal(w.first, letters); });
  if (!in.ok() || known == words.end()) return {};
  const bool divisible = known->second == kind::message;
  if (final != 'F' && !(divisible && (final == 'C' || final == 'A'))) return {};
  return chunk_header{known->second, final, size};
}

result<std::size_t> frame(bytes head) {
  if (head.size() < header_size) {
    const auto n = std::min<std::size_t>(head.size(), 3);
    const bool may_be = std::ranges::any_of(words, [&](const auto& w) { return std::ranges::equal(w.first.substr(0, n), head.first(n)); });
    if (!may_be) return fail(fault::malformed, "no message type of OPC UA");
    return 0u;
  }
  reader in{head};
  const auto h = read_header(in);
  if (!h) return fail(fault::malformed, "no message type of OPC UA");
  if (!plausible(*h)) return fail(fault::malformed, "message size", 4);
  return h->size;
}

match probe(bytes head, transport t) {
  if (t != transport::tcp) return match::no;
  const auto size = frame(head);
  if (!size) return match::no;
  if (*size == 0) return match::unsure;
  constexpr std::size_t enough = 64;  // of a chunk that is longer than what is there
  if (head.size() < *size && head.size() < enough) return match::unsure;
  if (head.size() > *size && !frame(head.subspan(*size))) return match::no;
  reader in{head.first(std::min(head.size(), *size))};
  const auto h = read_header(in);
  switch (h->kind) {
    case kind::hello: {
      in.skip(20);
      const auto url = in.u32le();
      const bool fits = url == 0xffffffff ? in.left() == 0 : url == *size - 32;
      if (!in.ok() || !fits) return match::no;
      return is_text(in.rest()) ? printable(in.rest()).starts_with("opc.tcp://") ? match::certain : match::yes : match::no;
    }
    case kind::error: {
      in.skip(4);
      const auto reason = in.u32le();
      return reason == *size - 16 || (reason == 0xffffffff && *size == 16) ? match::yes : match::no;
    }
    case kind::open: {
      in.skip(4);
      const auto length = in.u32le();
      if (length > 255) return match::no;
      return printable(in.take(std::min<std::size_t>(length, in.left()))).starts_with("http://opcfoundation.org/UA/") ? match::certain
                                                                                                                      : match::yes;
    }
    default: return match::yes;
  }
}

asymmetric_header read_asymmetric(reader& in) {
  asymmetric_header h;
  h.policy = policy_name(read_text(in));
  h.certificate = read_octets(in);
  read_octets(in);  // thumbprint of the receiver's certificate
  return h;
}

bool begins_service(bytes body) {
  reader in{body};
  const auto id = read_node(in);
  return in.ok() && id.standard && (*id.standard == service_fault || find_service(*id.standard).what != nullptr);
}

void chunk_flow::check_sequence(std::uint32_t sequence, side from, output& out) {
  const auto expected = std::exchange(expected_, sequence + 1);
  if (!expected || sequence == *expected) return;
  if (*expected > may_begin_anew && sequence < begins_below) return;
  out.violate(from, "sequence",
              std::string{sequence > *expected ? "gap before" : "out of order"} + " sequence number " + std::to_string(sequence) +
                  ", expected " + std::to_string(*expected));
}

std::optional<chunk_flow::message> chunk_flow::add(char final, std::uint32_t sequence, std::uint32_t request, bytes body,
                                                   const mw::message& m, output& out) {
  check_sequence(sequence, m.from, out);
  if (open_ && request != request_) {
    if (!skipping_) out.violate(m.from, "chunk", "a message begins before the one before has ended");
    open_ = skipping_ = false;
  }
  const bool first = !open_;
  if (first) {
    held_.clear();
    request_ = request, time_ = m.time;
    // what does not begin here lost its beginning, or is no message at all: the caller tells the latter by its service
    skipping_ = final == 'C' && !begins_service(body);
  }
  open_ = final == 'C';
  const bool perhaps_rest = !aligned_;
  if (!open_) aligned_ = true;
  if (final == 'A') return {};
  if (first && !open_) return message{body, time_, perhaps_rest};
  if (!skipping_ && held_.size() + body.size() > limit) {
    out.count("opcua", "forgotten", "chunks");
    skipping_ = true;
    held_ = {};
  }
  if (skipping_) {
    if (!open_) skipping_ = false;
    return {};
  }
  held_.insert(held_.end(), body.begin(), body.end());
  if (open_) return {};
  return message{held_, time_, perhaps_rest};
}

void chunk_flow::gap() {
  expected_.reset();
  held_.clear();
  // the rest of what was under way is not a message; what begins anew has another request id
  skipping_ = open_;
  aligned_ = false;
}

}  // namespace mw::opcua
