// millwatch-sensor: reads captures or a network card and writes records and statistics.
#include "common/settings.hpp"
#include "sensor/config.hpp"
#include "sensor/dissect/protocol.hpp"
#include "sensor/self_test.hpp"
#include "sensor/watch.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <optional>
#include <sstream>

namespace {

volatile std::sig_atomic_t stop_asked = 0;
void ask_to_stop(int) { stop_asked = 1; }

/// Every protocol that is dissected, and where it is looked for first, as one JSON array.
std::string list_of_protocols() {
  std::vector<const mw::protocol*> all;
  for (const auto& p : mw::protocol::all()) all.push_back(&p);
  std::ranges::sort(all, {}, [](const mw::protocol* p) { return p->about.name; });
  const auto numbers = [](std::span<const std::uint16_t> list) {
    std::string out = "[";
    for (const auto n : list) out += (out.size() > 1 ? "," : "") + std::to_string(n);
    return out + "]";
  };
  std::string out = "[";
  for (const auto* p : all)
    out += std::string{out.size() > 1 ? ",\n " : ""} + "{\"name\":\"" + std::string{p->about.name} +
           "\",\"tcp\":" + numbers(p->about.tcp_ports) + ",\"udp\":" + numbers(p->about.udp_ports) +
           ",\"ethertypes\":" + numbers(p->about.ethertypes) +
           ",\"any_tcp_port\":" + (p->about.frame != nullptr && p->about.any_tcp_port ? "true" : "false") +
           ",\"any_udp_port\":" + (!p->about.udp_ports.empty() && p->about.any_udp_port ? "true" : "false") + "}";
  return out + "]\n";
}

/// False, with one line for each mistake on standard error, where the file cannot be used.
bool configure(const std::string& path, mw::sensor_config& c) {
  std::ifstream in{path, std::ios::binary};
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) {
    std::cerr << "millwatch-sensor: " << path << ": cannot be read: check the name and the rights\n";
    return false;
  }
  mw::settings_file file{text.str(), path};
  describe(file.reader(), c);
  describe_guard(file.reader(), c);
  const auto complaints = file.complaints();
  for (const auto& said : complaints) std::cerr << "millwatch-sensor: " << said << '\n';
  return complaints.empty();
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"millwatch-sensor: what is said on an industrial network, from captures or a mirror port. It never transmits."};
  std::vector<std::string> paths;
  std::string interface, records, stats, condense, spool;
  std::string config, check;
  bool print_manual = false, print_protocols = false, test = false;
  mw::self_test_tasks testing;
  std::int64_t test_seconds = testing.length.count();
  std::optional<std::uint32_t> snaplen, buffer_mib;
  app.set_version_flag("--version", MILLWATCH_VERSION);
  app.add_option("--read", paths, "capture files (pcap, pcapng, - for standard input), read in this order");
  app.add_option("--interface", interface, "network card to listen on");
  app.add_option("--records", records, "where records go as JSON lines (- for standard output)");
  app.add_option("--spool", spool, "folder for the batches that go to a collector, bounded: 4 GiB, 7 days; made where it is absent");
  app.add_option("--stats", stats, "where the statistics of the run go as one JSON object (- for standard output)");
  app.add_option("--condense", condense, "on: cyclic operations become summaries (default); off: every operation by itself")
      ->check(CLI::IsMember({"on", "off"}));
  app.add_option("--snaplen", snaplen, "octets kept of each frame")->check(CLI::Range(64, 262144));
  app.add_option("--buffer", buffer_mib, "kernel buffer in MiB")->check(CLI::Range(1, 2047));
  app.add_option("--config", config, "configuration file (see --manual)");
  app.add_option("--check", check, "only check a configuration file");
  auto* self_test =
      app.add_flag("--self-test", test, "listen for a while and say whether this sensor sees what it should: one page, to be signed");
  app.add_option("--for", test_seconds, "seconds that --self-test listens to the card")->check(CLI::Range(1, 86400))->needs(self_test);
  app.add_option("--lang", testing.language, "language of --self-test")->check(CLI::IsMember({"zh", "en"}))->needs(self_test);
  app.add_flag("--json", testing.json, "--self-test prints JSON")->needs(self_test);
  app.add_flag("--protocols", print_protocols, "print the protocols that are dissected, with their ports, as JSON");
  app.add_flag("--manual", print_manual, "print the commented default configuration");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    const int status = app.exit(e);
    return status == 0 ? 0 : 2;
  }
  mw::sensor_config c;
  if (print_manual) {
    std::cout << mw::manual("millwatch-sensor. Every setting stands here with its default.",
                            [&](mw::settings& v) { describe(v, c), describe_guard(v, c); });
    return 0;
  }
  if (print_protocols) {
    std::cout << list_of_protocols();
    return 0;
  }
  if (const auto& file = check.empty() ? config : check; !file.empty() && !configure(file, c)) return 2;
  if (!check.empty()) {
    std::cout << check << ": no mistakes\n";
    return 0;
  }
  if (interface.empty() && paths.empty()) interface = c.interface;
  if (!condense.empty()) c.condense = condense == "on";
  if (snaplen) c.snaplen = *snaplen;
  if (buffer_mib) c.buffer_mib = *buffer_mib;
  if (paths.empty() == interface.empty()) {
    std::cerr << "millwatch-sensor: give either --read FILE... or --interface NAME (or sensor.interface in the configuration)\n";
    return 2;
  }
  std::signal(SIGINT, ask_to_stop);
  std::signal(SIGTERM, ask_to_stop);
  try {
    if (test) {
      testing.interface = interface, testing.captures = paths, testing.spool = spool, testing.stop = &stop_asked;
      testing.length = std::chrono::seconds{test_seconds};
      return mw::self_test(c, testing);
    }
    const mw::watch_tasks tasks{interface, records, stats, spool, &stop_asked};
    return paths.empty() ? mw::watch_card(c, tasks) : mw::read_files(c, paths, tasks);
  } catch (const std::exception& e) {
    std::cerr << "millwatch-sensor: " << e.what() << '\n';
    return 1;
  }
}
