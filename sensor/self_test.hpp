// What a deployer wants to know before leaving: does this sensor see what it should see?
#pragma once
#include "sensor/config.hpp"

#include <csignal>
#include <string>
#include <vector>

namespace mw {

struct self_test_tasks {
  std::string interface;  ///< the card; "" = captures
  std::vector<std::string> captures;
  std::string spool;                ///< folder that is to hold batches; "" = none
  std::chrono::seconds length{30};  ///< how long a card is listened to
  bool json = false;
  std::string language = "zh";  ///< "zh", "en"
  const volatile std::sig_atomic_t* stop = nullptr;
};

/// Listens, judges and prints one page on standard output: text, or JSON {"passed", "interface", "seconds", "checks": [{"id", "verdict",
/// "observed", "remedy"}], "protocols": {NAME: flows}}. 0 where nothing failed, else 1. Throws std::runtime_error where it cannot listen.
int self_test(const sensor_config& c, const self_test_tasks& tasks);

}  // namespace mw
