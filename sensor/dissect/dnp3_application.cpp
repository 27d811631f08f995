// What one DNP3 application fragment says: its function and its objects (IEEE 1815-2012, clause 4).
#include "sensor/dissect/dnp3_application.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>

namespace mw::dnp3 {
namespace {

/// In ascending order of their codes.
constexpr function functions[] = {
    {confirm, "confirm", action::session, false},
    {read, "read", action::read, true, body::headers},
    {write, "write", action::write},
    {select, "select", action::control},
    {operate, "operate", action::control},
    {direct_operate, "direct_operate", action::control},
    {direct_operate_no_ack, "direct_operate_no_ack", action::control, false},
    {7, "freeze", action::write, true, body::headers},
    {8, "freeze_no_ack", action::write, false, body::headers},
    {9, "freeze_clear", action::write, true, body::headers},
    {10, "freeze_clear_no_ack", action::write, false, body::headers},
    {11, "freeze_at_time", action::write, true, body::freeze},
    {12, "freeze_at_time_no_ack", action::write, false, body::freeze},
    {13, "cold_restart", action::restart, true, body::headers},
    {14, "warm_restart", action::restart, true, body::headers},
    {15, "initialize_data", action::configure},
    {16, "initialize_application", action::configure},
    {17, "start_application", action::start},
    {18, "stop_application", action::stop},
    {19, "save_configuration", action::configure},
    {20, "enable_unsolicited", action::configure, true, body::headers},
    {21, "disable_unsolicited", action::configure, true, body::headers},
    {22, "assign_class", action::configure, true, body::headers},
    {23, "delay_measurement", action::time_sync, true, body::headers},
    {24, "record_current_time", action::time_sync, true, body::headers},
    {open_file, "open_file", action::file_read},  // or file_write, by its mode
    {26, "close_file", action::file_read},
    {27, "delete_file", action::file_delete},
    {28, "get_file_information", action::file_read},
    {29, "authenticate_file", action::authenticate},
    {30, "abort_file", action::file_write},
    {31, "activate_configuration", action::configure, true, body::headers},
    {authenticate_request, "authenticate_request", action::authenticate},
    {33, "authenticate_request_no_ack", action::authenticate, false},
    {response, "response", action::report},
    {unsolicited_response, "unsolicited_response", action::report},
    {authenticate_response, "authenticate_response", action::authenticate},
};

constexpr std::size_t header_limit = 1024;  // a fragment of the usual 2048 octets has room for 682
constexpr std::size_t remark_limit = 64;    // entries of a field that lists something per point
constexpr std::uint8_t time_group = 50, common_time_group = 51, delay_group = 52, security_group = 120;

std::string decimal(std::uint64_t milliseconds) {
  auto fraction = std::to_string(milliseconds % 1000);
  return std::to_string(milliseconds / 1000) + '.' + std::string(3 - fraction.size(), '0') + fraction;
}

/// A text that lists remarks and does not grow without end.
class remarks {
public:
  void add(std::string_view remark, char separator) {
    if (++count_ > remark_limit) return;
    if (!text_.empty()) text_ += separator;
    text_ += remark;
  }
  std::string text() && { return count_ > remark_limit ? std::move(text_) + "…" : std::move(text_); }

private:
  std::string text_;
  std::size_t count_ = 0;
};

class object_reader {
public:
  object_reader(reader in, body carries, const speaker& who) : in_{in}, carries_{carries}, who_{who} {}

  contents all() && {
    for (std::size_t headers = 0; in_.left() != 0; ++headers) {
      if (headers == header_limit) {
        who_.complain("too_many_objects", "a fragment has more than 1024 object headers");
        break;
      }
      if (!next()) break;
    }
    out_.quality = std::move(quality_).text();
    out_.times = std::move(times_).text();
    out_.controls = std::move(controls_).text();
    return std::move(out_);
  }

private:
  bool next() {
    object_header h;
    h.group = in_.u8();
    h.variation = in_.u8();
    if (!in_.ok()) return complain();
    who_.out.count("dnp3", "object", h.group, h.variation);
    space_ = 'g' + std::to_string(h.group) + 'v' + std::to_string(h.variation);
    const auto left = in_.left();
    read_range(h, in_);
    if (!in_.ok()) {
      if (left != 0 && out_.objects.size() < point_limit) {  // which group is known, which points is not
        name({});
        out_.values.emplace_back();
      }
      return complain();
    }
    const auto* l = find_layout(h.group, h.variation);
    const bool has_data = carries_ == body::data || (carries_ == body::freeze && h.group == time_group) || h.length_size != 0;
    if (l == nullptr && (has_data || h.variation != 0 || !known_group(h.group)))
      who_.complain("object", "an object header names a group or variation that the object library does not have");
    if (!has_data || h.kind == object_header::range::all || (l != nullptr && l->what == form::header_only)) return headers(h);
    if (l == nullptr && h.length_size == 0) return false;  // of unknown size: what follows cannot be found
    if (l != nullptr && h.length_size == 0 && needs_size(*l)) {
      who_.complain("object", "an object of variable size is sent without its size");
      return false;
    }
    const bool together = h.index_size == 0 && h.length_size == 0 && (l->what == form::bit || l->what == form::two_bits);
    return together ? packed(h, *l) : points(h, l);
  }

  /// Only headers are sent: which points are meant.
  bool headers(const object_header& h) {
    if (h.index_size == 0) {
      const auto count = h.kind == object_header::range::all ? 1 : std::min<std::uint64_t>(h.count, UINT32_MAX);
      if (out_.objects.size() >= point_limit) return true;
      name(h.kind == object_header::range::indices ? std::to_string(h.start) : "all", static_cast<std::uint32_t>(count));
      if (carries_ != body::headers) out_.values.emplace_back();  // stands for the header, as the other values for their points
      return true;
    }
    for (std::uint64_t i = 0; i < h.count && in_.ok(); ++i) {
      auto index = in_.le_n(h.index_size);
      if (in_.ok() && out_.objects.size() < point_limit) name(std::to_string(index));
    }
    return in_.ok() || complain();
  }

  bool packed(const object_header& h, const layout& l) {
    const unsigned width = l.what == form::bit ? 1 : 2, per_octet = 8 / width;
    unsigned octet = 0;
    for (std::uint64_t i = 0; i < h.count; ++i) {
      if (i % per_octet == 0) octet = in_.u8();
      if (!in_.ok()) return complain();
      const auto raw = octet >> width * (i % per_octet) & ((1u << width) - 1);
      add(h.start + i, width == 1 ? value{raw != 0} : value{std::uint64_t{raw}});
    }
    return true;
  }

  bool points(const object_header& h, const layout* l) {
    for (std::uint64_t i = 0; i < h.count && in_.ok(); ++i) {
      const auto index = h.index_size != 0 ? in_.le_n(h.index_size) : h.start + i;
      if (h.length_size == 0) {
        point(h, *l, index, in_);
        continue;
      }
      auto part = in_.part(in_.le_n(h.length_size));
      if (l == nullptr || !in_.ok()) continue;  // reported already, and stepped over
      point(h, *l, index, part);
      if (!part.ok()) in_.fail(part.why());
    }
    return in_.ok() || complain();
  }

  void point(const object_header& h, const layout& l, std::uint64_t index, reader& in) {
    if (l.what == form::file) {
      out_.file.handle.reset();
      out_.file.name.clear();
      auto v = read_file(h.variation, in, out_.file);
      if (!in.ok()) return;
      const auto& [name, handle] = std::tie(out_.file.name, out_.file.handle);
      add(!name.empty() ? name : std::to_string(handle ? *handle : index), std::move(v));
    } else if (l.what == form::security) {
      auto v = read_security(h.variation, in, out_.security);
      if (in.ok()) add(index, std::move(v));
    } else if (l.what == form::attribute) {
      auto v = read_attribute(in);
      if (!in.ok()) return;
      if (index == 0 && out_.attributes.size() < 256) out_.attributes.emplace_back(h.variation, to_string(v));
      add(index, std::move(v));
    } else if (l.what == form::bit || l.what == form::two_bits) {  // one to an octet
      const auto octet = in.u8();
      if (in.ok()) add(index, l.what == form::bit ? value{(octet & 1) != 0} : value{std::uint64_t{octet} & 3});
    } else {
      const std::optional<std::uint8_t> first = in.left() != 0 ? std::optional{in.rest().front()} : std::nullopt;
      auto read = read_item(l, h.variation, in);
      if (!in.ok()) return;
      remark(l, h, index, read);
      if (l.what == form::crob && first) controls_.add(control_name(*first), ',');
      add(index, std::move(read.what));
    }
  }

  void remark(const layout& l, const object_header& h, std::uint64_t index, const item& read) {
    if (read.flags && *read.flags != 0x01)  // anything but plainly online
      quality_.add(space_ + '[' + std::to_string(index) + "]:" + flag_names(l.flags, *read.flags), ';');
    if (read.status && out_.statuses.size() < point_limit) out_.statuses.push_back(*read.status);
    if (read.time) {
      const bool known = l.time == stamp::absolute || common_time_;
      const auto base = l.time == stamp::relative ? common_time_.value_or(0) : 0;
      times_.add((known ? "" : "+") + decimal(base + *read.time), ',');
    }
    if (const auto* seconds = std::get_if<double>(&read.what); seconds != nullptr && h.group == common_time_group)
      common_time_ = static_cast<std::uint64_t>(*seconds * 1000 + 0.5);
    if (const auto* delay = std::get_if<std::uint64_t>(&read.what); delay != nullptr && h.group == delay_group)
      out_.delay = l.what == form::delay_seconds ? static_cast<double>(*delay) : static_cast<double>(*delay) / 1000;
  }

  static bool needs_size(const layout& l) {
    const bool fixed = l.group == security_group && (l.variation == 3 || l.variation == 4);
    return l.what == form::opaque || l.what == form::file || (l.what == form::security && !fixed);
  }

  void name(std::string address, std::uint32_t count = 1) {
    auto& o = out_.objects.emplace_back();
    o.space = space_;
    o.address = std::move(address);
    o.count = count;
  }
  void add(std::uint64_t index, value&& v) { add(std::to_string(index), std::move(v)); }
  void add(std::string address, value&& v) {
    if (++out_.points > point_limit || out_.objects.size() >= point_limit) return;
    name(std::move(address));
    out_.values.push_back(std::move(v));
  }

  bool complain() {
    const auto what = in_.why().what;
    const auto colon = what.find(": ");  // "rule: sentence"
    if (colon == std::string_view::npos)
      who_.complain("length", "a message ends inside an object");
    else
      who_.complain(what.substr(0, colon), what.substr(colon + 2));
    return false;
  }

  reader in_;
  body carries_;
  const speaker& who_;
  contents out_;
  std::string space_;
  remarks quality_, times_, controls_;
  std::optional<std::uint64_t> common_time_;  // milliseconds, to which relative times are added
};

}  // namespace

const function* find_function(std::uint8_t code) {
  const auto* at =
      std::lower_bound(std::begin(functions), std::end(functions), code, [](const function& f, std::uint8_t c) { return f.code < c; });
  return at != std::end(functions) && at->code == code ? at : nullptr;
}

contents read_objects(bytes objects, body carries, const speaker& who) { return object_reader{reader{objects}, carries, who}.all(); }

void merge(std::vector<field>& fields, std::string_view name, const value& v) {
  constexpr std::size_t longest = 1024;
  const auto it = std::find_if(fields.begin(), fields.end(), [&](const field& f) { return f.first == name; });
  if (it == fields.end()) return (void)fields.emplace_back(std::string{name}, v);
  auto* had = std::get_if<std::string>(&it->second);
  const auto* more = std::get_if<std::string>(&v);
  if (had == nullptr || more == nullptr)
    it->second = v;
  else if (*had != *more && had->size() + more->size() < longest)
    (*had += ',') += *more;
}

void describe(const contents& what, std::vector<field>& fields) {
  const auto text = [&](std::string_view name, const std::string& t) {
    if (!t.empty()) merge(fields, name, t);
  };
  text("quality", what.quality);
  text("times", what.times);
  text("control", what.controls);
  if (what.points > point_limit) merge(fields, "points", what.points);
  if (what.delay) merge(fields, "delay", *what.delay);
  for (const auto& [name, v] : what.file.fields) {  // what the answer says about a file replaces what was asked
    std::erase_if(fields, [&, n = std::string_view{name}](const field& f) { return f.first == n; });
    fields.emplace_back(name, v);
  }
  for (const auto& [name, v] : what.security.fields) merge(fields, name, v);
}

}  // namespace mw::dnp3
