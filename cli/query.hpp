// Questions to a data folder: tables for people, JSON for programs.
#pragma once
#include <CLI/CLI.hpp>

#include <memory>
#include <optional>

namespace mw {

/// assets, operations, flows, detections, incidents, sensors, ledger: each a subcommand with its filters.
class query_commands {
public:
  explicit query_commands(CLI::App& to);
  ~query_commands();
  query_commands(const query_commands&) = delete;
  query_commands& operator=(const query_commands&) = delete;
  /// Nothing where none of them was asked for; else the exit status: 0, or 2 for an argument that cannot be read. Throws
  /// std::runtime_error where the folder cannot be read.
  std::optional<int> run();

private:
  struct asked;
  std::unique_ptr<asked> asked_;
};

}  // namespace mw
