// One service of CIP, asked and answered (CIP Specification Volume 1, 2-4 and Appendix A; tag services: Rockwell Automation
// 1756-PM020, "Logix 5000 Controllers Data Access").
#include "sensor/dissect/cip_message.hpp"

#include "common/text.hpp"
#include "sensor/dissect/cip_data.hpp"
#include "sensor/dissect/cip_services.hpp"

#include <algorithm>
#include <utility>

namespace mw::cip {
namespace {

constexpr std::size_t most_attributes = 256;
constexpr std::size_t program_limit = 64;  ///< octets of firmware, files and programs that a record may carry

std::size_t hex_limit(action what) {
  switch (what) {
    case action::firmware:
    case action::file_read:
    case action::file_write:
    case action::program_download:
    case action::program_upload: return program_limit;
    default: return 512;
  }
}
/// The rest as one value. Where a transfer is cut short, its size stays known.
void rest_as_value(reader& in, operation& op) {
  const auto limit = hex_limit(op.action);
  if (in.left() > limit) op.fields.emplace_back("octets", std::uint64_t{in.left()});
  for (auto& v : as_hex(in.take(in.left()), limit)) op.values.push_back(std::move(v));
}

bool of_this_device(const path& p) { return is(p.class_id, class_code::identity) && p.instance.value_or(1) == 1; }

/// One attribute by its own type where we know it, else what `in` holds as hex.
value read_attribute(const path& p, std::uint32_t attribute, reader& in, identity& device) {
  if (of_this_device(p) && attribute >= 1 && attribute <= 7) {
    identity one;
    reader attempt{in.rest(), in.at()};
    if (read_identity_attribute(attribute, attempt, one)) {
      in.skip(in.left() - attempt.left());
      const auto merge = [](auto& to, const auto& from) {
        if (from) to = from;
      };
      merge(device.vendor, one.vendor), merge(device.device_type, one.device_type), merge(device.product_code, one.product_code);
      merge(device.status, one.status), merge(device.revision, one.revision), merge(device.serial, one.serial);
      merge(device.name, one.name);
      return to_values(one).front();
    }
  }
  if (!in.left()) return {};
  return hex(in.take(in.left()), hex_limit(action::read));
}
bool knows_width(const path& p, std::uint32_t attribute) { return of_this_device(p) && attribute >= 1 && attribute <= 7; }

// --- requests ------------------------------------------------------------------------------------------------------

bool list_request(reader& in, operation& op, asked& a) {
  const auto count = in.u16le();
  while (in.left() >= 2 && a.attributes.size() < std::min<std::size_t>(count, most_attributes)) a.attributes.push_back(in.u16le());
  op.objects.clear();
  for (auto attribute : a.attributes) op.objects.push_back(to_object(a.where, attribute));
  if (op.objects.empty()) op.objects.push_back(to_object(a.where));
  return in.ok() && a.attributes.size() == std::min<std::size_t>(count, most_attributes);
}

/// Attributes that are written in a row can only be told apart by who knows their types: a single one can.
bool set_list_request(reader& in, operation& op, const asked& a) {
  const auto count = in.u16le();
  if (count != 1) {
    rest_as_value(in, op);
    return in.ok();
  }
  const auto attribute = in.u16le();
  if (!in.ok()) return false;
  identity unused;
  op.objects = {to_object(a.where, attribute)};
  op.values = {read_attribute(a.where, attribute, in, unused)};
  return true;
}

bool tag_request(reader& in, operation& op, const asked& a) {
  std::uint32_t count = 1;
  data_type type;
  const bool writes = is(a.service, service::write_tag) || is(a.service, service::write_tag_fragmented);
  if (is(a.service, service::read_modify_write_tag)) {
    const std::size_t size = in.u16le();
    const auto set = in.take(size), keep = in.take(size);
    if (!in.ok()) return false;
    op.values = {hex(set), hex(keep)};
    return true;
  }
  if (writes) {
    type = read_type(in);
    op.fields.emplace_back("type", to_string(type));
  }
  count = in.u16le();
  if (is(a.service, service::read_tag_fragmented) || is(a.service, service::write_tag_fragmented))
    op.fields.emplace_back("offset", std::uint64_t{in.u32le()});
  if (!in.ok()) return false;
  op.objects = {to_object(a.where, {}, count)};
  return !writes || read_values(type, in, op.values, is_known(type.code) ? count : most_values);
}

bool template_request(reader& in, operation& op) {
  const auto offset = in.u32le();
  const auto length = in.u16le();
  if (!in.ok()) return false;
  op.fields.emplace_back("offset", std::uint64_t{offset});
  op.fields.emplace_back("length", std::uint64_t{length});
  return true;
}

// --- answers -------------------------------------------------------------------------------------------------------

/// The attributes of a list that were refused, as one field: "7=20,9=14".
class refusals {
public:
  void add(std::uint16_t attribute, std::uint16_t status) {
    if (status == 0) return;
    if (!text_.empty()) text_ += ',';
    text_ += std::to_string(attribute) + '=' + std::to_string(status);
  }
  void tell(operation& op) const {
    if (!text_.empty()) op.fields.emplace_back("attribute_status", text_);
  }

private:
  std::string text_;
};

/// Each attribute comes with its number and status, but not with its size: past one of unknown type only the last can be read.
bool list_answer(reader& in, const asked& a, operation& op, told& news) {
  const std::size_t count = in.u16le();
  identity device;
  refusals refused;
  std::size_t done = 0;
  while (done < count && in.left() >= 4 && op.values.size() < most_attributes) {
    const auto attribute = in.u16le();
    const auto status = in.u16le();
    ++done;
    refused.add(attribute, status);
    if (status != 0) {
      op.values.emplace_back();
      continue;
    }
    if (done < count && !knows_width(a.where, attribute)) {
      op.fields.emplace_back("attribute_data", hex(in.take(in.left()), hex_limit(action::read)));
      break;
    }
    op.values.push_back(read_attribute(a.where, attribute, in, device));
  }
  refused.tell(op);
  op.values.resize(std::max(op.values.size(), std::min(a.attributes.size(), most_attributes)));
  if (of_this_device(a.where)) news.device = device;
  return in.ok();
}

void set_list_answer(reader& in, operation& op) {
  const auto count = in.u16le();
  std::string attributes;
  refusals refused;
  for (std::size_t i = 0; i < std::min<std::size_t>(count, most_attributes) && in.left() >= 4; ++i) {
    const auto attribute = in.u16le(), status = in.u16le();
    if (!attributes.empty()) attributes += ',';
    attributes += std::to_string(attribute);
    refused.add(attribute, status);
  }
  refused.tell(op);
  if (count > 1 && !attributes.empty()) op.fields.emplace_back("attributes", attributes);
}

bool tag_answer(reader& in, operation& op) {
  if (!in.left()) return true;
  const auto type = read_type(in);
  if (!in.ok()) return false;
  op.fields.emplace_back("type", to_string(type));
  return read_values(type, in, op.values);
}

/// Instances of the symbol class with what was asked of them; the names are what the reader of a record wants.
void symbols_answer(reader& in, const asked& a, operation& op) {
  const auto width = [](std::uint16_t attribute) -> std::size_t {
    switch (attribute) {
      case 2:
      case 7: return 2;  // type, size of an element
      case 3:
      case 5:
      case 6: return 4;
      case 8: return 12;  // three dimensions
      case 10: return 1;  // external access
      default: return 0;
    }
  };
  while (in.left() >= 4 && op.returned.size() < most_values) {
    const auto instance = in.u32le();
    object o;
    o.space = "tag";
    o.address = std::to_string(instance);
    for (auto attribute : a.attributes) {
      if (attribute == 1) {
        o.address = printable(in.take(in.u16le()));
      } else if (width(attribute) != 0) {
        in.skip(width(attribute));
      } else {
        if (in.ok()) op.returned.push_back(std::move(o));
        return in.skip(in.left());
      }
    }
    if (in.ok()) op.returned.push_back(std::move(o));
  }
}

bool success_answer(reader& in, const asked& a, operation& op, told& news) {
  const auto code = a.service;
  if (a.pccc) return pccc::read_answer(in, &*a.pccc, op, news.controller);
  if (a.opens) {
    auto opened = *a.opens;
    const bool whole = read_forward_open_answer(in, true, op, opened);
    if (whole) news.opened = opened;
    return whole;
  }
  if (a.closes) return true;
  if (is(code, service::get_attribute_list)) return list_answer(in, a, op, news);
  if (is(code, service::set_attribute_list)) return set_list_answer(in, op), true;
  if (is(code, service::get_attribute_single)) {
    identity device;
    if (in.left()) op.values = {read_attribute(a.where, a.where.attribute.value_or(0), in, device)};
    if (of_this_device(a.where)) news.device = device;
    return true;
  }
  if (is(code, service::get_attributes_all) && of_this_device(a.where)) {
    news.device = read_identity(in);
    op.values = to_values(*news.device);
    return in.ok();
  }
  if (a.where.names_tag() && is(code, service::get_instance_attribute_list)) {
    symbols_answer(in, a, op);
    return in.ok();
  }
  if (a.where.names_tag() && !is(a.where.class_id, class_code::symbol_template) &&
      (is(code, service::read_tag) || is(code, service::read_tag_fragmented)))
    return tag_answer(in, op);
  // what is read stands in the values; what a change gives back must not be taken for what was written
  if (!in.left()) return true;
  if (is_change(op.action))
    op.fields.emplace_back("response", hex(in.take(in.left()), program_limit));
  else
    rest_as_value(in, op);
  return true;
}

}  // namespace

response_head read_response_head(reader& in) {
  response_head head;
  head.service = in.u8() & static_cast<std::uint8_t>(~response_bit);
  in.skip(1);
  head.status = in.u8();
  auto extended = in.part(2U * in.u8());
  while (extended.left() >= 2 && head.extended.size() < 8) head.extended.push_back(extended.u16le());
  return head;
}

bool read_request_data(reader& in, operation& op, asked& a) {
  const auto& p = a.where;
  const auto meant = describe(a.service, p);
  op.protocol = "cip";
  op.function = std::to_string(a.service);
  op.function_name = meant.name;
  op.action = meant.what;
  op.objects = {to_object(p)};
  if (p.class_id)
    if (const auto name = class_name(*p.class_id); !name.empty()) op.fields.emplace_back("class", std::string{name});
  if (p.classes > 1 || p.connection_point || !p.route.empty()) op.fields.emplace_back("path", p.text);

  if (is(p.class_id, class_code::pccc) && is(a.service, service::execute_pccc)) {
    bool whole = false;
    op.objects.clear();
    a.pccc = pccc::read_request(in, op, whole);
    return a.pccc.has_value() && whole;
  }
  if (is(p.class_id, class_code::connection_manager)) {
    const bool large = is(a.service, service::large_forward_open);
    if (large || is(a.service, service::forward_open)) return read_forward_open(in, large, op, a.opens.emplace());
    if (is(a.service, service::forward_close)) return read_forward_close(in, op, a.closes.emplace());
  }
  if (is(a.service, service::get_attribute_list)) return list_request(in, op, a);
  if (is(a.service, service::set_attribute_list)) return set_list_request(in, op, a);
  if (is(a.service, service::set_attribute_single)) {
    identity unused;
    if (in.left()) op.values = {read_attribute(p, p.attribute.value_or(0), in, unused)};
    return true;
  }
  if (p.names_tag()) {
    if (is(a.service, service::get_instance_attribute_list)) {
      const bool whole = list_request(in, op, a);
      op.objects = {to_object(p)};
      return whole;
    }
    const bool of_template = is(p.class_id, class_code::symbol_template);
    if (of_template && is(a.service, service::read_tag)) return template_request(in, op);
    if (!of_template && a.service >= 0x4c && a.service <= 0x53 && op.function_name != "object_service") return tag_request(in, op, a);
  }
  if (!in.left()) return true;
  if (is_change(op.action))
    rest_as_value(in, op);
  else
    op.fields.emplace_back("request", hex(in.take(in.left()), program_limit));
  return true;
}

bool read_response_data(const response_head& head, reader& in, const asked* a, operation& op, told& news) {
  if (a == nullptr) {
    const auto meant = describe(head.service, {});
    op.protocol = "cip";
    op.function = std::to_string(head.service);
    op.function_name = meant.name;
    op.action = meant.what;
  }
  if (!head.extended.empty()) {
    std::string all;
    for (auto e : head.extended) all += (all.empty() ? "" : ",") + std::to_string(e);
    op.fields.emplace_back("extended_status", all);
  }
  if (is_failure(head.status)) {
    op.outcome = a != nullptr ? outcome::refused : outcome::unpaired;
    op.code = std::to_string(head.status);
    if (a == nullptr || !a->opens) return true;
    forward_open unused;
    return read_forward_open_answer(in, false, op, unused);
  }
  op.outcome = a != nullptr ? outcome::ok : outcome::unpaired;
  if (a == nullptr && op.action == action::session) {  // a Forward Open: the ids that it gives out are worth having
    forward_open opened;
    const bool whole = read_forward_open_answer(in, true, op, opened);
    if (whole) news.opened = opened;
    return whole;
  }
  if (head.status == partial_transfer) op.fields.emplace_back("partial", true);
  if (a != nullptr) return success_answer(in, *a, op, news);
  if (is(head.service, service::execute_pccc) && pccc::looks_like_answer(in.rest())) {
    op.action = action::read;  // what was asked cannot be told from the answer
    const bool whole = pccc::read_answer(in, nullptr, op, news.controller);
    op.outcome = outcome::unpaired;
    return whole;
  }
  rest_as_value(in, op);
  return true;
}

}  // namespace mw::cip
