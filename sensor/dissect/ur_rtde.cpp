// RTDE, the Real-Time Data Exchange of Universal Robots controllers (TCP 30004; guide S-19): a client names the variables it wants to read
// and to write, then both send packages of their values.
#include "common/text.hpp"
#include "sensor/dissect/pending.hpp"
#include "sensor/dissect/told.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

namespace mw {
namespace {

constexpr std::array<std::uint16_t, 1> ports{30004};
constexpr std::size_t head_size = 3, longest = 4096, most_recipes = 16, most_variables = 128, most_values = 64, most_told = 16;
constexpr std::uint8_t stated = 85;

enum package : std::uint8_t {
  request_version = 'V',
  control_version = 'v',
  text_message = 'M',
  data = 'U',
  setup_outputs = 'O',
  setup_inputs = 'I',
  start = 'S',
  pause = 'P',
};
struct package_info {
  std::uint8_t type;
  std::string_view name;
  action what;
};
constexpr auto packages = std::to_array<package_info>({
    {request_version, "request_protocol_version", action::session},
    {control_version, "get_control_version", action::identify},
    {text_message, "text_message", action::report},
    {data, "data_package", action::report},
    {setup_outputs, "setup_outputs", action::subscribe},
    {setup_inputs, "setup_inputs", action::subscribe},
    {start, "start", action::subscribe},
    {pause, "pause", action::subscribe},
});
const package_info* find(std::uint8_t type) {
  const auto at = std::ranges::find(packages, type, &package_info::type);
  return at == packages.end() ? nullptr : &*at;
}

result<std::size_t> frame(bytes head) {
  if (head.size() < head_size) return 0u;
  reader in{head};
  const auto size = in.u16();
  if (size < head_size || size > longest || find(in.u8()) == nullptr) return fail(fault::malformed, "size or type of a package");
  return std::size_t{size};
}
match probe(bytes head, transport t) {
  if (t != transport::tcp) return match::no;
  const auto size = frame(head);
  if (!size) return match::no;
  if (*size == 0 || head.size() < *size) return match::unsure;
  const auto type = head[2];
  const auto body = *size - head_size;
  const bool plausible = type == request_version          ? body == 2 || body == 1
                         : type == control_version        ? body == 0 || body == 16
                         : type == start || type == pause ? body <= 1
                                                          : body > 0;
  return plausible ? match::yes : match::no;
}

std::vector<std::string> split(bytes text) {
  std::vector<std::string> out;
  while (!text.empty() && out.size() < most_variables) {
    const auto size = static_cast<std::size_t>(std::ranges::find(text, std::uint8_t{','}) - text.begin());
    if (size != 0) out.push_back(printable(text.first(size), 64));
    text = text.subspan(std::min(size + 1, text.size()));
  }
  return out;
}

struct recipe {
  std::uint8_t id = 0;
  bool inputs = false;
  std::vector<std::string> names, types;
};

class ur_rtde_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    reader in{m.data};
    auto body = in.part(in.u16() >= head_size && m.data.size() >= 2 ? m.data.size() - 2 : 0);
    const auto type = body.u8();
    const auto* about = body.ok() ? find(type) : nullptr;
    if (about == nullptr) {
      out.violate(m.from, "type", "a package that is cut short or of a type that is not known");
      return verdict::taken;
    }
    out.count("ur_rtde", "package", about->name);
    if (type == data)
      on_data(body, m, out);
    else if (type == text_message)
      on_text(*about, body, m, out);
    else if (m.from == side::client)
      on_request(*about, body, m, out);
    else
      on_answer(*about, body, m, out);
    return verdict::taken;
  }
  void on_gap(side) override { whole_ = false; }
  void on_time(timestamp now, output& out) override { waiting_.expire(now, out); }
  void on_end(timestamp, output& out) override { waiting_.finish(out); }

private:
  static operation begin(const package_info& about, const message& m) {
    operation op;
    op.time = m.time;
    op.function = std::to_string(about.type);
    op.function_name = about.name;
    op.action = about.what;
    return op;
  }
  static std::string joined(const std::vector<std::string>& all) {
    std::string text;
    for (const auto& s : all) text += (text.empty() ? "" : ",") + s;
    return text;
  }

  void on_request(const package_info& about, reader& in, const message& m, output& out) {
    auto op = begin(about, m);
    recipe wanted{.inputs = about.type == setup_inputs};
    if (about.type == request_version) {
      version_ = in.u16();
      op.fields.emplace_back("version", std::uint64_t{version_});
    }
    if (about.type == setup_outputs && version_ != 1) op.fields.emplace_back("frequency", in.f64());
    if (about.type == setup_outputs || about.type == setup_inputs) {
      wanted.names = split(in.rest());
      for (const auto& n : wanted.names)
        op.objects.push_back({.space = wanted.inputs ? "input" : "output", .address = n, .property = {}, .index = {}});
    }
    if (!in.ok()) out.violate(m.from, "length", "a package is cut short");
    waiting_.add(about.type, std::move(op), out, m.from, std::move(wanted));
  }

  void on_answer(const package_info& about, reader& in, const message& m, output& out) {
    auto r = waiting_.take(about.type);
    if (!r) {
      if (whole_) out.violate(m.from, "unpaired_response", "an answer whose request was not seen");
      return;
    }
    auto& op = r->op;
    bool well = true;
    if (about.type == control_version) {
      std::string version;
      for (int i = 0; i < 4 && in.left(); ++i) version += (version.empty() ? "" : ".") + std::to_string(in.u32());
      if (!in.ok()) return out.violate(m.from, "length", "the version of the control is cut short");
      op.values.emplace_back(version);
      say(m, "vendor", "Universal Robots", out), say(m, "role", "robot_controller", out), say(m, "firmware", version, out);
    } else if (about.type == setup_outputs || about.type == setup_inputs) {
      auto& made = r->extra;
      if (version_ != 1 || made.inputs) made.id = in.u8();
      made.types = split(in.rest());
      op.fields.emplace_back("recipe", std::uint64_t{made.id});
      op.fields.emplace_back("types", joined(made.types));
      well = in.ok() && std::ranges::none_of(made.types, [](const auto& t) { return t == "NOT_FOUND" || t == "IN_USE"; });
      if (made.types.size() != made.names.size()) out.violate(m.from, "mismatch", "the answer names another number of variables");
      if (well) keep(std::move(made), out);
    } else {
      well = in.u8() != 0;
      op.fields.emplace_back("accepted", well);
    }
    answer(*r, m.time, well ? outcome::ok : outcome::refused, out);
  }
  void keep(recipe&& r, output& out) {
    std::erase_if(recipes_, [&](const recipe& k) { return k.id == r.id && k.inputs == r.inputs; });
    if (recipes_.size() >= most_recipes) {
      out.count("ur_rtde", "forgotten", "recipe");
      recipes_.erase(recipes_.begin());
    }
    recipes_.push_back(std::move(r));
  }

  void on_text(const package_info& about, reader& in, const message& m, output& out) {
    auto op = begin(about, m);
    op.outcome = outcome::none;
    if (version_ == 1) {
      in.skip(1);
      op.values.emplace_back(printable(in.rest()));
    } else {
      const auto text = in.take(in.u8()), source = in.take(in.u8());
      const auto level = in.u8();
      if (!in.ok()) return out.violate(m.from, "length", "a text is cut short");
      op.values.emplace_back(printable(text));
      op.fields.emplace_back("source", printable(source));
      op.fields.emplace_back("level", std::uint64_t{level});
    }
    out.emit(std::move(op), m.from);
  }

  /// From the control what it measures, to the control what it shall take as inputs.
  void on_data(reader& in, const message& m, output& out) {
    const bool inputs = m.from == side::client;
    auto op = begin(*find(data), m);
    op.action = inputs ? action::write : action::report;
    op.outcome = outcome::none;
    const auto id = version_ != 1 || inputs ? in.u8() : std::uint8_t{0};
    if (!in.ok()) return out.violate(m.from, "length", "a package of data without its recipe");
    op.objects.push_back({.space = inputs ? "inputs" : "outputs", .address = std::to_string(id), .property = {}, .index = {}});
    const auto known = std::ranges::find_if(recipes_, [&](const recipe& r) { return r.id == id && r.inputs == inputs; });
    if (known == recipes_.end()) return out.count("ur_rtde", "data", "of_unknown_recipe");
    for (const auto& type : known->types) read_value(type, in, op);
    if (!in.ok() || in.left()) out.violate(m.from, "length", "a package of data does not fit its recipe");
    out.emit(std::move(op), m.from);
  }
  static void read_value(std::string_view type, reader& in, operation& op) {
    const auto add = [&](value v) {
      if (op.values.size() < most_values) op.values.push_back(std::move(v));
    };
    std::size_t times = 1;
    auto kind = type;
    if (type.starts_with("VECTOR3")) times = 3, kind = "DOUBLE";
    if (type.starts_with("VECTOR6")) times = 6, kind = type == "VECTOR6INT32" ? "INT32" : type == "VECTOR6UINT32" ? "UINT32" : "DOUBLE";
    for (; times > 0 && in.ok(); --times) {
      if (kind == "BOOL")
        add(in.u8() != 0);
      else if (kind == "UINT8")
        add(std::uint64_t{in.u8()});
      else if (kind == "UINT32")
        add(std::uint64_t{in.u32()});
      else if (kind == "UINT64")
        add(in.u64());
      else if (kind == "INT32")
        add(std::int64_t{static_cast<std::int32_t>(in.u32())});
      else if (kind == "DOUBLE")
        add(in.f64());
      else
        return in.fail({fault::unsupported, "a type that is not known", in.at()});
    }
  }
  void say(const message& m, std::string_view kind, std::string_view said, output& out) {
    if (told_.fresh({}, {}, kind, said, m.time, "ur_rtde", out)) out.learn(m.from, {}, kind, said, stated);
  }

  pending_requests<std::uint8_t, recipe, 32> waiting_;
  std::vector<recipe> recipes_;
  std::uint16_t version_ = 2;  ///< of the protocol; the later is assumed where its choice was not seen
  bool whole_ = true;          ///< nothing was missed
  told_facts<most_told> told_;
};

const protocol ur_rtde{{
    .name = "ur_rtde",
    .tcp_ports = ports,
    .any_tcp_port = false,
    .probe = probe,
    .frame = frame,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<ur_rtde_session>(); },
}};

}  // namespace
}  // namespace mw
