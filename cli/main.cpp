// millwatch: the front for people and the one-box deployment.
#include "analyzer/analyzer.hpp"
#include "cli/data_folder.hpp"
#include "cli/files.hpp"
#include "cli/query.hpp"
#include "cli/run.hpp"
#include "common/duration.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>

#include <cstdlib>
#include <iostream>
#include <map>

namespace {

const std::map<std::string, mw::learning_mode> modes{{"auto", mw::learning_mode::automatic},
                                                     {"learn", mw::learning_mode::learn},
                                                     {"trial", mw::learning_mode::trial},
                                                     {"detect", mw::learning_mode::detect}};

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"millwatch: watches an industrial network, passively."};
  app.set_version_flag("--version", MILLWATCH_VERSION);
  app.require_subcommand(1);

  mw::run_options options;
  std::string mode, learn_for, lang, data, from, site, config, interface, check;
  bool manual = false;
  auto* run = app.add_subcommand(
      "run", "sensor, collector and analyzer in one process: on captures, with packet time as the clock, or on a network card");
  run->add_option("--read", options.read, "capture files, read in this order");
  run->add_option("--interface", interface, "network card that sees the mirrored traffic");
  run->add_option("--config", config, "configuration file (see --manual)");
  run->add_option("--check", check, "only check a configuration file");
  run->add_flag("--manual", manual, "print the commented default configuration");
  run->add_option("--data", options.data, "folder with what was learned and the records; made where it is absent");
  run->add_option("--mode", mode, "auto, learn, trial or detect")->check(CLI::IsMember({"auto", "learn", "trial", "detect"}));
  run->add_option("--learn-for", learn_for, "learning time: 90s, 10m, 24h, 7d");
  run->add_option("--speed", options.speed, "of captures: 1 as recorded, 10 ten times faster; without it, as fast as it goes")
      ->transform(CLI::Transformer(std::map<std::string, std::string>{{"max", "0"}}))
      ->check(CLI::NonNegativeNumber);
  run->add_option("--report", options.report, "where the JSON report goes (- for standard output, without tables)");
  run->add_option("--metrics", options.metrics,
                  "where the metrics at the end go, as Prometheus text (- for standard output, without tables)");
  run->add_flag("--serve", options.serve, "with captures: serve /metrics while it runs, and until a signal ends it");
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
  mw::query_commands queries{app};

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  try {
    if (*run) {
      if (manual) {
        std::cout << mw::one_box_manual();
        return 0;
      }
      auto& c = options.config;
      const auto& file = check.empty() ? config : check;
      auto complaints = file.empty() ? std::vector<std::string>{} : mw::read_config(file, c);
      if (!mode.empty()) c.analyzer.config.mode = modes.at(mode);
      if (!lang.empty()) c.analyzer.config.language = lang == "zh" ? mw::language::zh : mw::language::en;
      if (!interface.empty()) c.sensor.interface = interface;
      if (!learn_for.empty()) {
        if (const auto d = mw::parse_duration(learn_for))
          c.analyzer.config.learn_for = *d;
        else
          complaints.push_back("--learn-for " + learn_for + " is no duration: give a number with s, m, h or d, such as 90s or 24h");
      }
      if (file.empty())
        for (auto& text : mw::complete(c)) complaints.push_back(std::move(text));
      if (check.empty() && options.read.empty() == c.sensor.interface.empty() && (options.read.empty() || !interface.empty()))
        complaints.push_back("give either --read FILE... or --interface NAME (or sensor.interface in the configuration)");
      for (const auto& text : complaints) std::cerr << "millwatch: " << text << '\n';
      if (!complaints.empty()) return 2;
      if (!check.empty()) {
        std::cout << check << ": no mistakes\n";
        return 0;
      }
      options.tables = options.report != "-" && options.metrics != "-";
      options.colour = isatty(STDOUT_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr;
      return mw::run(options);
    }
    if (const auto status = queries.run()) return *status;
    mw::analyzer a{{}};
    if (*approve) {
      const auto list = mw::parse_allow_list(mw::text_of(from));
      if (!list) {
        std::cerr << "millwatch: " << from << ": " << list.error() << '\n';
        return 2;
      }
      mw::data_folder folder{data, {}};
      auto s = mw::need(folder.state().load()).value_or(mw::saved_analysis{});
      load(a, s, data);
      a.approve(*list);
      s.analyzer = a.save();
      mw::need(folder.state().save(s, a.assets(), {}, {}, folder.config().days));
    } else {
      if (const auto s = mw::need(mw::data_view{data}.state->load())) load(a, *s, data);
      std::cout << mw::to_yaml(a.export_baseline(site, pending));
    }
    return 0;
  } catch (const std::exception& e) {
    std::cerr << "millwatch: " << e.what() << '\n';
    return 1;
  }
}
