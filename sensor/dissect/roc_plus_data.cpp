// The data of ROC Plus requests and answers (Emerson, D301180X012, chapter 2).
#include "sensor/dissect/roc_plus_data.hpp"

#include "common/text.hpp"
#include "sensor/dissect/roc_plus_files.hpp"
#include "sensor/dissect/roc_plus_names.hpp"

#include <algorithm>
#include <array>

namespace mw::roc_plus {
namespace {

constexpr std::size_t most_raw = 64, tlp_size = 3;

std::string text_of(const tlp& t) { return std::to_string(t.type) + '.' + std::to_string(t.logical) + '.' + std::to_string(t.parameter); }
tlp read_tlp(reader& in) {
  tlp t;
  t.type = in.u8(), t.logical = in.u8(), t.parameter = in.u8();
  return t;
}
void address(operation& op, std::string_view space, std::string at, std::uint32_t count = 1) {
  op.objects.push_back({.space = std::string{space}, .address = std::move(at), .count = count, .property = {}, .index = {}});
}
void address(operation& op, const tlp& t, std::uint32_t count = 1) { address(op, "tlp", text_of(t), count); }
void name_points(operation& op, const tlp& t) {
  if (const auto name = point_type_name(t.type); !name.empty()) op.fields.emplace_back("point_type", std::string{name});
}
std::string pair(unsigned a, unsigned b) { return std::to_string(a) + '.' + std::to_string(b); }
void keep_raw(operation& op, std::string_view name, bytes data) {
  if (!data.empty()) op.fields.emplace_back(name, hex(data, most_raw));
}
/// Text where it is one of the widths that texts have; the type stands in the point's definition, not in the message.
value value_of(bytes data) {
  constexpr std::array<std::size_t, 5> text_widths{10, 12, 20, 30, 40};
  if (std::ranges::find(text_widths, data.size()) != text_widths.end() && is_text(data)) return printable(data);
  return hex(data);
}

/// Day and time; the year has two octets, or one with the older protocol, which counts within the century.
std::string clock_text(reader in) {
  const auto second = in.u8(), minute = in.u8(), hour = in.u8(), day = in.u8(), month = in.u8();
  constexpr auto plausible = [](unsigned y) { return y >= 1970 && y < 2200; };
  unsigned year = 0;
  if (in.left() >= 2) {
    const auto low = in.u8(), high = in.u8();
    year = low | unsigned{high} << 8;
    if (!plausible(year)) year = high | unsigned{low} << 8;
    if (!plausible(year)) year = 2000U + low;
  } else {
    year = 2000U + in.u8();
  }
  if (!in.ok() || second > 59 || minute > 59 || hour > 23 || day < 1 || day > 31 || month < 1 || month > 12) return {};
  const auto two = [](unsigned n) { return (n < 10 ? "0" : "") + std::to_string(n); };
  return std::to_string(year) + '-' + two(month) + '-' + two(day) + ' ' + two(hour) + ':' + two(minute) + ':' + two(second);
}
void read_clock_data(bytes data, operation& op, remarks& notes) {
  auto text = clock_text(reader{data});
  if (text.empty()) return notes.breaks("value", "a clock that shows no time");
  op.values.emplace_back(std::move(text));
}

/// Who logs in or out; a password is only said to have been there. What it is shows in the size.
void read_login(bytes data, operation& op, remarks& notes) {
  reader in{data};
  struct shape {
    std::size_t size, name, password;
    bool leaves;
    std::string_view word;
  };
  constexpr std::array<shape, 4> shapes{{{6, 3, 2, false, "login"},
                                         {11, 3, 2, true, "logout"},
                                         {71, 30, 40, false, "enhanced_login"},
                                         {76, 30, 40, true, "enhanced_logout"}}};
  constexpr std::size_t key_request = 13, old_login = 5;
  if (data.size() == key_request) {
    op.function_name = "request_session_key";
    op.action = action::session;
    return;
  }
  const auto it = std::ranges::find(shapes, data.size(), &shape::size);
  const auto s = it != shapes.end() ? *it : data.size() == old_login ? shape{old_login, 3, 2, false, "login"} : shape{};
  if (s.size == 0) return notes.breaks("length", "a login of a size that is not known");
  const auto name = in.take(s.name), password = in.take(s.password);
  op.function_name = s.word;
  if (s.leaves) op.action = action::session;
  op.fields.emplace_back("user", printable(name));
  op.fields.emplace_back("password_given", std::ranges::any_of(password, [](auto b) { return b != 0 && b != ' '; }));
  if (!s.leaves && in.left() == 1) op.fields.emplace_back("access_level", std::uint64_t{in.u8()});
}

/// A path of up to four stations, and the request that the last of them gets.
void read_forward(reader in, operation& op, remarks& notes) {
  std::string path;
  for (int i = 0; i < 5; ++i) {
    const auto unit = in.u8(), group = in.u8();
    if (i == 0 || unit != 0 || group != 0) path += (path.empty() ? "" : ">") + pair(unit, group);
  }
  const auto inner = in.u8();
  const auto data = in.take(in.u8());
  if (!in.ok()) return notes.breaks("length", "a request to be passed on is cut short");
  const auto about = describe(inner);
  op.action = about.what;
  op.fields.emplace_back("path", std::move(path));
  op.fields.emplace_back("forwarded_function", std::uint64_t{inner});
  op.fields.emplace_back("forwarded_function_name", std::string{about.name});
  keep_raw(op, "data", inner == login ? bytes{} : data);
}

/// A row of parameters of one point: type, logical number, count, first parameter.
bool read_row(reader& in, operation& op, asked* kept, remarks& notes) {
  const auto type = in.u8(), logical = in.u8(), count = in.u8(), first = in.u8();
  if (!in.ok()) return notes.breaks("length", "a range of parameters is cut short"), false;
  const tlp t{type, logical, first};
  const bool again = !op.objects.empty();
  if (again && op.objects[0].address != text_of(t)) notes.breaks("mismatch", "the answer holds other parameters than were asked for");
  if (!again) address(op, t, count), name_points(op, t);
  if (kept != nullptr) kept->parameters.assign(1, t);
  return true;
}

/// Parameters with their values. The widths stand in the definition of the points and not in the message: they are found where the
/// parameters are known from the request, or where all have the same width.
class parameter_list {
public:
  explicit parameter_list(bytes data) : data_{data} {}
  /// The places of the parameters in the data; empty where there is no single answer.
  std::vector<std::size_t> places(std::size_t count, const std::vector<tlp>& known) const {
    if (count == 0 || data_.size() < count * (tlp_size + 1)) return {};
    if (count == 1) return known.empty() || at(0) == known[0] ? std::vector<std::size_t>{0} : std::vector<std::size_t>{};
    return known.size() == count ? by_name(known) : by_width(count);
  }
  tlp at(std::size_t i) const {
    reader in{data_.subspan(i)};
    return read_tlp(in);
  }

private:
  std::vector<std::size_t> by_name(const std::vector<tlp>& known) const {
    std::vector<std::size_t> out;
    if (at(0) != known[0]) return out;
    out.push_back(0);
    for (std::size_t k = 1; k < known.size(); ++k) {
      std::size_t found = 0;
      for (auto i = out.back() + tlp_size + 1; i + tlp_size < data_.size(); ++i)
        if (at(i) == known[k]) {
          found = i;
          break;
        }
      if (found == 0) return {};
      out.push_back(found);
    }
    return out;
  }
  std::vector<std::size_t> by_width(std::size_t count) const {
    constexpr std::array<std::size_t, 9> widths{1, 2, 3, 4, 10, 12, 20, 30, 40};
    const auto stride = data_.size() / count;
    if (stride * count != data_.size() || std::ranges::find(widths, stride - tlp_size) == widths.end()) return {};
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i < count; ++i) out.push_back(i * stride);
    return out;
  }
  bytes data_;
};
void read_valued(reader in, operation& op, const std::vector<tlp>& known, bool name_them, remarks& notes) {
  const std::size_t count = in.u8();
  const auto data = in.rest();
  if (!in.ok() || data.size() < count * (tlp_size + 1)) return notes.breaks("length", "parameters with their values are cut short");
  const parameter_list list{data};
  const auto places = list.places(count, known);
  if (count != 0 && places.empty()) {
    if (name_them) address(op, list.at(0), static_cast<std::uint32_t>(count));
    op.fields.emplace_back("widths_known", false);
    return keep_raw(op, "data", data);
  }
  for (std::size_t i = 0; i < places.size(); ++i) {
    const auto end = i + 1 < places.size() ? places[i + 1] : data.size();
    if (name_them) address(op, list.at(places[i]));
    op.values.push_back(value_of(data.subspan(places[i] + tlp_size, end - places[i] - tlp_size)));
  }
  if (name_them && count != 0) name_points(op, list.at(0));
}
void read_wanted(reader in, operation& op, asked& kept, remarks& notes) {
  const auto count = in.u8();
  if (!in.ok() || in.left() != count * tlp_size) notes.breaks("length", "the list of parameters is not as long as it says");
  while (in.left() >= tlp_size && kept.parameters.size() < count) {
    kept.parameters.push_back(read_tlp(in));
    address(op, kept.parameters.back());
  }
  if (!kept.parameters.empty()) name_points(op, kept.parameters[0]);
}

/// Tables of the configurable opcode: table, first place, how many.
void read_table_place(reader& in, operation& op) {
  const auto table = in.u8(), first = in.u8(), count = in.u8();
  if (in.ok() && op.objects.empty()) address(op, "table", pair(table, first), count);
}
/// A history request: segment and, at `point_at`, the point.
void read_history(reader in, std::size_t point_at, operation& op, remarks& notes) {
  const auto segment = in.u8();
  in.skip(point_at - 1);
  const auto point = in.u8();
  if (!in.ok()) return notes.breaks("length", "a history request is cut short");
  if (op.objects.empty()) address(op, "history", pair(segment, point));
}
void read_words(reader& in, std::size_t count, operation& op) {
  for (std::size_t i = 0; i < count && in.left() >= 4; ++i) op.values.emplace_back(hex(in.take(4)));
}
void read_log(reader in, std::size_t entry, operation& op, remarks& notes) {
  const auto count = in.u8();
  const auto first = in.u16le(), current = in.u16le();
  if (!in.ok() || in.left() != count * entry) notes.breaks("length", "the log does not hold as many entries as it says");
  op.fields.emplace_back("first", std::uint64_t{first});
  op.fields.emplace_back("current", std::uint64_t{current});
  while (in.left() >= entry && op.values.size() < count) op.values.emplace_back(hex(in.take(entry)));
}

void read_configuration(reader in, operation& op, remarks& notes) {
  const auto mode = in.u8();
  const auto port = in.u16le();
  const auto security = in.u8(), compatibility = in.u8(), revision = in.u8(), subtype = in.u8();
  in.skip(11);
  const auto type = in.u8();
  if (!in.ok()) return notes.breaks("length", "the system configuration is cut short");
  const auto model = model_name(type);
  op.fields.emplace_back("mode", std::string{mode == 0 ? "firmware_update" : mode == 1 ? "run" : "unknown"});
  op.fields.emplace_back("port", std::uint64_t{port});
  op.fields.emplace_back("security_access_mode", std::uint64_t{security});
  op.fields.emplace_back("compatibility", std::uint64_t{compatibility});
  op.fields.emplace_back("opcode_revision", std::uint64_t{revision});
  op.fields.emplace_back("subtype", std::uint64_t{subtype});
  op.fields.emplace_back("roc_type", std::uint64_t{type});
  if (!model.empty()) op.values.emplace_back(std::string{model});
  notes.model = model.empty() ? "ROC type " + std::to_string(type) : std::string{model};
  if (mode <= 1) notes.run_state = mode == 1 ? "run" : "firmware_update";
}
void read_min_max(reader in, operation& op, remarks& notes) {
  const auto segment = in.u8(), point = in.u8(), method = in.u8();
  const auto source = read_tlp(in);
  const auto current = in.f32le(), minimum = in.f32le(), maximum = in.f32le();
  if (!in.ok()) return notes.breaks("length", "the minimum and maximum are cut short");
  if (op.objects.empty()) address(op, "history", pair(segment, point));
  op.fields.emplace_back("source", text_of(source));
  op.fields.emplace_back("archive_method", std::uint64_t{method});
  for (const auto v : {current, minimum, maximum}) op.values.emplace_back(double{v});
}
void read_history_values(std::uint8_t opcode, reader in, operation& op, remarks& notes) {
  std::size_t count = 0;
  switch (opcode) {
    case history_point: in.skip(4), count = in.u8(); break;
    case history_points: in.skip(5), count = in.u8(); break;
    case history_information: {
      const auto command = in.u8();
      in.skip(1);
      if (command != 1) {
        count = in.u8();
        for (std::size_t i = 0; i < count && in.left() != 0; ++i) op.values.emplace_back(std::uint64_t{in.u8()});
        return;
      }
      in.skip(2);
      const std::size_t periods = in.u8(), stamped = in.u8() != 0, points = in.u8();
      count = periods * (points + stamped);
      break;
    }
    default: return keep_raw(op, "answer", in.rest());
  }
  if (!in.ok() || in.left() < count * 4) notes.breaks("length", "the history does not hold as many values as it says");
  read_words(in, count, op);
}

}  // namespace

void open_files::opened(std::uint32_t descriptor, std::string path) {
  std::erase_if(open_, [&](const auto& f) { return f.first == descriptor; });
  if (open_.size() >= most) open_.erase(open_.begin()), forgot = true;
  open_.emplace_back(descriptor, std::move(path));
}
std::string open_files::path(std::uint32_t descriptor) const {
  const auto it = std::ranges::find(open_, descriptor, [](const auto& f) { return f.first; });
  return it != open_.end() ? it->second : '#' + std::to_string(descriptor);
}

std::uint8_t sub_command(std::uint8_t opcode, bytes data, bool request) {
  if (opcode == file_transfer) return file::command_of(data, request);
  const bool has = opcode == history_information || opcode == transactions;
  return has && !data.empty() ? data[0] : std::uint8_t{0};
}

void name_operation(std::uint8_t opcode, std::uint8_t sub, operation& op) {
  const auto about = describe(opcode);
  op.action = about.what;
  op.function = std::to_string(opcode);
  op.function_name = about.name;
  if (opcode == file_transfer) file::name_operation(sub, op);
  if (opcode == file_transfer || opcode == history_information || opcode == transactions) op.function += '/' + std::to_string(sub);
}

void read_request(std::uint8_t opcode, bytes data, operation& op, asked& kept, const open_files& files, remarks& notes) {
  kept.sub = sub_command(opcode, data, true);
  name_operation(opcode, kept.sub, op);
  reader in{data};
  switch (opcode) {
    case set_clock: return read_clock_data(data, op, notes);
    case write_table:
      read_table_place(in, op);
      if (in.left() != 0) op.values.emplace_back(hex(in.rest()));
      break;
    case read_table: read_table_place(in, op); break;
    case login: return read_login(data, op, notes);
    case store_and_forward: return read_forward(in, op, notes);
    case min_max: return read_history(in, 1, op, notes);
    case history_point: return read_history(in, 1, op, notes);
    case history_day: return read_history(in, 1, op, notes);
    case history_points: return read_history(in, 4, op, notes);
    case set_parameters:
      if (read_row(in, op, &kept, notes) && in.left() != 0) op.values.push_back(value_of(in.rest()));
      return;
    case get_parameters: read_row(in, op, &kept, notes); return;
    case read_parameters: return read_wanted(in, op, kept, notes);
    case write_parameters: return read_valued(in, op, {}, true, notes);
    case file_transfer: return file::read_request(in, op, kept, files, notes);
    default: return keep_raw(op, "data", data);
  }
  if (!in.ok()) notes.breaks("length", "a table of opcodes is cut short");
}

void read_answer(std::uint8_t opcode, bytes data, operation& op, const asked* kept, open_files& files, remarks& notes) {
  reader in{data};
  switch (opcode) {
    case system_configuration: return read_configuration(in, op, notes);
    case read_clock: return read_clock_data(data, op, notes);
    case read_table: {
      read_table_place(in, op);
      const auto version = in.u32le();
      if (!in.ok()) return notes.breaks("length", "a table of opcodes is cut short");
      op.fields.emplace_back("table_version", std::uint64_t{version});
      if (in.left() != 0) op.values.emplace_back(hex(in.rest()));
      return;
    }
    case login: return;  // a session key is nobody's business
    case store_and_forward: {
      const value forwarded_login = std::uint64_t{login};
      const bool hide =
          std::ranges::any_of(op.fields, [&](const field& f) { return f.first == "forwarded_function" && f.second == forwarded_login; });
      return hide ? void() : keep_raw(op, "answer", data);
    }
    case io_position:
      for (const auto b : data) op.values.emplace_back(std::uint64_t{b});
      return;
    case min_max: return read_min_max(in, op, notes);
    case alarms: return read_log(in, 23, op, notes);
    case events: return read_log(in, 22, op, notes);
    case history_point: read_history(in, 1, op, notes); return read_history_values(opcode, in, op, notes);
    case history_points:
    case history_information: return read_history_values(opcode, in, op, notes);
    case get_parameters:
      if (read_row(in, op, nullptr, notes) && in.left() != 0) op.values.push_back(value_of(in.rest()));
      return;
    case read_parameters: return read_valued(in, op, kept != nullptr ? kept->parameters : std::vector<tlp>{}, kept == nullptr, notes);
    case file_transfer: return file::read_answer(in, op, kept, files, notes);
    default: return keep_raw(op, "answer", data);
  }
}

}  // namespace mw::roc_plus
