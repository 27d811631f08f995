// Lays out tables; widths count terminal columns, not bytes.
#include "analyzer/report/tables.hpp"

#include <algorithm>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <iterator>

namespace mw {
namespace {

constexpr std::size_t widest_cell = 60;

struct decoded {
  char32_t point;
  std::size_t length;
};
decoded next(std::string_view s) {
  const auto lead = static_cast<unsigned char>(s[0]);
  const std::size_t n = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (n > s.size()) return {'?', s.size()};
  char32_t p = n == 1 ? lead : lead & (0xffu >> (n + 1));
  for (std::size_t i = 1; i < n; ++i) p = (p << 6) | (static_cast<unsigned char>(s[i]) & 0x3fu);
  return {p, n};
}
std::size_t width_of(char32_t p) {
  return (p >= 0x1100 && p <= 0x115f) || (p >= 0x2e80 && p <= 0xa4cf) || (p >= 0xac00 && p <= 0xd7a3) || (p >= 0xf900 && p <= 0xfaff) || (p >= 0xfe30 && p <= 0xfe6f) || (p >= 0xff00 && p <= 0xff60) ||
                 (p >= 0xffe0 && p <= 0xffe6) || (p >= 0x20000 && p <= 0x3fffd)
             ? 2
             : 1;
}

std::string cut(const std::string& s, std::size_t columns) {
  if (columns_of(s) <= columns) return s;
  std::string out;
  std::size_t used = 0;
  for (std::string_view rest = s; !rest.empty();) {
    const auto c = next(rest);
    if (used + width_of(c.point) + 1 > columns) break;
    out += rest.substr(0, c.length), used += width_of(c.point), rest.remove_prefix(c.length);
  }
  return out + "…";
}

std::string_view colour_of(severity s) {
  switch (s) {
    case severity::critical: return "\x1b[31m";
    case severity::high: return "\x1b[38;5;208m";
    case severity::medium: return "\x1b[33m";
    case severity::low: return "\x1b[34m";
    case severity::info: return "";
  }
  return "";
}

struct grid {
  std::vector<std::string> head;
  std::vector<std::vector<std::string>> rows;
  std::vector<severity> paint;  ///< of each row; empty = plain

  std::string print(const table_style& style) const {
    const auto shown = std::min(rows.size(), style.most_rows);
    std::vector<std::size_t> widths;
    for (const auto& h : head) widths.push_back(columns_of(h));
    for (std::size_t r = 0; r < shown; ++r)
      for (std::size_t c = 0; c < head.size(); ++c) widths[c] = std::max(widths[c], std::min(widest_cell, columns_of(rows[r][c])));
    const auto line = [&](const std::vector<std::string>& cells) {
      std::string out;
      for (std::size_t c = 0; c < cells.size(); ++c) {
        const auto cell = cut(cells[c], widths[c]);
        out += cell;
        if (c + 1 < cells.size()) out.append(widths[c] - columns_of(cell) + 2, ' ');
      }
      return out + '\n';
    };
    std::string out = line(head);
    for (std::size_t r = 0; r < shown; ++r) {
      const auto ink = style.colour && r < paint.size() ? colour_of(paint[r]) : std::string_view{};
      auto one = line(rows[r]);
      if (ink.empty()) out += one;
      else one.pop_back(), out += fmt::format("{}{}\x1b[0m\n", ink, one);
    }
    if (rows.size() > shown) out += style.language == language::zh ? fmt::format("（另有 {} 行未显示）\n", rows.size() - shown) : fmt::format("({} more rows)\n", rows.size() - shown);
    return out;
  }
};

std::vector<std::string> heads(const table_style& style, std::initializer_list<text> names) {
  std::vector<std::string> out;
  for (const auto& n : names) out.emplace_back(in(style.language, n));
  return out;
}

std::string joined(const std::vector<std::string>& list, std::size_t most = 3) {
  std::string out;
  for (std::size_t i = 0; i < list.size() && i < most; ++i) out += (i ? ", " : "") + list[i];
  if (list.size() > most) out += fmt::format(" +{}", list.size() - most);
  return out;
}

std::string fact_of(const asset& a, std::string_view kind) {
  for (const auto& f : a.facts)
    if (f.kind == kind) return f.value;
  for (const auto& u : a.units)
    for (const auto& f : u.facts)
      if (f.kind == kind) return f.value;
  return {};
}

}  // namespace

std::size_t columns_of(std::string_view s) {
  std::size_t n = 0;
  while (!s.empty()) {
    const auto c = next(s);
    n += width_of(c.point), s.remove_prefix(c.length);
  }
  return n;
}

std::string local_time(timestamp t, const table_style& style) {
  const auto local = std::chrono::floor<std::chrono::seconds>(t + std::chrono::minutes{style.utc_offset_minutes});
  return fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::gmtime(local.time_since_epoch().count()));
}

void operation_counts::add(const operation& o) {
  auto& r = rows_[{o.protocol, o.action}];
  const auto n = o.repeat ? o.repeat->count : 1;
  (o.outcome == outcome::ok ? r.ok : o.outcome == outcome::refused ? r.refused : r.other) += n;
}

std::string asset_table(const std::vector<asset>& assets, const table_style& style) {
  grid g{heads(style, {{"ADDRESS", "地址"}, {"MAC", "MAC"}, {"ROLE", "角色"}, {"LEVEL", "层级"}, {"VENDOR", "厂商"}, {"MODEL", "型号"}, {"FIRMWARE", "固件"}, {"SERVES", "提供服务"}, {"UNITS", "子设备"}, {"LAST SEEN", "最近出现"}}), {}, {}};
  for (const auto& a : assets) {
    std::vector<std::string> serves;
    for (const auto& s : a.services)
      if (s.serves && !s.protocol.empty()) serves.push_back(s.port ? fmt::format("{}:{}", s.protocol, s.port) : s.protocol);
    const auto vendor = fact_of(a, "vendor");
    g.rows.push_back({joined(a.addresses, 2), a.hardware, fmt::format("{} {}%", in(style.language, label(a.role)), a.role_confidence), a.level < 0 ? "-" : fmt::format("{:g}", a.level), vendor.empty() ? a.vendor : vendor,
                      fact_of(a, "model"), fact_of(a, "firmware"), joined(serves), std::to_string(a.units.size()), local_time(a.last, style)});
  }
  return g.print(style);
}

std::string operation_table(const operation_counts& counts, const table_style& style) {
  grid g{heads(style, {{"PROTOCOL", "协议"}, {"ACTION", "操作"}, {"OK", "成功"}, {"REFUSED", "拒绝"}, {"OTHER", "其他"}}), {}, {}};
  for (const auto& [what, r] : counts.rows())
    g.rows.push_back({what.first, std::string{in(style.language, label(what.second))}, std::to_string(r.ok), std::to_string(r.refused), std::to_string(r.other)});
  return g.print(style);
}

std::string incident_table(const std::vector<incident>& incidents, const table_style& style) {
  grid g{heads(style, {{"SEVERITY", "告警级别"}, {"FIRST SEEN", "首次出现"}, {"TITLE", "事件名称"}, {"ATTACKER", "攻击方"}, {"VICTIM", "被攻击方"}, {"ALERTS", "告警数"}, {"TECHNIQUES", "技术"}, {"ID", "编号"}}), {}, {}};
  for (const auto& i : incidents) {
    g.rows.push_back({std::string{in(style.language, label(i.severity))} + (i.below_budget ? " *" : ""), local_time(i.first, style), in(style.language, i.title), joined(i.actors), joined(i.victims), std::to_string(i.alerts), joined(i.techniques), i.id});
    g.paint.push_back(i.severity);
  }
  auto out = g.print(style);
  if (std::any_of(incidents.begin(), incidents.end(), [](const incident& i) { return i.below_budget; }))
    out += style.language == language::zh ? "* 超出当日告警预算：保留但未告警\n" : "* over the day's alert budget: kept, not alerted\n";
  return out;
}

std::string detection_table(const std::vector<detection>& detections, const table_style& style) {
  grid g{heads(style, {{"SEVERITY", "告警级别"}, {"FIRST SEEN", "首次出现"}, {"RULE", "规则"}, {"TITLE", "名称"}, {"ACTOR", "攻击方"}, {"VICTIM", "被攻击方"}, {"COUNT", "次数"}}), {}, {}};
  for (const auto& d : detections) {
    g.rows.push_back({std::string{in(style.language, label(d.severity))} + (d.trial ? " ?" : ""), local_time(d.first, style), d.rule, in(style.language, d.title), d.actor, d.victim, std::to_string(d.count)});
    g.paint.push_back(d.severity);
  }
  return g.print(style);
}

std::string incident_page(const incident& i, const table_style& style) {
  const bool zh = style.language == language::zh;
  std::string out;
  auto to = std::back_inserter(out);
  const auto ink = style.colour ? colour_of(i.severity) : std::string_view{};
  fmt::format_to(to, "{}[{}]{} {}\n", ink, in(style.language, label(i.severity)), ink.empty() ? "" : "\x1b[0m", in(style.language, i.title));
  const auto line = [&](std::string_view en, std::string_view name, const std::string& what) {
    if (!what.empty()) fmt::format_to(to, "  {}{}{}\n", zh ? name : en, zh ? "：" : ": ", what);
  };
  line("id", "编号", i.id);
  line("time", "时间", fmt::format("{} – {}", local_time(i.first, style), local_time(i.last, style)));
  line("attacker", "攻击方", joined(i.actors, 10));
  line("victim", "被攻击方", joined(i.victims, 10));
  line("techniques", "ATT&CK 技术", joined(i.techniques, 10));
  line("event class", "事件分类", fmt::format("{} {}", i.event_code, i.event_key));
  std::string chain;
  for (const auto s : i.chain) chain += (chain.empty() ? "" : " → ") + std::string{in(style.language, label(s))};
  line("kill chain", "杀伤链", chain);
  line("score", "评分", fmt::format("{:.1f}", i.score));
  line("state", "状态", std::string{in(style.language, label(i.state))});
  for (const auto& e : i.evidence) {
    fmt::format_to(to, "  {} {}\n", zh ? "证据" : "evidence", local_time(e.time, style));
    line("  expected", "  预期", in(style.language, e.expected));
    line("  observed", "  实际", in(style.language, e.observed));
    if (e.previous) line("  previous value", "  原值", *e.previous);
    if (e.packets.first) line("  packets", "  报文序号", fmt::format("{}–{}", e.packets.first, e.packets.last));
    line("  flow", "  会话", e.flow);
    line("  check", "  建议", in(style.language, e.check));
  }
  return out;
}

}  // namespace mw
