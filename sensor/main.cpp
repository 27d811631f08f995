// millwatch-sensor: reads captures or a network card and writes records and statistics.
#include "common/record_json.hpp"
#include "common/settings.hpp"
#include "sensor/config.hpp"

#include <CLI/CLI.hpp>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>

namespace {

volatile std::sig_atomic_t stop_asked = 0;
void ask_to_stop(int) { stop_asked = 1; }

/// Records as JSON lines, to a file or standard output; nowhere where no path is given.
class writer final : public mw::record_sink {
public:
  explicit writer(const std::string& path) {
    if (path == "-") file_ = stdout;
    else if (!path.empty() && (file_ = std::fopen(path.c_str(), "w")) == nullptr)
      throw std::runtime_error{"--records " + path + ": cannot be written: name a file in a folder that exists"};
  }
  ~writer() override { flush(); }
  writer(const writer&) = delete;
  writer& operator=(const writer&) = delete;
  void on_record(mw::record&& r) override {
    if (file_ == nullptr) return;
    mw::append_json(text_, r);
    if (text_.empty() || text_.back() != '\n') text_ += '\n';
    if (text_.size() > 1 << 16) flush();
  }
  /// False once the disk has refused: from then on records are lost.
  bool flush() {
    if (file_ == nullptr || failed_) return !failed_;
    failed_ = std::fwrite(text_.data(), 1, text_.size(), file_) != text_.size() || std::fflush(file_) != 0;
    text_.clear();
    return !failed_;
  }

private:
  std::FILE* file_ = nullptr;
  std::string text_;
  bool failed_ = false;
};

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
  const auto complaints = file.complaints();
  for (const auto& said : complaints) std::cerr << "millwatch-sensor: " << said << '\n';
  return complaints.empty();
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"millwatch-sensor: what is said on an industrial network, from captures or a mirror port. It never transmits."};
  std::vector<std::string> paths;
  std::string interface, records, stats, condense;
  std::string config, check;
  bool print_manual = false;
  std::optional<std::uint32_t> snaplen, buffer_mib;
  app.set_version_flag("--version", MILLWATCH_VERSION);
  app.add_option("--read", paths, "capture files (pcap, pcapng, - for standard input), read in this order");
  app.add_option("--interface", interface, "network card to listen on");
  app.add_option("--records", records, "where records go as JSON lines (- for standard output)");
  app.add_option("--stats", stats, "where the statistics of the run go as one JSON object (- for standard output)");
  app.add_option("--condense", condense, "on: cyclic operations become summaries (default); off: every operation by itself")->check(CLI::IsMember({"on", "off"}));
  app.add_option("--snaplen", snaplen, "octets kept of each frame")->check(CLI::Range(64, 262144));
  app.add_option("--buffer", buffer_mib, "kernel buffer in MiB")->check(CLI::Range(1, 2047));
  app.add_option("--config", config, "configuration file (see --manual)");
  app.add_option("--check", check, "only check a configuration file");
  app.add_flag("--manual", print_manual, "print the commented default configuration");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    const int status = app.exit(e);
    return status == 0 ? 0 : 2;
  }
  mw::sensor_config c;
  if (print_manual) {
    std::cout << mw::manual("millwatch-sensor. Every setting stands here with its default.", [&](mw::settings& v) { describe(v, c); });
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
  try {
    const auto source = paths.empty() ? mw::open_interface(interface, static_cast<int>(c.snaplen), static_cast<int>(c.buffer_mib << 20)) : mw::open_files(paths);
    std::signal(SIGINT, ask_to_stop);
    std::signal(SIGTERM, ask_to_stop);
    writer to{records};
    mw::condenser condensed{c.condensing, to};
    mw::engine engine{c.engine, c.condense ? static_cast<mw::record_sink&>(condensed) : to, interface};
    mw::timestamp told{};
    mw::frame f;
    auto got = source->next(f);
    for (; got != mw::next_frame::end && stop_asked == 0; got = source->next(f)) {
      if (got == mw::next_frame::got) engine.on_frame(f);
      else if (!to.flush()) break;
      if (interface.empty()) {
        condensed.on_time(f.time);
        continue;
      }
      const mw::timestamp now = got == mw::next_frame::got ? f.time : std::chrono::system_clock::now();
      if (got != mw::next_frame::got) engine.on_time(now);
      condensed.on_time(now);
      if (now - told < std::chrono::seconds{1}) continue;
      engine.on_source(source->counts());
      told = now;
    }
    engine.finish(source->counts());
    condensed.finish();
    const auto condense_ledger = condensed.ledger();
    for (const auto& w : source->warnings()) std::cerr << "millwatch-sensor: " << w << '\n';
    if (!to.flush()) {
      std::cerr << "millwatch-sensor: --records " << records << ": write failed: is the disk full?\n";
      return 1;
    }
    if (!stats.empty()) {
      if (c.condense) engine.stats().ledger.more.push_back(condense_ledger);
      const auto text = engine.stats().to_json() + '\n';
      std::FILE* file = stats == "-" ? stdout : std::fopen(stats.c_str(), "w");
      const bool ok = file != nullptr && std::fwrite(text.data(), 1, text.size(), file) == text.size() && std::fflush(file) == 0;
      if (file != nullptr && file != stdout) std::fclose(file);
      if (!ok) {
        std::cerr << "millwatch-sensor: --stats " << stats << ": cannot be written: name a file in a folder that exists\n";
        return 1;
      }
    }
    if (!interface.empty() && got == mw::next_frame::end && stop_asked == 0) {
      std::cerr << "millwatch-sensor: " << interface << ": the network card went away: check the cable and the name, then start again\n";
      return 1;
    }
    return 0;
  } catch (const std::exception& e) {
    std::cerr << "millwatch-sensor: " << e.what() << '\n';
    return 1;
  }
}
