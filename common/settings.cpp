// Configuration files: reading with one complaint for each mistake, and the manual, both from the same description.
#include "common/settings.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <set>

namespace mw {
namespace {

std::string joined(const std::vector<std::string_view>& words) {
  std::string out;
  for (const auto w : words) (out += out.empty() ? "" : ", ") += w;
  return out;
}
std::string range(limits l, const std::function<std::string(std::int64_t)>& text) {
  if (l.most == std::numeric_limits<std::int64_t>::max()) return "at least " + text(l.least);
  return "between " + text(l.least) + " and " + text(l.most);
}
std::string plain(std::int64_t n) { return std::to_string(n); }
std::string span(std::int64_t n) { return to_text(std::chrono::seconds{n}); }

/// What was said about a file, shared by the readers of its parts.
struct notes {
  std::string file;
  std::vector<std::pair<int, std::string>> said;
  std::set<std::string, std::less<>> known;  ///< full names of settings and of the sections above them
  void complain(const YAML::Node& at, const std::string& text) {
    const int line = at.IsDefined() && at.Mark().line >= 0 ? at.Mark().line + 1 : 0;
    said.emplace_back(line, text);
  }
  void know(std::string_view name) {
    known.emplace(name);
    for (auto dot = name.rfind('.'); dot != name.npos; dot = name.rfind('.')) known.emplace(name = name.substr(0, dot));
  }
};

class yaml_reader final : public settings {
public:
  yaml_reader(YAML::Node root, std::string prefix, notes& to) : root_{std::move(root)}, prefix_{std::move(prefix)}, to_{to} {}

  void operator()(std::string_view name, bool& field, std::string_view) override {
    scalar(name, [&](const YAML::Node& n) {
      const auto& text = n.Scalar();
      if (text == "true" || text == "false")
        field = text == "true";
      else
        to_.complain(n, full(name) + " cannot be read: " + text + ": write true or false");
    });
  }
  void operator()(std::string_view name, std::string& field, std::string_view, limits l) override {
    scalar(name, [&](const YAML::Node& n) {
      if (l.filled && n.Scalar().empty())
        to_.complain(n, full(name) + " must not be empty");
      else
        field = n.Scalar();
    });
    if (l.filled && field.empty() && !find(name).IsDefined()) to_.complain(root_, full(name) + " is missing: it has no default");
  }
  void operator()(std::string_view name, std::vector<std::string>& field, std::string_view) override {
    const auto n = find(name);
    if (!n.IsDefined() || n.IsNull()) return;
    if (!n.IsSequence()) return to_.complain(n, full(name) + " must be a list: write [a, b] or one \"- a\" per line");
    field.clear();
    for (const auto& one : n) {
      if (one.IsScalar())
        field.push_back(one.Scalar());
      else
        to_.complain(one, full(name) + " may hold single values only");
    }
  }

protected:
  void number(std::string_view name, std::int64_t& field, std::string_view, limits l) override {
    scalar(name, [&](const YAML::Node& n) {
      std::int64_t v = 0;
      if (!YAML::convert<std::int64_t>::decode(n, v))
        return to_.complain(n, full(name) + " cannot be read: " + n.Scalar() + ": write a whole number");
      if (v < l.least || v > l.most) return to_.complain(n, full(name) + " must be " + range(l, plain) + ", not " + n.Scalar());
      field = v;
    });
  }
  void duration(std::string_view name, std::chrono::seconds& field, std::string_view, limits l) override {
    scalar(name, [&](const YAML::Node& n) {
      const auto d = parse_duration(n.Scalar());
      if (!d)
        return to_.complain(n, full(name) + " cannot be read: " + n.Scalar() + ": write a number with s, m, h or d, such as 90s or 24h");
      if (d->count() < l.least || d->count() > l.most)
        return to_.complain(n, full(name) + " must be " + range(l, span) + ", not " + n.Scalar());
      field = *d;
    });
  }
  void one_of(std::string_view name, std::size_t& at, const std::vector<std::string_view>& words, std::string_view) override {
    scalar(name, [&](const YAML::Node& n) {
      const auto it = std::ranges::find(words, n.Scalar());
      if (it == words.end()) return to_.complain(n, full(name) + " must be one of " + joined(words) + ", not " + n.Scalar());
      at = static_cast<std::size_t>(it - words.begin());
    });
  }
  void each(std::string_view name, std::string_view, const visit& inner) override {
    const auto n = find(name);
    if (!n.IsDefined() || n.IsNull()) return;
    if (!n.IsSequence()) return to_.complain(n, full(name) + " must be a list: write one \"- \" entry for each");
    std::size_t i = 0;
    for (const auto& one : n) {
      const auto place = full(name) + '[' + std::to_string(i++) + ']';
      to_.know(place);
      if (!one.IsMap()) {
        to_.complain(one, place + " must hold settings: write \"name: value\" lines");
        continue;
      }
      yaml_reader part{one, place + '.', to_};
      inner(part, true);
    }
  }

private:
  std::string full(std::string_view name) const { return prefix_ + std::string{name}; }
  YAML::Node find(std::string_view name) {
    to_.know(full(name));
    YAML::Node at = root_;
    for (;;) {
      if (!at.IsMap()) return YAML::Node{YAML::NodeType::Undefined};
      const auto dot = name.find('.');
      const YAML::Node& fixed = at;  // a look-up in a constant node adds nothing
      const auto next = fixed[std::string{name.substr(0, dot)}];
      if (!next.IsDefined() || dot == name.npos) return next;
      at.reset(next);
      name.remove_prefix(dot + 1);
    }
  }
  template <class F>
  void scalar(std::string_view name, F read) {
    const auto n = find(name);
    if (!n.IsDefined() || n.IsNull()) return;
    if (n.IsScalar())
      read(n);
    else
      to_.complain(n, full(name) + " must be a single value");
  }

  YAML::Node root_;
  std::string prefix_;
  notes& to_;
};

void unknown(const YAML::Node& n, const std::string& prefix, notes& to) {
  if (n.IsMap()) {
    for (const auto& entry : n) {
      if (!entry.first.IsScalar()) {
        to.complain(entry.first, "a name of a setting must be a single word");
        continue;
      }
      const auto name = prefix + entry.first.Scalar();
      if (to.known.contains(name))
        unknown(entry.second, name + '.', to);
      else
        to.complain(entry.first, name + " is not a setting: take it out, or see --manual for the names");
    }
  } else if (n.IsSequence()) {
    std::size_t i = 0;
    for (const auto& one : n) {
      const auto place = prefix.substr(0, prefix.size() - 1) + '[' + std::to_string(i++) + ']';
      if (to.known.contains(place)) unknown(one, place + '.', to);
    }
  } else if (n.IsScalar() && !prefix.empty()) {
    // a section that holds a single value: its settings were not found, so nobody has said so yet
    const auto at = prefix.substr(0, prefix.size() - 1);
    const auto below = to.known.lower_bound(prefix);
    if (below != to.known.end() && below->starts_with(prefix))
      to.complain(n, at + " must hold settings: write \"name: value\" lines below it");
  }
}

class manual_writer final : public settings {
public:
  void operator()(std::string_view name, bool& field, std::string_view help) override { line(name, field ? "true" : "false", help); }
  void operator()(std::string_view name, std::string& field, std::string_view help, limits l) override {
    line(name, '"' + field + '"', std::string{help} + (l.filled ? " Must be given." : ""));
  }
  void operator()(std::string_view name, std::vector<std::string>& field, std::string_view help) override {
    std::string text;
    for (const auto& f : field) (text += text.empty() ? "\"" : ", \"") += f + '"';
    line(name, '[' + text + ']', help);
  }
  std::string text;

protected:
  void number(std::string_view name, std::int64_t& field, std::string_view help, limits l) override {
    bounded(name, std::to_string(field), help, l, plain);
  }
  void duration(std::string_view name, std::chrono::seconds& field, std::string_view help, limits l) override {
    bounded(name, to_text(field), help, l, span);
  }
  void one_of(std::string_view name, std::size_t& at, const std::vector<std::string_view>& words, std::string_view help) override {
    line(name, std::string{words[at]}, std::string{help} + " One of " + joined(words) + '.');
  }
  void each(std::string_view name, std::string_view help, const visit& inner) override {
    line(name, "[]", std::string{help} + " A list; one entry:");
    manual_writer entry;
    inner(entry, false);
    // shown as comments, the first line with the dash of a list
    std::string_view rest = entry.text;
    const std::string indent(depth_ * 2, ' ');
    bool first = true;
    while (!rest.empty()) {
      const auto end = rest.find('\n');
      const auto one = rest.substr(0, end);
      rest.remove_prefix(end + 1);
      const bool remark = one.starts_with('#');
      text += indent + "#   " + (remark ? "  " : first ? "- " : "  ") + std::string{one} + '\n';
      if (!remark) first = false;
    }
  }

private:
  void bounded(std::string_view name, const std::string& value, std::string_view help, limits l, std::string (*show)(std::int64_t)) {
    const bool free = l.least == 0 && l.most >= std::numeric_limits<std::uint32_t>::max();
    auto said = range(l, show);
    said[0] = static_cast<char>(said[0] - 'a' + 'A');
    line(name, value, std::string{help} + (free ? "" : ' ' + said + '.'));
  }
  void line(std::string_view name, std::string_view value, std::string_view help) {
    std::vector<std::string> path;
    for (auto rest = name;;) {
      const auto dot = rest.find('.');
      path.emplace_back(rest.substr(0, dot));
      if (dot == rest.npos) break;
      rest.remove_prefix(dot + 1);
    }
    std::size_t same = 0;
    while (same + 1 < path.size() && same < open_.size() && open_[same] == path[same]) ++same;
    for (depth_ = same; depth_ + 1 < path.size(); ++depth_)
      text += std::string(depth_ == 0 && !text.empty() ? 1 : 0, '\n') + std::string(depth_ * 2, ' ') + path[depth_] + ":\n";
    if (path.size() == 1 && !open_.empty()) text += '\n';
    open_.assign(path.begin(), path.end() - 1);
    const std::string indent(depth_ * 2, ' ');
    ((text += indent) += "# ") += help;
    (((((text += '\n') += indent) += path.back()) += ": ") += value) += '\n';
  }
  std::vector<std::string> open_;
  std::size_t depth_ = 0;
};

}  // namespace

class settings_file::inside {
public:
  inside(std::string_view text, std::string file) {
    to.file = std::move(file);
    try {
      root = YAML::Load(std::string{text});
    } catch (const YAML::Exception& e) {
      to.said.emplace_back(e.mark.line + 1, "is not YAML: " + e.msg);
      root = YAML::Node{YAML::NodeType::Undefined};
      broken = true;
    }
    if (!broken && !root.IsMap() && !root.IsNull()) to.complain(root, "must hold settings: write \"name: value\" lines");
    walk.emplace(root, "", to);
  }
  notes to;
  YAML::Node root;
  bool broken = false;
  std::optional<yaml_reader> walk;
};

settings_file::settings_file(std::string_view text, std::string file) : inside_{std::make_unique<inside>(text, std::move(file))} {}
settings_file::~settings_file() = default;
settings& settings_file::reader() { return *inside_->walk; }

std::vector<std::string> settings_file::complaints() {
  auto& to = inside_->to;
  if (inside_->broken)
    to.said.resize(1);  // what is missing from a file that cannot be read is no news
  else if (inside_->root.IsDefined() && inside_->root.IsMap())
    unknown(inside_->root, "", to);
  std::ranges::stable_sort(to.said, {}, [](const auto& s) { return s.first; });
  std::vector<std::string> out;
  for (const auto& [line, text] : to.said) out.push_back(to.file + (line > 0 ? ':' + std::to_string(line) : "") + ": " + text);
  return out;
}

std::string manual(std::string_view title, const std::function<void(settings&)>& walk) {
  manual_writer out;
  walk(out);
  return "# " + std::string{title} + "\n\n" + out.text;
}

}  // namespace mw
