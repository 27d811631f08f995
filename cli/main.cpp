// millwatch: the front for people and the one-box deployment.
#include "analyzer/analyzer.hpp"
#include "common/duration.hpp"
#include "cli/run.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>

namespace {

const std::map<std::string, mw::learning_mode> modes{{"auto", mw::learning_mode::automatic}, {"learn", mw::learning_mode::learn}, {"trial", mw::learning_mode::trial}, {"detect", mw::learning_mode::detect}};

/// What was learned in a data folder; in the state of a fresh analyzer where there is none yet.
void load(mw::analyzer& a, const std::string& data) {
  const auto path = mw::state_file(data);
  if (!std::filesystem::exists(path)) return;
  if (auto done = a.load(mw::text_of(path)); !done) throw std::runtime_error{path + ": " + done.error() + ": restore it from a copy, or move it away to learn anew"};
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"millwatch: watches an industrial network, passively."};
  app.set_version_flag("--version", MILLWATCH_VERSION);
  app.require_subcommand(1);

  mw::run_options options;
  std::string mode = "auto", learn_for, lang = "zh", data, from, site;
  auto* run = app.add_subcommand("run", "sensor, collector and analyzer in one process, on captures; packet time is the clock");
  run->add_option("--read", options.read, "capture files, read in this order")->required();
  run->add_option("--data", options.data, "folder with what was learned; made where it is absent");
  run->add_option("--mode", mode, "auto, learn, trial or detect")->check(CLI::IsMember({"auto", "learn", "trial", "detect"}));
  run->add_option("--learn-for", learn_for, "learning time in packet time: 90s, 10m, 24h, 7d");
  run->add_option("--report", options.report, "where the JSON report goes (- for standard output, without tables)");
  run->add_option("--lang", lang, "language of the tables: zh or en")->check(CLI::IsMember({"zh", "en"}));

  auto* approve = app.add_subcommand("approve", "adds what an operator approves to a baseline");
  approve->add_option("--data", data, "folder with what was learned")->required();
  approve->add_option("--from", from, "allow-list, JSON or YAML")->required();

  auto* baseline = app.add_subcommand("baseline", "prints what was learned as an allow-list (YAML) for review");
  bool exports = false, pending = false;
  baseline->add_option("--data", data, "folder with what was learned")->required();
  baseline->add_flag("--export", exports, "print it")->required();
  baseline->add_flag("--pending", pending, "also what was seen and not learned");
  baseline->add_option("--site", site, "site, where there are several");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  try {
    if (*run) {
      options.analyzer.mode = modes.at(mode);
      options.analyzer.language = lang == "zh" ? mw::language::zh : mw::language::en;
      if (!learn_for.empty()) {
        const auto d = mw::parse_duration(learn_for);
        if (!d) {
          std::cerr << "millwatch: --learn-for " << learn_for << " is no duration: give a number with s, m, h or d, such as 90s or 24h\n";
          return 2;
        }
        options.analyzer.learn_for = *d;
      }
      options.tables = options.report != "-";
      options.colour = isatty(STDOUT_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr;
      return mw::run(options);
    }
    mw::analyzer a{{}};
    load(a, data);
    if (*approve) {
      const auto list = mw::parse_allow_list(mw::text_of(from));
      if (!list) {
        std::cerr << "millwatch: " << from << ": " << list.error() << '\n';
        return 2;
      }
      a.approve(*list);
      std::filesystem::create_directories(data);
      mw::write_whole(mw::state_file(data), a.save());
    } else {
      std::cout << mw::to_yaml(a.export_baseline(site, pending));
    }
    return 0;
  } catch (const std::exception& e) {
    std::cerr << "millwatch: " << e.what() << '\n';
    return 1;
  }
}
