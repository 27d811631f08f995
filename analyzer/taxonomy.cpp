// Names of the closed sets, and the life cycle of an incident.
#include "analyzer/taxonomy.hpp"

#include <array>

namespace mw {
namespace {

constexpr std::array<std::string_view, 5> severities{"info", "low", "medium", "high", "critical"};
constexpr std::array<std::string_view, 7> stages{"none", "recon", "attempt", "infection", "download", "c2", "action"};
constexpr std::array<std::string_view, 3> sides{"none", "source", "destination"};
constexpr std::array<std::string_view, 12> families{"novelty", "identity",   "protocol_state", "sequence", "timing",   "volume",
                                                    "scan",    "credential", "beacon",         "process",  "ensemble", "command"};
constexpr std::array<std::string_view, 13> disposals{"raw",      "triaged",        "suspected", "verified", "false_positive",
                                                     "notified", "joint_notified", "handling",  "feedback", "reviewed",
                                                     "archived", "rejected",       "overdue"};
constexpr std::array<std::string_view, 12> roles{
    "unknown",        "plc",    "rtu",    "hmi",        "scada", "engineering_station", "historian", "io_device",
    "network_switch", "router", "server", "workstation"};
constexpr std::array<std::string_view, 3> verdicts{"unknown", "attempt", "success"};

constexpr std::array<text, 5> severity_labels{{{"info", "信息"}, {"low", "低"}, {"medium", "中"}, {"high", "高"}, {"critical", "紧急"}}};
constexpr std::array<text, 7> stage_labels{{{"none", "无"},
                                            {"reconnaissance", "扫描探测"},
                                            {"attempt", "尝试攻击"},
                                            {"infection", "初步感染"},
                                            {"download", "木马下载"},
                                            {"remote control", "远程控制"},
                                            {"action on objectives", "行动收割"}}};
constexpr std::array<text, 13> disposal_labels{{{"raw alert", "原始告警"},
                                                {"triaged", "线索初筛"},
                                                {"suspected", "可疑事件"},
                                                {"verified", "验证事件"},
                                                {"false positive", "误报"},
                                                {"notified", "已通报"},
                                                {"jointly notified", "联合通报"},
                                                {"handling", "处置中"},
                                                {"feedback given", "已反馈"},
                                                {"reviewed", "复核"},
                                                {"archived", "归档"},
                                                {"rejected", "退回"},
                                                {"overdue", "超期"}}};
constexpr std::array<text, 12> role_labels{{{"unknown", "未知"},
                                            {"PLC", "可编程控制器"},
                                            {"RTU", "远程终端单元"},
                                            {"HMI", "人机界面"},
                                            {"SCADA server", "监控系统"},
                                            {"engineering station", "工程师站"},
                                            {"historian", "历史数据库"},
                                            {"I/O device", "现场 I/O 设备"},
                                            {"switch", "交换机"},
                                            {"router", "路由器"},
                                            {"server", "服务器"},
                                            {"workstation", "工作站"}}};
constexpr std::array<text, action_count> action_labels{{{"read", "读取"},
                                                        {"write", "写入"},
                                                        {"control", "控制"},
                                                        {"subscribe", "订阅"},
                                                        {"report", "上送"},
                                                        {"start", "启动"},
                                                        {"stop", "停止"},
                                                        {"restart", "重启"},
                                                        {"program download", "组态下载"},
                                                        {"program upload", "组态上传"},
                                                        {"firmware update", "固件更新"},
                                                        {"mode change", "模式切换"},
                                                        {"configure", "配置"},
                                                        {"force", "强制"},
                                                        {"diagnose", "诊断"},
                                                        {"identify", "识别"},
                                                        {"authenticate", "认证"},
                                                        {"time set", "对时"},
                                                        {"file read", "文件读取"},
                                                        {"file write", "文件写入"},
                                                        {"file delete", "文件删除"},
                                                        {"alarm", "报警"},
                                                        {"session", "会话"}}};

template <class T, std::size_t N>
std::optional<T> find(const std::array<std::string_view, N>& names, std::string_view name) {
  for (std::size_t i = 0; i < N; ++i)
    if (names[i] == name) return static_cast<T>(i);
  return {};
}

}  // namespace

std::string_view to_string(severity s) { return severities.at(static_cast<std::size_t>(s)); }
std::string_view to_string(stage s) { return stages.at(static_cast<std::size_t>(s)); }
std::string_view to_string(attack_side s) { return sides.at(static_cast<std::size_t>(s)); }
std::string_view to_string(family f) { return families.at(static_cast<std::size_t>(f)); }
std::string_view to_string(disposal d) { return disposals.at(static_cast<std::size_t>(d)); }
std::string_view to_string(asset_role r) { return roles.at(static_cast<std::size_t>(r)); }
std::string_view to_string(attack_result v) { return verdicts.at(static_cast<std::size_t>(v)); }
text label(severity s) { return severity_labels.at(static_cast<std::size_t>(s)); }
text label(stage s) { return stage_labels.at(static_cast<std::size_t>(s)); }
text label(disposal d) { return disposal_labels.at(static_cast<std::size_t>(d)); }
text label(asset_role r) { return role_labels.at(static_cast<std::size_t>(r)); }
text label(action a) { return action_labels.at(static_cast<std::size_t>(a)); }
std::optional<severity> parse_severity(std::string_view s) { return find<severity>(severities, s); }
std::optional<disposal> parse_disposal(std::string_view s) { return find<disposal>(disposals, s); }

std::optional<asset_role> parse_role(std::string_view s) {
  if (const auto r = find<asset_role>(roles, s)) return r;
  // what operators write in approvals: "dnp3-master", "engineering-workstation", "switch"
  const auto has = [&](std::string_view part) { return s.find(part) != std::string_view::npos; };
  if (has("engineer")) return asset_role::engineering_station;
  if (has("outstation") || has("rtu")) return asset_role::rtu;
  if (has("plc") || has("controller")) return asset_role::plc;
  if (has("master") || has("scada")) return asset_role::scada;
  if (has("hmi") || has("operator")) return asset_role::hmi;
  if (has("historian")) return asset_role::historian;
  if (has("switch")) return asset_role::network_switch;
  if (has("router") || has("gateway") || has("firewall")) return asset_role::router;
  if (has("workstation")) return asset_role::workstation;
  if (has("server")) return asset_role::server;
  return {};
}

bool may_follow(disposal from, disposal to) {
  if (from == to || from == disposal::archived) return false;
  if (to == disposal::archived || to == disposal::overdue) return true;
  if (to == disposal::rejected) return from != disposal::raw;
  if (from == disposal::overdue || from == disposal::rejected) return true;  // work goes on from wherever it was held up
  if (to == disposal::raw) return false;
  if (to == disposal::false_positive) return from < disposal::notified;
  if (from == disposal::false_positive) return to == disposal::suspected || to == disposal::reviewed;
  return to > from;  // forward; steps may be left out
}

}  // namespace mw
