// The SQL Server browser on UDP ([MC-SQLR]), which knows the ports of named instances.
#pragma once
#include "sensor/dissect/protocol.hpp"

#include <optional>

namespace mw::mssql {

bool probe_browser(bytes datagram);

class browser {
public:
  void on_message(const message& m, output& out);
  void on_time(timestamp now, output& out);
  void on_end(output& out);

private:
  void close(outcome how, output& out);
  void tell_instances(std::string_view text, const message& m, output& out);

  std::optional<operation> asked_;
  side asker_ = side::client;
};

}  // namespace mw::mssql
