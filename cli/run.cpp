// One box: a batch takes the same way as between machines (encoded, decoded, checked, attributed), only without a line.
#include "cli/run.hpp"

#include "analyzer/analyzer.hpp"
#include "analyzer/report/json.hpp"
#include "analyzer/report/tables.hpp"
#include "collector/collector.hpp"
#include "sensor/engine.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

namespace mw {
namespace {

constexpr std::size_t batch_records = 1000;
constexpr std::string_view sensor_name = "local";

/// The last stage: what the collector passed, into the analyzer.
class into_analyzer final : public outlet {
public:
  explicit into_analyzer(analyzer& to) : to_{to} {}
  void on_records(std::vector<attributed>&& records, done committed) override {
    for (const auto& r : records) {
      ++stage.in;
      if (const auto* o = std::get_if<operation>(&r.what)) operations.add(*o);
      to_.on(r);
    }
    stage.out = to_.stats().records;
    committed(true);
  }
  void on_rollups(std::vector<rollup>&& rows) override { rollup_rows += rows.size(); }

  operation_counts operations;
  ledger_stage stage{.stage = "analyzer"};
  std::uint64_t rollup_rows = 0;

private:
  analyzer& to_;
};

/// The sensor's end: records become batches.
class uplink final : public record_sink {
public:
  explicit uplink(collector& to) : to_{to} {
    batch_.sensor = sensor_name;
    stage.stage = "uplink_records";
  }
  void on_record(record&& r) override {
    ++stage.in;
    batch_.created = std::max(batch_.created, time_of(r));
    batch_.records.push_back(std::move(r));
    if (batch_.records.size() >= batch_records) send();
  }
  void send() {
    if (batch_.records.empty()) return;
    ++batch_.sequence;
    const auto n = batch_.records.size();
    to_.accept(encode(batch_), [&](receipt r) {
      if (r == receipt::committed) stage.out += n;
      else if (stage.dropped.empty()) stage.dropped.emplace_back("refused", n);
      else stage.dropped.front().second += n;
    });
    batch_.records.clear();
  }
  ledger_stage stage;

private:
  collector& to_;
  batch batch_;
};

}  // namespace

std::string state_file(const std::string& data) { return (std::filesystem::path{data} / "analyzer.json").string(); }

std::string text_of(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  if (!in) throw std::runtime_error{path + ": cannot be read: check the name and the rights"};
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

void write_whole(const std::string& path, const std::string& text) {
  const auto fresh = path + ".new";
  const int file = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
  bool ok = file >= 0;
  for (std::string_view rest = text; ok && !rest.empty();) {
    const auto n = ::write(file, rest.data(), rest.size());
    if (n <= 0) ok = false;
    else rest.remove_prefix(static_cast<std::size_t>(n));
  }
  ok = ok && ::fsync(file) == 0;
  if (file >= 0) ok = ::close(file) == 0 && ok;
  if (!ok || std::rename(fresh.c_str(), path.c_str()) != 0) throw std::runtime_error{path + ": cannot be written: check the folder, its rights and the free space"};
}

int run(const run_options& o) {
  analyzer a{o.analyzer};
  if (!o.data.empty()) {
    std::filesystem::create_directories(o.data);
    if (std::filesystem::exists(state_file(o.data)))
      if (auto done = a.load(text_of(state_file(o.data))); !done)
        throw std::runtime_error{state_file(o.data) + ": " + done.error() + ": restore it from a copy, or move it away to learn anew"};
  }
  into_analyzer last{a};
  collector_config config;
  config.sensors.push_back({.id = std::string{sensor_name}, .enterprise = "local", .enterprise_name = "local", .site = "local", .zone = ""});
  collector middle{config, last};
  uplink up{middle};
  engine first{{}, up};

  const auto source = open_files(o.read);
  frame f;
  while (source->next(f) == next_frame::got) first.on_frame(f);
  first.finish(source->counts());
  up.send();
  middle.flush();
  a.finish();
  for (const auto& w : source->warnings()) std::cerr << "millwatch: " << w << '\n';

  auto ledger = first.stats().ledger.all();
  ledger.push_back(up.stage);
  for (auto& s : middle.ledger()) ledger.push_back(std::move(s));
  ledger.push_back(last.stage);
  const bool balanced = std::ranges::all_of(ledger, [](const ledger_stage& s) { return s.balanced(); });
  if (!o.data.empty()) write_whole(state_file(o.data), a.save());

  if (o.tables) {
    const table_style style{.language = o.analyzer.language, .colour = o.colour};
    std::cout << asset_table(a.assets(), style) << '\n' << operation_table(last.operations, style) << '\n' << incident_table(a.incidents(), style) << '\n';
    for (const auto& i : a.incidents())
      if (i.severity == severity::critical || i.severity == severity::high) std::cout << incident_page(i, style) << '\n';
    const bool zh = style.language == language::zh;
    std::cout << (zh ? "台账（流入 = 流出 + 丢弃 + 暂存）\n" : "Ledger (in = out + dropped + held)\n");
    for (const auto& s : ledger)
      std::cout << "  " << s.stage << ": " << s.in << " = " << s.out << " + " << s.dropped_total() << " + " << s.held << (s.balanced() ? "" : zh ? "  不平衡！" : "  DOES NOT BALANCE") << '\n';
  }
  if (!o.report.empty()) {
    const auto text = make_report(a, ledger, {{"packets", first.stats().packets}, {"flows", first.stats().flows}, {"rollup_rows", last.rollup_rows}}) + '\n';
    if (o.report == "-") std::cout << text;
    else write_whole(o.report, text);
  }
  std::cout.flush();
  if (!std::cout) throw std::runtime_error{"standard output: write failed"};
  if (!balanced) {
    std::cerr << "millwatch: the ledger does not balance: records were lost without a reason; please report this with the capture\n";
    return 1;
  }
  return 0;
}

}  // namespace mw
