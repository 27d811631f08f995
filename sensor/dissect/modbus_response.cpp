// Modbus answers: what was read, what the server is, and whether it fits the request (MODBUS Application Protocol Specification V1.1b3).
#include "common/text.hpp"
#include "sensor/dissect/modbus_pdu.hpp"

#include <algorithm>
#include <array>

namespace mw::modbus {
namespace {

constexpr std::size_t most_values = 2048;

struct identity {
  std::uint8_t object;
  std::string_view kind;
};
/// Objects of Read Device Identification (6.21) that say what the machine is.
constexpr std::array identities{
    identity{0, "vendor"},       identity{1, "product_code"}, identity{2, "firmware"},        identity{3, "url"},
    identity{4, "product_name"}, identity{5, "model"},        identity{6, "user_application"}};

void check_echo(bytes body, const asked* kept, remarks& notes) {
  if (kept == nullptr || !kept->complete) return;
  const auto front = body.first(std::min(body.size(), kept->echo.size()));
  if (!std::ranges::equal(front, kept->echo)) notes.breaks("mismatch", "the answer does not repeat what the request said");
}

/// Puts what was read in front of what the request wrote (function 23), and fills up what the answer lacks.
void put_reads(std::vector<value>&& reads, std::size_t expected, operation& op) {
  const auto empty = static_cast<std::size_t>(
      std::find_if(op.values.begin(), op.values.end(), [](const value& v) { return !std::holds_alternative<std::monostate>(v); }) -
      op.values.begin());
  const auto placeholders = std::min(empty, expected);
  if (placeholders > 0) reads.resize(placeholders);
  op.values.erase(op.values.begin(), op.values.begin() + static_cast<std::ptrdiff_t>(placeholders));
  op.values.insert(op.values.begin(), reads.begin(), reads.end());
}

void read_data(reader& in, std::uint8_t function, operation& op, const asked* kept, remarks& notes) {
  const bool coils = function <= 2;
  const auto announced = in.u8();
  if (!in.ok()) return;
  const bool known = kept != nullptr && kept->complete;
  if (known && announced != (coils ? (kept->quantity + 7) / 8 : kept->quantity * 2))
    notes.breaks("mismatch", "the answer holds another number of values than was asked for");
  else if (!coils && announced % 2 != 0)
    notes.breaks("byte_count", "registers in an odd number of octets");
  const auto data = counted(in, announced, notes);
  const auto most = known ? std::min<std::size_t>(kept->quantity, most_values) : most_values;
  std::vector<value> reads;
  if (!coils)
    read_words(data, most, reads);
  else if (known)
    read_bits(data, most, reads);
  else if (!data.empty())
    reads.emplace_back(hex(data));  // how many of the bits are coils, only the request tells
  put_reads(std::move(reads), function == 23 ? most : 0, op);
}

void read_server_id(reader& in, operation& op, remarks& notes) {
  const auto announced = in.u8();
  const auto data = counted(in, announced, notes);
  if (data.empty()) return;
  op.fields.emplace_back("server_id", hex(data, 64));
  const auto indicator = [](std::uint8_t b) { return b == 0 || b == 0xff; };
  // The length of the server's id is its own affair: most have one octet, then the run indicator, then free text;
  // others end with the indicator.
  reader front{data};
  front.skip(1);
  const auto second = front.u8();
  auto text = data;
  std::optional<bool> running;
  if (front.ok() && indicator(second))
    running = second != 0, text = front.rest();
  else if (data.size() > 1 && indicator(data.back()))
    running = data.back() != 0, text = data.first(data.size() - 1);
  if (running) notes.findings.push_back({"run_state", *running ? "run" : "stop", 50});
  const auto words = printable(text);
  if (words.size() >= 3 && is_text(text.first(std::min(text.size(), words.size())))) notes.findings.push_back({"product_name", words, 60});
}

void read_records(reader& in, operation& op, const asked* kept, remarks& notes) {
  reader groups{counted(in, in.u8(), notes)};
  std::size_t records = 0, registers = 0;
  while (groups.left()) {
    const auto length = groups.u8();
    auto group = groups.part(length);
    const auto type = group.u8();
    if (!group.ok()) break;
    if (type != 6) notes.breaks("value", "the reference type of a file record is not 6");
    registers += group.left() / 2;
    ++records;
    read_words(group.rest(), most_values, op.values);
  }
  if (!groups.ok())
    notes.breaks("length", "the answer ends inside a file record");
  else if (kept != nullptr && kept->complete && (records != op.objects.size() || registers != kept->quantity))
    notes.breaks("mismatch", "the answer holds other records than were asked for");
}

void read_fifo(reader& in, operation& op, remarks& notes) {
  const auto announced = in.u16();
  if (!in.ok()) return;
  reader queue{counted(in, announced, notes)};
  const auto entries = queue.u16();
  if (!queue.ok()) return notes.breaks("length", "the answer ends before its queue");
  if (queue.left() != std::size_t{entries} * 2 || entries > 31) notes.breaks("byte_count", "the queue has another length than it says");
  read_words(queue.rest(), entries, op.values);
}

void read_identification(reader& in, operation& op, remarks& notes) {
  const auto level = in.u8(), conformity = in.u8(), more = in.u8(), next = in.u8(), count = in.u8();
  (void)level;
  if (!in.ok()) return;
  op.fields.emplace_back("conformity_level", std::uint64_t{conformity});
  if (more != 0) op.fields.emplace_back("next_object_id", std::uint64_t{next});
  std::size_t seen = 0;
  for (; in.left() && seen < count; ++seen) {
    const auto id = in.u8();
    const auto text = in.take(in.u8());
    if (!in.ok()) return;
    op.values.emplace_back(printable(text));
    op.fields.emplace_back("object_" + std::to_string(id), printable(text));
    const auto it = std::find_if(identities.begin(), identities.end(), [&](const identity& i) { return i.object == id; });
    if (it != identities.end() && !text.empty()) notes.findings.push_back({it->kind, printable(text), 95});
  }
  if (seen < count) notes.breaks("byte_count", "fewer identification objects than announced");
}

void read_encapsulated(reader& in, bytes body, operation& op, const asked* kept, remarks& notes) {
  const auto type = in.u8();
  if (!in.ok()) return;
  check_echo(body, kept, notes);
  if (kept == nullptr) {
    op.function += '/' + std::to_string(type);
    if (type == read_device_identification) op.function_name = "read_device_identification", op.action = action::identify;
  }
  if (type == read_device_identification)
    read_identification(in, op, notes);
  else
    op.fields.emplace_back("answer", hex(in.take(in.left()), 64));
}

void read_diagnostic(reader& in, bytes body, operation& op, const asked* kept, remarks& notes) {
  const auto sub = in.u16();
  if (!in.ok()) return;
  check_echo(body, kept, notes);
  if (kept == nullptr) op.function += '/' + std::to_string(sub);
  const bool counter = sub == 2 || (sub >= 11 && sub <= 18);
  if (in.left() < 2) return in.fail({fault::truncated, "ends before its data", in.at()});
  if (counter)
    read_words(in.take(2), 1, op.values);
  else
    op.fields.emplace_back("answer", hex(in.take(in.left()), 64));
}

void read_event_log(reader& in, operation& op, remarks& notes) {
  const auto announced = in.u8();
  reader log{counted(in, announced, notes)};
  const auto head = log.take(6);
  if (!log.ok()) return notes.breaks("length", "the event log is shorter than its counters");
  read_words(head, 3, op.values);  // status, events, messages
  op.values.emplace_back(hex(log.rest()));
}

}  // namespace

void read_response(bytes pdu, operation& op, const asked* kept, remarks& notes) {
  reader in{pdu};
  const auto function = in.u8();
  const auto body = in.rest();
  if (kept == nullptr) {
    if (function == 5 || function == 6 || function == 21 || function == 22) {  // the answer is the request once more
      asked same;
      return read_request(pdu, op, same, notes);
    }
    const auto about = describe(function);
    op.action = about.what;
    op.function = std::to_string(function);
    op.function_name = about.name;
    if (!about.assigned) notes.breaks("function", "the function code is not assigned");
  }
  switch (function) {
    case 1:
    case 2:
    case 3:
    case 4:
    case 23: read_data(in, function, op, kept, notes); break;
    case 5:
    case 6:
    case 22: in.skip(function == 22 ? 6 : 4), check_echo(body, kept, notes); break;
    case 21: (void)counted(in, in.u8(), notes), check_echo(body, kept, notes); break;
    case 15:
    case 16: {
      const auto address = in.u16(), quantity = in.u16();
      check_echo(body, kept, notes);
      if (in.ok() && kept == nullptr) op.objects.push_back(addressed(function, address, quantity));
      break;
    }
    case 7: op.values.emplace_back(std::uint64_t{in.u8()}); break;
    case 11: read_words(in.take(4), 2, op.values); break;
    case 12: read_event_log(in, op, notes); break;
    case 17: read_server_id(in, op, notes); break;
    case 20: read_records(in, op, kept, notes); break;
    case 24: read_fifo(in, op, notes); break;
    case diagnostics: read_diagnostic(in, body, op, kept, notes); break;
    case encapsulated: read_encapsulated(in, body, op, kept, notes); break;
    default:
      if (in.left()) op.fields.emplace_back("answer", hex(in.take(in.left()), 64));
  }
  if (!in.ok())
    notes.breaks("length", "the answer is shorter than its function requires");
  else if (in.left())
    notes.breaks("length", "the answer is longer than its function allows");
}

}  // namespace mw::modbus
