// TPKT frames and the transport that runs in them on port 102 (RFC 1006; ISO 8073 / ITU-T X.224 class 0).
#include "sensor/dissect/tpkt.hpp"

namespace mw::tpkt {
namespace {

constexpr std::uint8_t version = 3;
constexpr std::size_t header = 4, smallest = header + 3;  // the shortest TPDU is data without any: length, code, number
constexpr std::uint8_t end_of_message = 0x80;
constexpr std::uint8_t size_parameter = 0xc0, calling_parameter = 0xc1, called_parameter = 0xc2;

constexpr bool known(std::uint8_t code) {
  switch (static_cast<kind>(code >> 4)) {
    case kind::expedited_data:
    case kind::error:
    case kind::disconnect_request:
    case kind::disconnect_confirm:
    case kind::connect_confirm:
    case kind::connect_request:
    case kind::data: return true;
  }
  return false;
}

void read_parameters(reader& in, tpdu& t) {
  while (in.left()) {
    const auto code = in.u8();
    const auto value = in.take(in.u8());
    if (!in.ok()) {
      t.parameters_valid = false;
      return;
    }
    if (code == calling_parameter) t.calling = value;
    if (code == called_parameter) t.called = value;
    if (code == size_parameter && value.size() == 1 && value.front() >= 7 && value.front() <= 13)
      t.maximum = std::size_t{1} << value.front();
  }
}

}  // namespace

result<std::size_t> frame(bytes head) {
  reader in{head};
  if (head.empty()) return std::size_t{0};
  if (in.u8() != version) return fail(fault::malformed, "TPKT version is not 3", 0);
  if (head.size() < header) return std::size_t{0};
  in.skip(1);
  const std::size_t length = in.u16();
  if (length < smallest) return fail(fault::malformed, "TPKT length leaves no room for a TPDU", 2);
  if (in.left()) {
    const auto indicator = in.u8();
    if (indicator < 2 || header + 1 + indicator > length) return fail(fault::malformed, "TPDU header does not fit its frame", 4);
  }
  if (in.left() && !known(in.u8())) return fail(fault::malformed, "TPDU code is none of ISO 8073 class 0", 5);
  return length;
}

result<tpdu> parse(bytes message) {
  reader in{message};
  in.expect(in.u8() == version, "TPKT version is 3");
  in.skip(1);
  in.expect(in.u16() == message.size(), "TPKT length is that of the frame");
  auto head = in.part(in.u8());
  const auto code = head.u8();
  head.expect(known(code), "TPDU code is one of ISO 8073 class 0");

  tpdu t;
  t.kind = static_cast<kind>(code >> 4);
  switch (t.kind) {
    case kind::connect_request:
    case kind::connect_confirm:
      t.destination = head.u16();
      t.source = head.u16();
      t.transport_class = static_cast<std::uint8_t>(head.u8() >> 4);
      if (head.ok()) {
        auto variable = head.part(head.left());
        read_parameters(variable, t);
      }
      break;
    case kind::disconnect_request:
      t.destination = head.u16();
      t.source = head.u16();
      t.reason = head.u8();
      break;
    case kind::disconnect_confirm:
      t.destination = head.u16();
      t.source = head.u16();
      break;
    case kind::error:
      t.destination = head.u16();
      t.reason = head.u8();
      break;
    case kind::data:
    case kind::expedited_data:
      if (head.left() > 1) t.destination = head.u16();  // class 0 has no reference here, the others have
      t.last = (head.u8() & end_of_message) != 0;
      break;
  }
  if (!head.ok()) return tl::unexpected<error>{head.why()};
  if (!in.ok()) return tl::unexpected<error>{in.why()};
  t.user_data = in.rest();
  return t;
}

reassembly::step reassembly::add(const tpdu& data, bool begins) {
  if (ended_) held_.clear(), ended_ = false;
  whole_ = {};
  if (begins) skipping_ = false;
  if (skipping_) {
    if (data.last) skipping_ = false;
    return step::skipped;
  }
  if (held_.empty() && data.last) {
    whole_ = data.user_data;
    return step::complete;
  }
  if (held_.size() + data.user_data.size() > limit) {
    held_.clear();
    skipping_ = !data.last;
    return step::over_limit;
  }
  held_.insert(held_.end(), data.user_data.begin(), data.user_data.end());
  if (!data.last) return step::more;
  whole_ = held_;
  ended_ = true;
  return step::complete;
}

void reassembly::gap() {
  if (!ended_ && !held_.empty()) skipping_ = true;
  held_.clear();
  whole_ = {};
  ended_ = false;
}

}  // namespace mw::tpkt
