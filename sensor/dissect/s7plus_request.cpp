// Requests of S7comm-plus: which objects they name, which values they write, what that means to the controller.
#include "sensor/dissect/s7plus_message.hpp"

#include <algorithm>
#include <array>

namespace mw::s7plus {
namespace {

constexpr std::size_t reference_limit = 1024;

/// An attribute of an object; of areas, the area's name stands for the object.
object attribute_of(std::uint32_t rid, std::uint32_t attribute) { return make_object(rid, attribute, {}); }

void put_symbols(operation& op, const std::vector<std::uint32_t>& symbols) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string all;
  for (const auto s : symbols) {
    if (!all.empty()) all += ',';
    for (int shift = 28; shift >= 0; shift -= 4) all += digits[s >> shift & 15];
  }
  if (!all.empty()) op.fields.emplace_back("symbols", std::move(all));
}

/// What is written to an object can be more than a value.
void judge_write(operation& op, std::uint32_t rid, std::uint32_t attribute, const leaves& read) {
  if (rid == id::cpu_exec_unit && attribute == id::operating_state_request && !read.list.empty()) {
    std::int64_t state = -1;
    if (const auto* v = std::get_if<std::int64_t>(&read.list[0].content)) state = *v;
    if (const auto* v = std::get_if<std::uint64_t>(&read.list[0].content)) state = static_cast<std::int64_t>(*v);
    const auto what = meaning_of_state(state);
    op.action = what.name.empty() ? action::mode_change : what.action;
    if (!what.name.empty()) op.fields.emplace_back("operating_state", std::string{what.name});
  } else if (is_code(attribute)) {
    op.action = action::program_download;
  } else if (is_secret(attribute) && attribute != id::session_key) {
    op.action = action::authenticate;
  } else if (attribute == id::session_version || attribute == id::session_key) {
    op.action = action::session;
  } else if ((attribute >= id::reference_list - 8 && attribute <= id::credit_limit + 1) || attribute == id::job_credit ||
             attribute == id::reference_credit) {
    op.action = action::subscribe;  // how often and how long a subscription reports
  }
}

/// The list of what a subscription reports: a head, what is given up, what is added.
void read_references(const leaves& all, operation& op, asked& about) {
  std::vector<std::uint32_t> numbers;
  for (const auto& l : all.list)
    if (const auto* v = std::get_if<std::uint64_t>(&l.content); l.id == id::reference_list && v != nullptr)
      numbers.push_back(static_cast<std::uint32_t>(*v));
  if (numbers.size() < 3) return;
  const std::size_t removed = numbers[1], added = numbers[2];
  std::size_t at = 3 + std::min(removed, numbers.size() - 3);
  for (std::size_t i = 0; i < added && at + 6 <= numbers.size() && about.references.size() < reference_limit; ++i) {
    const std::size_t below = numbers[at] & 0xffff;  // sub-area and path
    const auto number = numbers[at + 1], area = numbers[at + 3], sub_area = numbers[at + 5];
    if (below < 1 || at + 5 + below > numbers.size()) break;
    std::string path;
    for (std::size_t k = 1; k < below; ++k) path += (k > 1 ? "." : "") + std::to_string(numbers[at + 5 + k]);
    at += 5 + below;
    about.references.push_back({number, make_object(area, sub_area, path)});
    put(op, object{about.references.back().what});
  }
  about.subscribes = true;
}

/// Names as engineering stations and panels give them; a station adds a number of its own.
std::string host_name(std::string_view text) {
  const auto at = text.rfind('_');
  if (at != std::string_view::npos && text.size() - at > 5 &&
      std::ranges::all_of(text.substr(at + 1), [](char c) { return c >= '0' && c <= '9'; }))
    text = text.substr(0, at);
  const bool plain = !text.empty() && text.size() <= 63 && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_' || c == '.';
  });
  return plain ? std::string{text} : std::string{};
}

/// Who opens a session says who it is.
void read_session(const leaves& all, operation& op, std::vector<learned>& facts) {
  struct said {
    std::uint32_t attribute;
    std::string_view field;
  };
  constexpr std::array sayings{said{id::client_id, "client_id"}, said{id::user, "user"}, said{id::application, "application"},
                               said{id::host, "host"}};
  for (const auto& s : sayings) {
    const auto* l = all.find(s.attribute);
    const auto* text = l != nullptr ? std::get_if<std::string>(&l->content) : nullptr;
    if (text == nullptr || text->empty()) continue;
    op.fields.emplace_back(std::string{s.field}, *text);
    if (s.attribute == id::application) facts.push_back({"software", *text, 60, true});
    if (auto name = host_name(*text); s.attribute == id::host && !name.empty()) facts.push_back({"host_name", std::move(name), 50, true});
  }
}

void create_request(std::uint8_t version, reader& in, operation& op, asked& about, std::vector<learned>& facts) {
  leaves all;
  std::vector<thing> things;
  (void)in.u32();  // where: the container of the object
  read_value(in, 0, all);
  in.skip(4);
  all = {};
  if (version != 1 && in.left() && in.rest().front() != 0xa1) (void)vlq32(in);
  if (in.left() && in.ok()) read_objects(in, things, all);
  if (!in.ok() && things.empty()) return;
  about.bare_create = version == 1;
  for (const auto& t : things) {
    put(op, named("class", t.class_id));
    if (&t != &things.front()) continue;
    if (const auto name = class_name(t.class_id); !name.empty()) op.fields.emplace_back("class", std::string{name});
    if (!t.name.empty()) op.fields.emplace_back("name", t.name);
    op.action = is_block_class(t.class_id) ? action::program_download : t.class_id == id::session_class ? action::session : op.action;
    if (t.class_id == id::subscription_class || t.class_id == id::alarm_subscription_class) op.action = action::subscribe;
    if (is_block_class(t.class_id)) op.fields.emplace_back("payload_size", std::uint64_t{all.payload});
    if (t.class_id == id::session_class) read_session(all, op, facts);
    if (t.class_id == id::subscription_class) {
      op.objects.clear();
      read_references(all, op, about);
      if (op.objects.empty()) put(op, named("class", t.class_id));
      return;
    }
  }
  if (const auto* l = all.find(id::block_number); l != nullptr) op.fields.emplace_back("block_number", l->content);
  if (all.credential) op.fields.emplace_back("credential_given", true);
}

/// Several variables by address, or several attributes of one object.
void multi_request(bool write, reader& in, operation& op, asked& about) {
  const auto rid = in.u32();
  const auto count = vlq32(in), numbers = vlq32(in);
  in.expect(count <= in.left() && numbers <= in.left(), "as many items as the request says");
  std::vector<std::uint32_t> attributes, symbols;
  if (rid == 0)
    for (std::uint32_t i = 0; i < count && in.left(); ++i) put(op, read_address(in, symbols));
  else
    for (std::uint32_t i = 0; i < numbers && in.left(); ++i) {
      attributes.push_back(vlq32(in));
      put(op, attribute_of(rid, attributes.back()));
    }
  put_symbols(op, symbols);
  about.items = rid == 0 ? count : attributes.size();
  if (!write) return;
  leaves all;
  for (std::uint32_t i = 0; i < count && in.left(); ++i) {
    const auto number = vlq32(in);
    const auto attribute = number >= 1 && number <= attributes.size() ? attributes[number - 1] : 0;
    leaves one;
    read_value(in, attribute, one);
    if (rid != 0) judge_write(op, rid, attribute, one);
    if (attribute == id::reference_list) {
      about.subscription = rid;
      op.objects.clear();
      read_references(one, op, about);
      continue;
    }
    all.dropped += one.dropped;
    all.credential = all.credential || one.credential;
    for (auto& l : one.list) all.add(0, std::move(l.content));
  }
  put(op, all);
}

void variable_request(bool write, reader& in, operation& op, asked& about) {
  const auto rid = in.u32();
  const auto count = vlq32(in);
  std::uint32_t attribute = 0;
  in.expect(count <= in.left(), "as many numbers as the request says");
  for (std::uint32_t i = 0; i < count && in.left(); ++i) {
    const auto number = vlq32(in);
    if (i == 0) attribute = number;
    if (number == 0)
      (void)vlq32(in), ++i;  // the length of a part of it
    else
      put(op, attribute_of(rid, number));
  }
  about.items = 1;
  if (!write) return;
  leaves all;
  read_value(in, attribute, all);
  judge_write(op, rid, attribute, all);
  if (attribute == id::reference_list) {
    about.subscription = rid;
    op.objects.clear();
    return read_references(all, op, about);
  }
  put(op, all);
}

void substreamed_request(bool write, reader& in, operation& op) {
  const auto rid = in.u32();
  leaves address;
  read_value(in, 0, address);
  std::uint32_t attribute = 0;
  for (const auto& l : address.list)
    if (const auto* v = std::get_if<std::uint64_t>(&l.content)) {
      if (attribute == 0) attribute = static_cast<std::uint32_t>(*v);
      put(op, attribute_of(rid, static_cast<std::uint32_t>(*v)));
    }
  if (!write) {
    if (is_code(attribute)) op.action = action::program_upload;
    return;
  }
  in.expect(in.u32() == id::qualifier, "the object qualifier");
  leaves rest;
  while (in.left()) {  // members up to the number 0
    const auto member = vlq32(in);
    if (member == 0) break;
    read_value(in, member, rest);
  }
  in.skip(2);
  leaves all;
  read_value(in, attribute, all);
  op.fields.emplace_back("payload_size", std::uint64_t{all.payload});
  judge_write(op, rid, attribute, all);
  put(op, all);
}

void explore_request(reader& in, operation& op) {
  const auto rid = in.u32();
  (void)vlq32(in);
  in.skip(3);  // with children, unknown, with parents
  auto o = named(area_name(rid), rid);
  if (o.space.empty()) o.space = "object";
  put(op, std::move(o));
  std::uint8_t filters = 0;
  do {
    filters = in.u8();
    const auto count = in.u8();
    leaves filter;
    if (filters != 0) read_bare_value(in, 0, filter);
    for (unsigned i = 0; i < count && in.left(); ++i)
      if (is_code(vlq32(in))) op.action = action::program_upload;
  } while (filters != 0 && in.left());
}

void sequence_request(std::uint8_t version, reader& in, operation& op) {
  in.skip(1);
  if (version == 1) return;
  if (in.u16() != 1) return put(op, named("object", in.u32()));
  // one octet or two before the object
  in.skip(in.left() > 1 && in.rest()[1] == 0xa1 ? 1 : 2);
  leaves all;
  std::vector<thing> things;
  read_objects(in, things, all);
  if (things.empty()) return;
  put(op, named("class", things[0].class_id));
  if (things[0].name.empty()) return;
  op.fields.emplace_back("name", things[0].name);
  if (things[0].name == "DLTransaction") op.action = action::program_download;
}

void delete_request(reader& in, operation& op, asked& about) {
  about.deleted = in.u32();
  put(op, named("object", about.deleted));
  // what the program consists of has numbers above the sessions and subscriptions
  op.action = about.deleted >> 31 != 0 ? action::program_download : action::session;
}

void invoke_request(reader& in, operation& op) {
  const auto rid = in.u32(), method = in.u32();
  object o = named("object", rid);
  o.address += '/' + std::to_string(method);
  put(op, std::move(o));
  const auto what = meaning_of_method(method);
  op.action = what.action;
  if (!what.name.empty()) op.fields.emplace_back("method", std::string{what.name});
  leaves all;
  while (in.left()) {
    if (vlq32(in) == 0) break;
    read_value(in, 0, all);
  }
  put(op, all);
}

}  // namespace

void read_request(std::uint16_t which, std::uint8_t version, reader& in, operation& op, asked& about, std::vector<learned>& facts) {
  about.function = which;
  switch (which) {
    case function::create_object: return create_request(version, in, op, about, facts);
    case function::delete_object: return delete_request(in, op, about);
    case function::set_multi: return multi_request(true, in, op, about);
    case function::get_multi: return multi_request(false, in, op, about);
    case function::set_variable: return variable_request(true, in, op, about);
    case function::get_variable: return variable_request(false, in, op, about);
    case function::set_substreamed: return substreamed_request(true, in, op);
    case function::get_substreamed: return substreamed_request(false, in, op);
    case function::explore: return explore_request(in, op);
    case function::begin_sequence: return sequence_request(version, in, op);
    case function::invoke: return invoke_request(in, op);
    case function::get_link: {
      const auto rid = in.u32();
      return put(op, attribute_of(rid, vlq32(in)));
    }
    default: return;  // no body, or one that is not known
  }
}

}  // namespace mw::s7plus
