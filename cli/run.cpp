// One box: a batch takes the same way as between machines (encoded, decoded, checked, attributed), only without a line.
#include "cli/run.hpp"

#include "analyzer/analyzer.hpp"
#include "analyzer/metrics/routes.hpp"
#include "analyzer/report/json.hpp"
#include "analyzer/report/tables.hpp"
#include "cli/capture.hpp"
#include "cli/files.hpp"
#include "collector/collector.hpp"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>

namespace mw {
namespace {

constexpr std::size_t parcels_waiting = 256;
constexpr std::chrono::minutes save_every{1};  // what a crash may cost of a live run's learning

volatile std::sig_atomic_t stop_asked = 0;
void ask_to_stop(int) { stop_asked = 1; }

/// The last stage: what the collector passed, into the analyzer.
class into_analyzer final : public outlet {
public:
  into_analyzer(analyzer& to, exporter& numbers) : to_{to}, numbers_{numbers} {}
  void on_records(std::vector<attributed>&& records, done committed) override {
    for (const auto& r : records) {
      ++stage.in;
      if (const auto* o = std::get_if<operation>(&r.what)) operations.add(*o);
      numbers_.on(r);
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
  exporter& numbers_;
};

void print_tables(const analyzer& a, const operation_counts& operations, const std::vector<ledger_stage>& ledger, const table_style& style) {
  std::cout << asset_table(a.assets(), style) << '\n' << operation_table(operations, style) << '\n' << incident_table(a.incidents(), style) << '\n';
  for (const auto& i : a.incidents())
    if (i.severity == severity::critical || i.severity == severity::high) std::cout << incident_page(i, style) << '\n';
  const bool zh = style.language == language::zh;
  std::cout << (zh ? "台账（流入 = 流出 + 丢弃 + 暂存）\n" : "Ledger (in = out + dropped + held)\n");
  for (const auto& s : ledger)
    std::cout << "  " << s.stage << ": " << s.in << " = " << s.out << " + " << s.dropped_total() << " + " << s.held
              << (s.balanced() ? "" : zh ? "  不平衡！" : "  DOES NOT BALANCE") << '\n';
}

}  // namespace

std::string state_file(const std::string& data) { return (std::filesystem::path{data} / "analyzer.json").string(); }

int run(const run_options& o) {
  const bool live = o.read.empty();
  const auto& sensor = o.config.sensor;
  analyzer a{o.config.analyzer.config};
  if (!o.data.empty()) {
    std::filesystem::create_directories(o.data);
    if (std::filesystem::exists(state_file(o.data)))
      if (auto done = a.load(text_of(state_file(o.data))); !done)
        throw std::runtime_error{state_file(o.data) + ": " + done.error() + ": restore it from a copy, or move it away to learn anew"};
  }
  exporter_limits most;
  most.attack_window = o.config.analyzer.config.attack_window;
  exporter numbers{most};
  auto notices = o.config.notify;
  if (!live) notices.terminal = false;  // its table of incidents follows at once
  notices.language = o.config.analyzer.config.language;
  notices.colour = isatty(STDERR_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr;
  notifier tell{notices};
  a.listen(numbers);
  a.listen(tell);
  http_server server{o.config.console};
  if (live || o.serve) {
    route_metrics(server, numbers, live ? std::chrono::seconds{60} : std::chrono::seconds{0});
    server.start();
    std::cerr << "millwatch: metrics on http://" << o.config.console.address << ':' << server.port() << "/metrics\n";
  }
  tell.start();
  into_analyzer last{a, numbers};
  const auto wall = [] { return std::optional<timestamp>{std::chrono::system_clock::now()}; };
  collector middle{o.config.collector, last, live ? collector::clock{wall} : collector::clock{}};
  mailbox<parcel> parcels{parcels_waiting};
  capture_thread first{sensor, live ? open_interface(sensor.interface, static_cast<int>(sensor.snaplen), static_cast<int>(sensor.buffer_mib << 20)) : open_files(o.read),
                       1, parcels, live, o.speed};
  std::signal(SIGINT, ask_to_stop);
  std::signal(SIGTERM, ask_to_stop);
  if (live) std::cerr << "millwatch: listening on " << sensor.interface << "; Ctrl-C ends it\n";
  first.start();
  std::uint64_t refused = 0;
  auto published = std::chrono::steady_clock::time_point{}, saved = std::chrono::steady_clock::now();
  const auto publish = [&](std::vector<ledger_stage> stages) {
    stages.push_back(last.stage);
    numbers.publish(a, stages, tell.counts());
    published = std::chrono::steady_clock::now();
  };
  for (;;) {
    const auto waiting = parcels.receive_for(first.closed(), std::chrono::milliseconds{200});
    if (stop_asked != 0) first.stop();
    if (waiting.empty() && first.closed().stop_requested()) break;
    for (const auto& p : waiting) middle.accept(p.encoded, [&](receipt r) { refused += r != receipt::committed; });
    if (live && !o.data.empty() && std::chrono::steady_clock::now() - saved >= save_every) {
      write_whole(state_file(o.data), a.save());
      saved = std::chrono::steady_clock::now();
    }
    if (std::chrono::steady_clock::now() - published >= std::chrono::seconds{5}) publish(middle.ledger());
  }
  first.join();
  middle.flush();
  // a card that is no longer watched does not mean that the attacks are over; a capture that ends does
  if (live) tell.stop(std::chrono::seconds{10});
  a.finish();
  if (!live) tell.stop(std::chrono::seconds{10});
  publish(middle.ledger());
  for (const auto& w : first.warnings()) std::cerr << "millwatch: " << w << '\n';

  auto ledger = first.ledger();
  for (auto& s : middle.ledger()) ledger.push_back(std::move(s));
  ledger.push_back(last.stage);
  const bool balanced = std::ranges::all_of(ledger, [](const ledger_stage& s) { return s.balanced(); });
  if (!o.data.empty()) write_whole(state_file(o.data), a.save());
  if (o.tables) print_tables(a, last.operations, ledger, {.language = o.config.analyzer.config.language, .colour = o.colour});
  if (!o.report.empty()) {
    const auto text = make_report(a, ledger, {{"packets", first.stats().packets}, {"flows", first.stats().flows}, {"rollup_rows", last.rollup_rows}}) + '\n';
    if (o.report == "-") std::cout << text;
    else write_whole(o.report, text);
  }
  if (o.metrics == "-") std::cout << *numbers.metrics().latest().text;
  else if (!o.metrics.empty()) write_whole(o.metrics, *numbers.metrics().latest().text);
  std::cout.flush();
  if (!std::cout) throw std::runtime_error{"standard output: write failed"};
  if (o.serve && !live && stop_asked == 0) {
    std::cerr << "millwatch: the run is over; Ctrl-C ends the metrics, too\n";
    while (stop_asked == 0) std::this_thread::sleep_for(std::chrono::milliseconds{200});
  }
  if (refused != 0) std::cerr << "millwatch: " << refused << " batches were refused: this is a defect; please report it with the capture\n";
  if (!balanced) std::cerr << "millwatch: the ledger does not balance: records were lost without a reason; please report this with the capture\n";
  if (live && first.source_ended()) {
    std::cerr << "millwatch: " << sensor.interface << ": the network card went away: check the cable and the name, then start again\n";
    return 1;
  }
  return balanced && refused == 0 ? 0 : 1;
}

}  // namespace mw
