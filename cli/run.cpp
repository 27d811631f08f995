// One box: a batch takes the same way as between machines (encoded, decoded, checked, attributed), only without a line.
#include "cli/run.hpp"

#include "analyzer/analyzer.hpp"
#include "analyzer/metrics/routes.hpp"
#include "analyzer/report/json.hpp"
#include "analyzer/report/tables.hpp"
#include "cli/capture.hpp"
#include "cli/files.hpp"
#include "cli/last_stages.hpp"
#include "collector/collector.hpp"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

namespace mw {
namespace {

constexpr std::size_t parcels_waiting = 256;
constexpr std::chrono::hours maintain_every{1};
constexpr std::uint32_t lawful_days = 180;  // Cybersecurity Law, article 23(3): six months of network logs

volatile std::sig_atomic_t stop_asked = 0;
void ask_to_stop(int) { stop_asked = 1; }

void print_tables(const analyzer& a, const operation_counts& operations, const std::vector<ledger_stage>& ledger,
                  const table_style& style) {
  std::cout << asset_table(to_json(a.assets()), style) << '\n'
            << operation_table(operations, style) << '\n'
            << incident_table(to_json(a.incidents()), style) << '\n';
  for (const auto& i : a.incidents())
    if (i.severity == severity::critical || i.severity == severity::high) std::cout << incident_page(i, style) << '\n';
  const bool zh = style.language == language::zh;
  std::cout << (zh ? "台账（流入 = 流出 + 丢弃 + 暂存）\n" : "Ledger (in = out + dropped + held)\n");
  for (const auto& s : ledger)
    std::cout << "  " << s.stage << ": " << s.in << " = " << s.out << " + " << s.dropped_total() << " + " << s.held
              << (s.balanced() ? ""
                  : zh         ? "  不平衡！"
                               : "  DOES NOT BALANCE")
              << '\n';
}

}  // namespace

int run(const run_options& o) {
  const bool live = o.read.empty();
  const auto& sensor = o.config.sensor;
  analyzer a{o.config.analyzer.config};
  std::unique_ptr<data_folder> kept;
  std::optional<saved_analysis> found;
  if (!o.data.empty()) {
    kept = std::make_unique<data_folder>(o.data, o.config.store);
    found = need(kept->state().load());
    if (found) load(a, *found, o.data);
    if (o.config.store.days < lawful_days)
      std::cerr << "millwatch: store.days is " << o.config.store.days
                << ": the Cybersecurity Law asks for six months of network logs; set it to " << lawful_days << " or more\n";
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
  last_stages last{a, numbers, kept.get(), o.config.collector.sensors};
  a.listen(last);
  http_server server{o.config.console};
  if (live || o.serve) {
    route_metrics(server, numbers, live ? std::chrono::seconds{60} : std::chrono::seconds{0});
    server.start();
    std::cerr << "millwatch: metrics on http://" << o.config.console.address << ':' << server.port() << "/metrics\n";
  }
  tell.start();
  if (kept) last.mend(found.value_or(saved_analysis{}), o.config.collector.rollup);
  const auto wall = [] { return std::optional<timestamp>{std::chrono::system_clock::now()}; };
  collector middle{o.config.collector, last, live ? collector::clock{wall} : collector::clock{}};
  mailbox<parcel> parcels{parcels_waiting};
  capture_thread first{sensor,
                       live ? open_interface(sensor.interface, static_cast<int>(sensor.snaplen), static_cast<int>(sensor.buffer_mib << 20))
                            : open_files(o.read),
                       kept ? kept->flows().last_sequence(sensor.id) + 1 : 1,
                       parcels,
                       live,
                       o.speed};
  std::signal(SIGINT, ask_to_stop);
  std::signal(SIGTERM, ask_to_stop);
  if (live) std::cerr << "millwatch: listening on " << sensor.interface << "; Ctrl-C ends it\n";
  first.start();
  std::uint64_t refused = 0;
  auto published = std::chrono::steady_clock::time_point{}, saved = std::chrono::steady_clock::now(), maintained = saved;
  const auto all_stages = [&](std::vector<ledger_stage> stages) {
    for (auto& s : middle.ledger()) stages.push_back(std::move(s));
    for (auto& s : last.ledger()) stages.push_back(std::move(s));
    return stages;
  };
  const auto save = [&](std::vector<ledger_stage> stages, bool running) {
    last.save(all_stages(std::move(stages)), middle.oldest_open_minute(), running, live);
  };
  const auto publish = [&] {
    numbers.publish(a, all_stages({}), tell.counts());
    published = std::chrono::steady_clock::now();
  };
  save({}, true);
  for (;;) {
    const auto waiting = parcels.receive_for(first.closed(), std::chrono::milliseconds{200});
    if (stop_asked != 0) first.stop();
    if (waiting.empty() && first.closed().stop_requested()) break;
    for (const auto& p : waiting) middle.accept(p.encoded, [&](receipt r) { refused += r == receipt::refused || r == receipt::keep; });
    const auto now = std::chrono::steady_clock::now();
    if (now - saved >= o.config.store.save_every) save({}, true), saved = now;
    if (now - maintained >= maintain_every) last.maintain(), maintained = now;
    if (now - published >= std::chrono::seconds{5}) publish();
  }
  first.join();
  middle.flush();
  // a card that is no longer watched does not mean that the attacks are over; a capture that ends does
  if (live) tell.stop(std::chrono::seconds{10});
  a.finish();
  if (!live) tell.stop(std::chrono::seconds{10});
  publish();
  last.maintain();
  for (const auto& w : first.warnings()) std::cerr << "millwatch: " << w << '\n';

  const auto ledger = all_stages(first.ledger());
  const bool balanced = std::ranges::all_of(ledger, [](const ledger_stage& s) { return s.balanced(); });
  save(first.ledger(), false);
  if (o.tables) print_tables(a, last.operations(), ledger, {.language = o.config.analyzer.config.language, .colour = o.colour});
  if (!o.report.empty()) {
    const auto text =
        make_report(a, ledger, {{"packets", first.stats().packets}, {"flows", first.stats().flows}, {"rollup_rows", last.rollup_rows()}}) +
        '\n';
    if (o.report == "-")
      std::cout << text;
    else
      write_whole(o.report, text);
  }
  if (o.metrics == "-")
    std::cout << *numbers.metrics().latest().text;
  else if (!o.metrics.empty())
    write_whole(o.metrics, *numbers.metrics().latest().text);
  std::cout.flush();
  if (!std::cout) throw std::runtime_error{"standard output: write failed"};
  if (o.serve && !live && stop_asked == 0) {
    std::cerr << "millwatch: the run is over; Ctrl-C ends the metrics, too\n";
    while (stop_asked == 0) std::this_thread::sleep_for(std::chrono::milliseconds{200});
  }
  if (refused != 0) std::cerr << "millwatch: " << refused << " batches were refused: this is a defect; please report it with the capture\n";
  if (!balanced)
    std::cerr << "millwatch: the ledger does not balance: records were lost without a reason; please report this with the capture\n";
  if (live && first.source_ended()) {
    std::cerr << "millwatch: " << sensor.interface << ": the network card went away: check the cable and the name, then start again\n";
    return 1;
  }
  if (last.complaints() != 0)
    std::cerr << "millwatch: the store failed " << last.complaints() << " times, and " << last.not_stored()
              << " records were analysed and not stored: see the first complaint above\n";
  return balanced && refused == 0 && last.complaints() == 0 ? 0 : 1;
}

}  // namespace mw
