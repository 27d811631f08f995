// The tables of a run: which columns, in which order.
#include "analyzer/report/tables.hpp"

#include "analyzer/report/grid.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

namespace mw {
namespace {

using json = nlohmann::ordered_json;

std::string joined(const std::vector<std::string>& list, std::size_t most = 3) {
  std::string out;
  for (std::size_t i = 0; i < list.size() && i < most; ++i) out += (i ? ", " : "") + list[i];
  if (list.size() > most) out += fmt::format(" +{}", list.size() - most);
  return out;
}

std::string joined(const json& list) { return joined(list.get<std::vector<std::string>>()); }

std::string fact_of(const json& a, std::string_view kind) {
  for (const auto& f : a["facts"])
    if (f["kind"] == kind) return f["value"];
  for (const auto& u : a["units"])
    for (const auto& f : u["facts"])
      if (f["kind"] == kind) return f["value"];
  return {};
}

timestamp time_at(const json& j, const char* name) {
  return timestamp{std::chrono::duration_cast<nanoseconds>(std::chrono::duration<double>{j.at(name).get<double>()})};
}
std::string in(language l, const json& both) { return both.at(l == language::zh ? "zh" : "en"); }
severity severity_at(const json& j) { return parse_severity(j.at("severity").get<std::string>()).value_or(severity::info); }
std::string severity_cell(const json& j, const table_style& style, const char* mark, bool marked) {
  return std::string{in(style.language, label(severity_at(j)))} + (marked ? mark : "");
}

}  // namespace

void operation_counts::add(const operation& o) {
  auto& r = rows_[{o.protocol, o.action}];
  const auto n = o.repeat ? o.repeat->count : 1;
  (o.outcome == outcome::ok ? r.ok : o.outcome == outcome::refused ? r.refused : r.other) += n;
}

std::string asset_table(const json& assets, const table_style& style) {
  grid g{heads(style, {{"ADDRESS", "地址"},
                       {"MAC", "MAC"},
                       {"ROLE", "角色"},
                       {"LEVEL", "层级"},
                       {"VENDOR", "厂商"},
                       {"MODEL", "型号"},
                       {"FIRMWARE", "固件"},
                       {"SERVES", "提供服务"},
                       {"UNITS", "子设备"},
                       {"LAST SEEN", "最近出现"}}),
         {},
         {}};
  for (const auto& a : assets) {
    std::vector<std::string> serves;
    for (const auto& s : a["services"]) {
      const auto protocol = s["protocol"].get<std::string>();
      const auto port = s["port"].get<int>();
      if (s["serves"].get<bool>() && !protocol.empty()) serves.push_back(port ? fmt::format("{}:{}", protocol, port) : protocol);
    }
    const auto vendor = fact_of(a, "vendor");
    const auto role = parse_role(a["role"].get<std::string>()).value_or(asset_role::unknown);
    const auto addresses = a["addresses"].get<std::vector<std::string>>();
    g.rows.push_back({joined(addresses, 2), a["mac"],
                      fmt::format("{} {}%", in(style.language, label(role)), a["role_confidence"].get<int>()),
                      a["level"].is_null() ? "-" : fmt::format("{:g}", a["level"].get<double>()),
                      vendor.empty() ? a["vendor"].get<std::string>() : vendor, fact_of(a, "model"), fact_of(a, "firmware"), joined(serves),
                      std::to_string(a["units"].size()), local_time(time_at(a, "last_seen"), style)});
  }
  return g.print(style);
}

std::string operation_table(const operation_counts& counts, const table_style& style) {
  grid g{heads(style, {{"PROTOCOL", "协议"}, {"ACTION", "操作"}, {"OK", "成功"}, {"REFUSED", "拒绝"}, {"OTHER", "其他"}}), {}, {}};
  for (const auto& [what, r] : counts.rows())
    g.rows.push_back({what.first, std::string{in(style.language, label(what.second))}, std::to_string(r.ok), std::to_string(r.refused),
                      std::to_string(r.other)});
  return g.print(style);
}

std::string incident_table(const json& incidents, const table_style& style) {
  grid g{heads(style, {{"SEVERITY", "告警级别"},
                       {"FIRST SEEN", "首次出现"},
                       {"TITLE", "事件名称"},
                       {"ATTACKER", "攻击方"},
                       {"VICTIM", "被攻击方"},
                       {"ALERTS", "告警数"},
                       {"TECHNIQUES", "技术"},
                       {"ID", "编号"}}),
         {},
         {}};
  bool held_back = false;
  for (const auto& i : incidents) {
    const bool below = i["below_budget"];
    held_back = held_back || below;
    g.rows.push_back({severity_cell(i, style, " *", below), local_time(time_at(i, "first_seen"), style), in(style.language, i["title"]),
                      joined(i["actors"]), joined(i["victims"]), std::to_string(i["alerts"].get<std::uint64_t>()), joined(i["techniques"]),
                      i["id"]});
    g.paint.push_back(severity_at(i));
  }
  auto out = g.print(style);
  if (held_back)
    out += style.language == language::zh ? "* 超出当日告警预算：保留但未告警\n" : "* over the day's alert budget: kept, not alerted\n";
  return out;
}

std::string detection_table(const json& detections, const table_style& style) {
  grid g{heads(style, {{"SEVERITY", "告警级别"},
                       {"FIRST SEEN", "首次出现"},
                       {"RULE", "规则"},
                       {"TITLE", "名称"},
                       {"ACTOR", "攻击方"},
                       {"VICTIM", "被攻击方"},
                       {"COUNT", "次数"}}),
         {},
         {}};
  bool tried = false;
  for (const auto& d : detections) {
    const bool trial = d["trial"];
    tried = tried || trial;
    g.rows.push_back({severity_cell(d, style, " ?", trial), local_time(time_at(d, "first_seen"), style), d["rule"],
                      in(style.language, d["title"]), d["actor"], d["victim"], std::to_string(d["count"].get<std::uint64_t>())});
    g.paint.push_back(severity_at(d));
  }
  auto out = g.print(style);
  if (tried) out += style.language == language::zh ? "? 试运行期间：仅记录，不告警\n" : "? on trial: recorded, not alerted\n";
  return out;
}

std::string incident_page(const incident& i, const table_style& style) {
  const bool zh = style.language == language::zh;
  std::string out;
  auto to = std::back_inserter(out);
  const auto ink = style.colour ? colour_of(i.severity) : std::string_view{};
  fmt::format_to(to, "{}[{}]{} {}\n", ink, in(style.language, label(i.severity)), ink.empty() ? "" : "\x1b[0m",
                 in(style.language, i.title));
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
