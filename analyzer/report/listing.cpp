// The tables of what a store gives: records, sums, heartbeats, the ledger.
#include "analyzer/report/tables.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace mw {
namespace {

using json = nlohmann::ordered_json;

std::string text_at(const json& j, const char* name) {
  const auto it = j.find(name);
  return it == j.end() || it->is_null() ? std::string{} : it->is_string() ? it->get<std::string>() : it->dump();
}
std::string time_cell(const json& j, const char* name, const table_style& style) {
  const auto it = j.find(name);
  if (it == j.end() || !it->is_number()) return "-";
  return local_time(timestamp{std::chrono::duration_cast<nanoseconds>(std::chrono::duration<double>{it->get<double>()})}, style);
}
std::string action_cell(const json& j, const table_style& style) {
  const auto a = parse_action(text_at(j, "action"));
  return a ? std::string{in(style.language, label(*a))} : std::string{};
}

std::string objects_of(const json& o) {
  std::string out;
  for (const auto& x : o.value("objects", json::array())) {
    if (out.size() > 80) return out + " …";
    if (!out.empty()) out += ' ';
    out += text_at(x, "space") + ':' + text_at(x, "address");
    if (const auto n = x.value("count", 1u); n != 1) out += '*' + std::to_string(n);
  }
  return out;
}
std::string values_of(const json& o) {
  std::string out;
  for (const auto& x : o.value("values", json::array())) {
    if (out.size() > 80) return out + " …";
    if (!out.empty()) out += ' ';
    out += x.is_string() ? x.get<std::string>() : x.dump();
  }
  return out;
}
/// 1234567 -> "1.2M": a column of octets is read, not added up.
std::string short_number(double n) {
  if (n < 1000) return fmt::format("{:.0f}", n);
  for (const char unit : {'k', 'M', 'G', 'T'}) {
    n /= 1000;
    if (n < 1000) return fmt::format("{:.1f}{}", n, unit);
  }
  return fmt::format("{:.0f}P", n / 1000);
}

}  // namespace

std::string record_table(const json& list, bool of_operations, const table_style& style) {
  if (of_operations) {
    grid g{heads(style, {{"TIME", "时间"},
                         {"PROTOCOL", "协议"},
                         {"CLIENT", "客户端"},
                         {"SERVER", "服务端"},
                         {"UNIT", "单元"},
                         {"ACTION", "操作"},
                         {"FUNCTION", "功能"},
                         {"OBJECTS", "对象"},
                         {"VALUES", "值"},
                         {"OUTCOME", "结果"},
                         {"TIMES", "次数"}}),
           {},
           {}};
    for (const auto& o : list) {
      const auto repeat = o.find("repeat");
      const auto code = text_at(o, "code");
      g.rows.push_back({time_cell(o, "time", style), text_at(o, "protocol"), text_at(o, "client"), text_at(o, "server"), text_at(o, "unit"),
                        action_cell(o, style), text_at(o, "function_name"), objects_of(o), values_of(o),
                        text_at(o, "outcome") + (code.empty() ? "" : ' ' + code),
                        repeat == o.end() || !repeat->is_object() ? "1" : text_at(*repeat, "count")});
    }
    return g.print(style);
  }
  grid g{heads(style, {{"FIRST SEEN", "首次出现"},
                       {"LAST SEEN", "最近出现"},
                       {"APPLICATION", "应用"},
                       {"TRANSPORT", "传输"},
                       {"CLIENT", "客户端"},
                       {"SERVER", "服务端"},
                       {"SENT", "上行"},
                       {"ANSWERED", "下行"},
                       {"STATE", "状态"},
                       {"REASON", "原因"}}),
         {},
         {}};
  for (const auto& f : list)
    g.rows.push_back({time_cell(f, "first", style), time_cell(f, "last", style), text_at(f, "application"), text_at(f, "transport"),
                      text_at(f, "client"), text_at(f, "server"), short_number(f.value("client_bytes", 0.0)),
                      short_number(f.value("server_bytes", 0.0)), text_at(f, "tcp_state"), text_at(f, "reason")});
  return g.print(style);
}

std::string sum_table(const json& list, const table_style& style) {
  grid g{heads(style, {{"TIME", "时间"},
                       {"SITE", "站点"},
                       {"PROTOCOL", "协议"},
                       {"ACTION", "操作"},
                       {"OPERATIONS", "操作数"},
                       {"FLOWS", "会话数"},
                       {"PACKETS", "报文数"},
                       {"BYTES", "字节数"}}),
         {},
         {}};
  for (const auto& r : list)
    g.rows.push_back({time_cell(r, "time", style), text_at(r, "site"), text_at(r, "protocol"), action_cell(r, style),
                      text_at(r, "operations"), text_at(r, "flows"), text_at(r, "packets"), short_number(r.value("bytes", 0.0))});
  return g.print(style);
}

std::string sensor_table(const json& list, std::optional<timestamp> now, const table_style& style) {
  constexpr double silent_after = 30;  // seconds: three heartbeats
  const bool zh = style.language == language::zh;
  grid g{heads(style, {{"SENSOR", "探针"},
                       {"STATE", "状态"},
                       {"LAST HEARTBEAT", "最近心跳"},
                       {"SITE", "站点"},
                       {"ENTERPRISE", "企业"},
                       {"INTERFACE", "网卡"},
                       {"PACKETS", "报文数"},
                       {"BYTES", "字节数"},
                       {"LOST FRAMES", "丢包"},
                       {"VERSION", "版本"}}),
         {},
         {}};
  for (const auto& s : list) {
    const auto time = s.find("time");
    const bool heard = time != s.end() && time->is_number();
    const bool silent = !heard || (now && to_seconds(*now) - time->get<double>() > silent_after);
    std::uint64_t lost = 0;  // frames only: what later stages drop, such as operations that a summary stands for, is no loss
    for (const auto& stage : s.value("ledger", json::array()))
      if (text_at(stage, "stage") == "capture_frames")
        for (const auto& n : stage.value("dropped", json::object())) lost += n.get<std::uint64_t>();
    g.rows.push_back({text_at(s, "sensor"),
                      !heard   ? (zh ? "无数据" : "NO DATA")
                      : silent ? (zh ? "静默" : "SILENT")
                      : !now   ? (zh ? "已结束" : "ended")
                               : (zh ? "正常" : "ok"),
                      time_cell(s, "time", style), text_at(s, "site"), text_at(s, "enterprise"), text_at(s, "interface"),
                      text_at(s, "packets"), short_number(s.value("bytes", 0.0)), heard ? std::to_string(lost) : "",
                      text_at(s, "version")});
    g.paint.push_back(silent ? severity::critical : severity::info);
  }
  return g.print(style);
}

std::string ledger_table(const json& stages, const table_style& style) {
  const bool zh = style.language == language::zh;
  grid g{heads(style, {{"STAGE", "环节"},
                       {"IN", "流入"},
                       {"OUT", "流出"},
                       {"LOST FRAMES", "丢包"},
                       {"HELD", "暂存"},
                       {"BALANCE", "平衡"},
                       {"REASONS", "丢弃原因"}}),
         {},
         {}};
  for (const auto& [name, s] : stages.items()) {
    std::uint64_t dropped = 0;
    std::string reasons;
    for (const auto& [reason, n] : s["dropped"].items())
      dropped += n.get<std::uint64_t>(), reasons += (reasons.empty() ? "" : ", ") + reason + ' ' + n.dump();
    const bool balanced = s["balanced"];
    g.rows.push_back({name, s["in"].dump(), s["out"].dump(), std::to_string(dropped), s["held"].dump(),
                      balanced ? (zh ? "是" : "yes") : (zh ? "否！" : "NO"), reasons});
    g.paint.push_back(balanced ? severity::info : severity::critical);
  }
  return g.print(style);
}

}  // namespace mw
