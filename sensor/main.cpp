// millwatch-sensor: reads captures or a network card and writes records and statistics.
#include "common/record_json.hpp"
#include "common/settings.hpp"
#include "sensor/config.hpp"
#include "sensor/dissect/protocol.hpp"
#include "sensor/spool/spool.hpp"
#include "sensor/uplink.hpp"

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

/// Records as JSON lines, to a file or standard output; nowhere where no path is given.
class writer final : public mw::record_sink {
public:
  explicit writer(const std::string& path) {
    if (path == "-")
      file_ = stdout;
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

/// Records to a file, and as batches into a spool where one is given.
class outputs final : public mw::record_sink {
public:
  outputs(writer& to, const std::string& spool_folder, const mw::sensor_config& c, bool live) : to_{to} {
    if (spool_folder.empty()) return;
    mw::spool_config sc;
    sc.directory = spool_folder;
    // numbers must not come again when the disk is replaced; captures begin with 1, so that the same input gives the same spool
    if (live)
      sc.first_sequence = static_cast<std::uint64_t>(
          std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count());
    auto opened = mw::spool::open(sc);
    if (!opened)
      throw std::runtime_error{"--spool " + spool_folder + ": " + std::string{opened.error().what} +
                               ": check the folder, its rights, and that no other sensor uses it"};
    spool_.emplace(std::move(*opened));
    up_.emplace(
        c, spool_->next_sequence(),
        [this](std::vector<std::uint8_t>&& encoded, std::uint64_t sequence, mw::timestamp created) {
          const auto done = spool_->append(encoded, sequence, created);
          if (!done) wrong_ = done.error().what;
          return done.has_value();
        },
        "spool_failed", false);
  }
  void on_record(mw::record&& r) override {
    if (!up_) return to_.on_record(std::move(r));
    to_.on_record(mw::record{r});
    up_->on_record(std::move(r));
  }
  void on_time(mw::timestamp now) {
    if (!up_) return;
    up_->on_time(now);
    if (const auto done = spool_->expire(now); !done) wrong_ = done.error().what;
  }
  /// Sends the last batch; false where the disk refused one, and `wrong()` says why.
  bool finish() {
    if (!up_) return true;
    up_->send();
    if (const auto done = spool_->sync(); !done) wrong_ = done.error().what;
    return wrong_.empty();
  }
  const std::string& wrong() const { return wrong_; }
  void add_ledger(std::vector<mw::ledger_stage>& to) const {
    if (up_) to.push_back(up_->ledger()), to.push_back(spool_->ledger());
  }

private:
  writer& to_;
  std::optional<mw::spool> spool_;
  std::optional<mw::uplink> up_;
  std::string wrong_;
};

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
  bool print_manual = false, print_protocols = false;
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
    std::cout << mw::manual("millwatch-sensor. Every setting stands here with its default.", [&](mw::settings& v) { describe(v, c); });
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
  try {
    const auto source = paths.empty() ? mw::open_interface(interface, static_cast<int>(c.snaplen), static_cast<int>(c.buffer_mib << 20))
                                      : mw::open_files(paths);
    std::signal(SIGINT, ask_to_stop);
    std::signal(SIGTERM, ask_to_stop);
    writer to{records};
    outputs all{to, spool, c, paths.empty()};
    mw::condenser condensed{c.condensing, all};
    mw::engine engine{c.engine, c.condense ? static_cast<mw::record_sink&>(condensed) : all, interface};
    mw::timestamp told{};
    mw::frame f;
    auto got = source->next(f);
    for (; got != mw::next_frame::end && stop_asked == 0; got = source->next(f)) {
      if (got == mw::next_frame::got)
        engine.on_frame(f);
      else if (!to.flush())
        break;
      if (interface.empty()) {
        condensed.on_time(f.time);
        all.on_time(f.time);
        continue;
      }
      const mw::timestamp now = got == mw::next_frame::got ? f.time : std::chrono::system_clock::now();
      if (got != mw::next_frame::got) engine.on_time(now);
      condensed.on_time(now);
      all.on_time(now);
      if (now - told < std::chrono::seconds{1}) continue;
      engine.on_source(source->counts());
      told = now;
    }
    engine.finish(source->counts());
    condensed.finish();
    const bool spooled = all.finish();
    const auto condense_ledger = condensed.ledger();
    for (const auto& w : source->warnings()) std::cerr << "millwatch-sensor: " << w << '\n';
    if (!to.flush()) {
      std::cerr << "millwatch-sensor: --records " << records << ": write failed: is the disk full?\n";
      return 1;
    }
    if (!stats.empty()) {
      if (c.condense) engine.stats().ledger.more.push_back(condense_ledger);
      all.add_ledger(engine.stats().ledger.more);
      const auto text = engine.stats().to_json() + '\n';
      std::FILE* file = stats == "-" ? stdout : std::fopen(stats.c_str(), "w");
      const bool ok = file != nullptr && std::fwrite(text.data(), 1, text.size(), file) == text.size() && std::fflush(file) == 0;
      if (file != nullptr && file != stdout) std::fclose(file);
      if (!ok) {
        std::cerr << "millwatch-sensor: --stats " << stats << ": cannot be written: name a file in a folder that exists\n";
        return 1;
      }
    }
    if (!spooled) {
      std::cerr << "millwatch-sensor: --spool " << spool << ": " << all.wrong()
                << ": records were lost (see the ledger): is the disk full?\n";
      return 1;
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
