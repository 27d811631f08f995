// DNP3 below the application layer: link frames with their checksums, and the transport function (IEEE 1815-2012, clauses 8, 9).
#include "sensor/dissect/dnp3_link.hpp"

#include <array>

namespace mw::dnp3 {
namespace {

constexpr auto crc_table = [] {
  std::array<std::uint16_t, 256> table{};
  for (unsigned i = 0; i < 256; ++i) {
    unsigned v = i;
    for (int bit = 0; bit < 8; ++bit) v = (v & 1) != 0 ? v >> 1 ^ 0xa6bc : v >> 1;  // x^16+x^13+x^12+x^11+x^10+x^8+x^6+x^5+x^2+1
    table[i] = static_cast<std::uint16_t>(v);
  }
  return table;
}();

constexpr std::uint8_t start_1 = 0x05, start_2 = 0x64;

/// False where these octets cannot open a frame, however many follow.
bool may_start(bytes head) { return (head.empty() || head[0] == start_1) && (head.size() < 2 || head[1] == start_2); }

constexpr bool known_primary(std::uint8_t f) { return f <= unconfirmed_data || f == request_status; }
constexpr bool known_secondary(std::uint8_t f) { return f <= 1 || f == 11 || f >= 14; }
/// Frame count valid: must be set (1), clear (0).
constexpr bool counts_frames(std::uint8_t f) { return f == test_link || f == confirmed_data; }

/// True where a header with a right CRC stands at `at`.
bool intact_at(bytes head, std::size_t at) {
  if (at >= head.size()) return false;
  const auto h = read_link_header(head.subspan(at));
  return h && h->intact;
}

}  // namespace

std::uint16_t crc(bytes data) {
  unsigned v = 0;
  for (auto b : data) v = v >> 8 ^ crc_table[(v ^ b) & 0xff];
  return static_cast<std::uint16_t>(~v);
}

std::optional<link_header> read_link_header(bytes head) {
  if (!may_start(head) || head.size() < link_header_size) return {};
  reader in{head};
  in.skip(2);
  link_header h;
  h.length = in.u8();
  h.control = in.u8();
  h.destination = in.u16le();
  h.source = in.u16le();
  h.intact = in.u16le() == crc(head.first(link_header_size - 2));
  return h;
}

std::optional<complaint> judge(const link_header& h) {
  const auto f = h.function();
  if (!h.primary()) {
    if (!known_secondary(f)) return complaint{"reserved", "a secondary link frame has a reserved function code"};
    if (h.length != smallest_length) return complaint{"length", "a secondary link frame carries data"};
    return {};
  }
  if (!known_primary(f)) return complaint{"reserved", "a primary link frame has a reserved function code"};
  const bool has_data = h.length > smallest_length, for_data = f == confirmed_data || f == unconfirmed_data;
  if (has_data && !for_data) return complaint{"length", "a link frame carries data, but its function has none"};
  if (!has_data && for_data) return complaint{"length", "a link frame for user data carries none"};
  if (h.frame_count_valid() != counts_frames(f))
    return complaint{"frame_count", "the frame-count-valid bit does not fit the link function"};
  if (h.source >= first_reserved) return complaint{"address", "a reserved or broadcast link address is the source"};
  return {};
}

std::optional<std::vector<std::uint8_t>> user_data(bytes frame) {
  reader in{frame};
  in.skip(2);
  const std::size_t length = in.u8();
  in.skip(link_header_size - 3);
  std::vector<std::uint8_t> out;
  for (auto left = length < smallest_length ? 0 : length - smallest_length; left != 0 && in.ok();) {
    const auto block = in.take(left < block_size ? left : block_size);
    if (in.u16le() != crc(block) || !in.ok()) return {};
    out.insert(out.end(), block.begin(), block.end());
    left -= block.size();
  }
  if (!in.ok()) return {};
  return out;
}

result<std::size_t> frame(bytes head) {
  if (!may_start(head)) return fail(fault::malformed, "no DNP3 start octets");
  if (head.size() < link_header_size) return std::size_t{0};
  const auto h = read_link_header(head);
  if (!h) return fail(fault::malformed, "no DNP3 start octets");
  if (h->length < smallest_length)
    return h->intact ? result<std::size_t>{link_header_size} : fail(fault::malformed, "DNP3 length is less than 5", 2);
  const auto whole = frame_size(h->length);
  if (h->intact) return whole;
  // The length of a broken header is worth something only where a frame, or nothing, follows it. Elsewhere the header alone
  // is given out (and reported), so that a spoiled length does not swallow the frames behind it.
  return whole == head.size() || intact_at(head, whole) ? whole : link_header_size;
}

match probe(bytes head, transport) {
  if (!may_start(head)) return match::no;
  if (head.size() < link_header_size) return match::unsure;
  const auto h = read_link_header(head);
  if (!h) return match::no;
  if (h->intact) return match::certain;
  if (h->length < smallest_length) return match::no;
  // One spoiled header does not make a conversation another protocol's, if what follows is in order.
  const auto whole = frame_size(h->length);
  if (intact_at(head, whole)) return match::yes;
  if (h->length > smallest_length && head.size() >= whole && user_data(head.first(whole))) return match::yes;
  const bool plausible = h->primary() ? known_primary(h->function()) : known_secondary(h->function());
  return plausible && head.size() < whole + link_header_size ? match::unsure : match::no;
}

bool reassembly::add(bytes segment, timestamp at, std::optional<complaint>& why) {
  reader in{segment};
  const auto control = in.u8();
  if (!in.ok()) return false;
  const bool final = (control & 0x80) != 0, first = (control & 0x40) != 0;
  const std::uint8_t sequence = control & 0x3f;
  if (first) {
    if (open_) why = complaint{"transport_sequence", "a new fragment begins before the last one ended"};
    data_.clear();
    started_ = at;
    open_ = known_ = true;
  } else if (!open_) {
    if (known_) why = complaint{"transport_sequence", "a segment continues a fragment that was not begun"};
    return false;
  } else if (sequence == last_) {
    return false;  // repeated by the link layer
  } else if (sequence != ((last_ + 1) & 0x3f)) {
    why = complaint{"transport_sequence", "a segment is missing from a fragment"};
    open_ = false;
    data_ = {};
    return false;
  }
  last_ = sequence;
  if (data_.size() + in.left() > limit) {
    why = complaint{"length", "a fragment is longer than 64 KiB"};
    open_ = false;
    data_ = {};
    return false;
  }
  const auto rest = in.rest();
  data_.insert(data_.end(), rest.begin(), rest.end());
  if (final) open_ = false;
  return final;
}

}  // namespace mw::dnp3
