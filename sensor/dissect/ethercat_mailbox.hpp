// Mailboxes of EtherCAT slaves (ETG.1000.4 5.6, ETG.1000.6 5.6 to 5.12): object dictionaries, files, drives, Ethernet and ADS in them.
#pragma once
#include "sensor/dissect/pending.hpp"

#include <string>

namespace mw::ethercat {

/// True where the memory of a slave holds a whole mailbox message of a known protocol, judged by its header and the next one.
bool looks_like_mailbox(bytes memory);

/// What master and slaves write into mailboxes. An answer belongs to the last request of the same protocol to the same slave.
class mailboxes {
public:
  /// `to_slave`: the master wrote it. `unit`: the slave.
  void on_message(bytes memory, bool to_slave, const std::string& unit, const message& m, output& out);
  void on_time(timestamp now, output& out) { waiting_.expire(now, out); }
  void on_end(output& out) { waiting_.finish(out); }

private:
  struct key {
    std::string unit;
    std::uint8_t protocol = 0;
    friend bool operator==(const key&, const key&) = default;
  };
  void on_coe(reader& in, bool to_slave, key k, const message& m, output& out);
  void on_foe(reader& in, bool to_slave, key k, const message& m, output& out);
  void on_soe(reader& in, bool to_slave, key k, const message& m, output& out);
  void on_aoe(reader& in, bool to_slave, key k, const message& m, output& out);
  void ask(key k, operation&& op, const message& m, output& out);
  void on_sdo_answer(reader& in, std::uint8_t head, const key& k, const message& m, output& out);
  void tell(const std::string& unit, std::string_view kind, std::string_view value, const message& m, output& out);

  struct asked {
    std::uint32_t object = 0;  ///< index and subindex, so that the answer is known to belong to it
  };
  pending_requests<key, asked> waiting_;
};

}  // namespace mw::ethercat
