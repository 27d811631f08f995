// Listens for a while and judges the mirror port, the loss, the clock and the disk.
#include "sensor/self_test.hpp"

#include "sensor/dissect/protocol.hpp"
#include "sensor/engine.hpp"

#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iostream>
#include <map>

namespace mw {
namespace {

struct text {
  std::string zh, en;
  const std::string& in(const std::string& language) const { return language == "en" ? en : zh; }
};
enum class judgement : std::uint8_t { passed, attention, failed, not_checked };
constexpr std::array<const char*, 4> words{"passed", "attention", "failed", "not_checked"};
const std::array<text, 4> shown{{{"通过", "passed"}, {"注意", "attention"}, {"不通过", "FAILED"}, {"未检查", "not checked"}}};

struct check {
  const char* id;
  text name;
  judgement verdict;
  text observed, remedy;
};

/// What the traffic was, conversation by conversation.
struct listening final : record_sink {
  std::map<std::string, std::uint64_t> protocols;  ///< flows by application
  std::uint64_t flows = 0, connections = 0, one_sided = 0, payload = 0, gap_bytes = 0;
  void on_record(record&& r) override {
    const auto* f = std::get_if<flow_record>(&r);
    if (f == nullptr) return;
    auto& [client, server] = sides_[f->id];
    client += f->client_packets, server += f->server_packets;
    payload += f->client_payload + f->server_payload;
    if (f->interim) return;
    ++flows, gap_bytes += f->gap_bytes;
    ++protocols[f->application.empty() ? "unknown" : f->application];
    if (f->transport == transport::tcp && client + server >= 4) ++connections, one_sided += client == 0 || server == 0;
    sides_.erase(f->id);
  }

private:
  std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> sides_;  ///< packets of flows that go on; as many as the engine holds
};

std::string percent(std::uint64_t part, std::uint64_t whole) {
  std::array<char, 32> out{};
  std::snprintf(out.data(), out.size(), "%.2f %%", whole == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole));
  return out.data();
}
std::string word_in(const std::string& path) {
  std::ifstream in{path};
  std::string w;
  in >> w;
  return w;
}

check of_card(const std::string& name) {
  const auto state = word_in("/sys/class/net/" + name + "/operstate");
  const auto speed = word_in("/sys/class/net/" + name + "/speed");
  const bool up = state == "up" || state == "unknown";
  const auto said = name + ": " + state + (speed.empty() || speed.front() == '-' ? "" : ", " + speed + " Mbit/s");
  return {"interface",
          {"网卡", "network card"},
          up ? judgement::passed : judgement::failed,
          {said, said},
          {"检查网线，并启用网卡：ip link set " + name + " up", "check the cable and bring the card up: ip link set " + name + " up"}};
}

check of_traffic(std::uint64_t packets, double seconds) {
  std::array<char, 96> zh{}, en{};
  std::snprintf(zh.data(), zh.size(), "%.0f 秒内 %llu 帧", seconds, static_cast<unsigned long long>(packets));
  std::snprintf(en.data(), en.size(), "%llu frames in %.0f s", static_cast<unsigned long long>(packets), seconds);
  return {"traffic",
          {"镜像流量", "mirrored traffic"},
          packets > 0 ? judgement::passed : judgement::failed,
          {zh.data(), en.data()},
          {"镜像口没有流量：检查交换机的镜像（SPAN）配置", "nothing comes from the mirror port: check the switch's mirror (SPAN) session"}};
}

check of_directions(const listening& l) {
  const auto verdict = l.connections == 0                 ? judgement::not_checked
                       : l.one_sided * 2 > l.connections  ? judgement::failed
                       : l.one_sided * 10 > l.connections ? judgement::attention
                                                          : judgement::passed;
  const auto n = std::to_string(l.connections), one = std::to_string(l.one_sided);
  return {"directions",
          {"双向流量", "both directions"},
          verdict,
          {n + " 个 TCP 连接，其中 " + one + " 个只见一个方向", n + " TCP connections, " + one + " of them seen in one direction only"},
          {"镜像要同时包含接收和发送方向（rx 与 tx）", "mirror both received and sent frames (rx and tx) of the watched ports"}};
}

check of_protocols(const listening& l) {
  std::size_t known = 0;
  for (const auto& p : protocol::all()) known += l.protocols.contains(std::string{p.about.name});
  std::string list;
  for (const auto& [name, n] : l.protocols)
    if (name != "unknown" && list.size() < 400) list += (list.empty() ? "" : ", ") + name + " (" + std::to_string(n) + ")";
  if (list.empty()) list = "-";
  return {"protocols",
          {"识别的协议", "protocols"},
          l.flows == 0 ? judgement::not_checked
          : known > 0  ? judgement::passed
                       : judgement::attention,
          {list, list},
          {"没有识别到可解析的协议：确认镜像的是生产网段，并延长测试时间",
           "no protocol that is dissected was seen: make sure that the plant's network is mirrored, and listen longer"}};
}

check of_loss(const source_counts& s, const listening& l, std::uint64_t packets) {
  const auto lost = s.kernel_dropped + s.interface_dropped;
  const bool holes = l.gap_bytes * 1000 > l.payload;
  const auto verdict = packets == 0            ? judgement::not_checked
                       : lost * 1000 > packets ? judgement::failed
                       : lost > 0 || holes     ? judgement::attention
                                               : judgement::passed;
  const auto k = std::to_string(s.kernel_dropped), i = std::to_string(s.interface_dropped),
             g = percent(l.gap_bytes, l.payload + l.gap_bytes);
  return {"loss",
          {"丢包", "loss"},
          verdict,
          {"内核丢弃 " + k + "，网卡丢弃 " + i + "，TCP 缺失 " + g,
           "kernel dropped " + k + ", card dropped " + i + ", missing from TCP streams " + g},
          {"增大 sensor.buffer_mib；TCP 缺失说明镜像口过载：减少被镜像的端口",
           "raise sensor.buffer_mib; what TCP streams miss was lost on the mirror port: mirror fewer ports to it"}};
}

check of_clock() {
  timex t{};
  const int state = ::adjtimex(&t);
  const bool known = state >= 0, synchronised = known && state != TIME_ERROR && (t.status & STA_UNSYNC) == 0;
  std::array<char, 32> now{};
  const auto seconds = std::time(nullptr);
  tm utc{};
  ::gmtime_r(&seconds, &utc);
  std::strftime(now.data(), now.size(), "%Y-%m-%d %H:%M:%S UTC", &utc);
  const std::string at = now.data();
  return {
      "clock",
      {"时钟", "clock"},
      !known         ? judgement::not_checked
      : synchronised ? judgement::passed
                     : judgement::attention,
      {at + (synchronised ? "，已同步" : "，未与时间源同步"), at + (synchronised ? ", synchronised" : ", not synchronised to any source")},
      {"启用 NTP 或 PTP，或人工核对上面的时间", "enable NTP or PTP, or compare the time above with a clock"}};
}

check of_disk(const std::string& folder) {
  struct statvfs disk{};
  const bool there = ::statvfs(folder.c_str(), &disk) == 0, writable = ::access(folder.c_str(), W_OK) == 0;
  const auto free_mib = there ? static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize >> 20 : 0;
  const auto said = folder + ": " + std::to_string(free_mib) + " MiB";
  return {
      "disk",
      {"磁盘", "disk"},
      !there || !writable ? judgement::failed
      : free_mib < 4096   ? judgement::attention
                          : judgement::passed,
      {said + (writable ? " 可用" : "，不可写"), said + (writable ? " free" : ", cannot be written")},
      {"缓存最多占用 4 GiB：换用可写且空间足够的目录", "the spool takes up to 4 GiB: name a folder that can be written and has the room"}};
}

void print(const std::vector<check>& checks, const self_test_tasks& tasks, double seconds, const listening& l, bool passed) {
  if (tasks.json) {
    nlohmann::json j{{"passed", passed}, {"interface", tasks.interface}, {"seconds", seconds}, {"protocols", l.protocols}};
    for (const auto& c : checks) {
      nlohmann::json one{
          {"id", c.id}, {"verdict", words[static_cast<std::size_t>(c.verdict)]}, {"observed", c.observed.in(tasks.language)}};
      if (c.verdict == judgement::attention || c.verdict == judgement::failed) one["remedy"] = c.remedy.in(tasks.language);
      j["checks"].push_back(std::move(one));
    }
    std::cout << j.dump(1) << '\n';
    return;
  }
  const bool en = tasks.language == "en";
  std::cout << (en ? "millwatch sensor self-test" : "millwatch 探针自检") << " " MILLWATCH_VERSION "\n\n";
  for (const auto& c : checks) {
    std::cout << "[" << shown[static_cast<std::size_t>(c.verdict)].in(tasks.language) << "] " << c.name.in(tasks.language)
              << (en ? ": " : "：") << c.observed.in(tasks.language) << '\n';
    if (c.verdict == judgement::attention || c.verdict == judgement::failed) std::cout << "    -> " << c.remedy.in(tasks.language) << '\n';
  }
  std::cout << '\n'
            << (passed ? (en ? "The sensor is fit for use." : "结论：探针可以投入使用。")
                       : (en ? "The sensor is NOT fit for use yet." : "结论：探针暂不能投入使用。"))
            << "\n\n"
            << (en ? "Site: ____________  Deployer: ____________  Date: ____________"
                   : "地点：____________  部署人：____________  日期：____________")
            << '\n';
}

}  // namespace

int self_test(const sensor_config& c, const self_test_tasks& tasks) {
  const bool live = !tasks.interface.empty();
  const auto from = live ? open_interface(tasks.interface, static_cast<int>(c.snaplen), static_cast<int>(c.buffer_mib << 20))
                         : open_files(tasks.captures);
  listening l;
  engine engine{c.engine, l, tasks.interface};
  const auto begun = std::chrono::steady_clock::now();
  const bool bar = live && ::isatty(STDERR_FILENO) != 0;
  timestamp first{}, last{};
  std::chrono::seconds told{-1};
  frame f;
  for (auto got = from->next(f); got != next_frame::end && (tasks.stop == nullptr || *tasks.stop == 0); got = from->next(f)) {
    if (got == next_frame::got) {
      if (first == timestamp{}) first = f.time;
      last = std::max(last, f.time);
      engine.on_frame(f);
    }
    if (!live) continue;
    const auto gone = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - begun);
    if (gone >= tasks.length) break;
    if (bar && gone != told)
      std::fprintf(stderr, "\r%lld / %lld s ", static_cast<long long>(gone.count()), static_cast<long long>(tasks.length.count()));
    told = gone;
  }
  if (bar) std::fprintf(stderr, "\r                \r");
  const auto counts = from->counts();
  engine.finish(counts);
  const auto packets = engine.stats().packets;
  const double seconds = live ? std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count() : to_seconds(last - first);
  std::vector<check> checks;
  if (live) checks.push_back(of_card(tasks.interface));
  checks.push_back(of_traffic(packets, seconds));
  checks.push_back(of_directions(l));
  checks.push_back(of_protocols(l));
  checks.push_back(of_loss(counts, l, packets));
  if (live) checks.push_back(of_clock());
  if (!tasks.spool.empty()) checks.push_back(of_disk(tasks.spool));
  const bool passed = std::ranges::none_of(checks, [](const check& x) { return x.verdict == judgement::failed; });
  print(checks, tasks, seconds, l, passed);
  return passed ? 0 : 1;
}

}  // namespace mw
