// One conversation of AMQP, of whichever version.
#pragma once
#include "sensor/dissect/pending.hpp"
#include "sensor/dissect/told.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mw::amqp {

/// The head "AMQP" with a protocol and a version (0-9-1 4.2.2; 1.0 2.2).
struct version {
  std::string_view name;  ///< "" where there is no such version
  bool tls = false;
};
version read_version(bytes head);

/// Names and texts out of a table of properties; others are passed over.
using properties = std::vector<std::pair<std::string, std::string>>;
std::string_view find(const properties& p, std::string_view name);
properties read_table(reader& in);  ///< of 0-9-1

class conversation final : public session {
public:
  verdict on_message(const message& m, output& out) override;
  void on_time(timestamp now, output& out) override { open_.expire(now, out); }
  void on_end(timestamp now, output& out) override;

private:
  struct key {
    std::uint16_t channel = 0;
    std::uint32_t what = 0;  ///< class << 16 | method that answers; of 1.0 the performative
    std::string name;        ///< of a link
    bool operator==(const key&) const = default;
  };

  void on_version(const message& m, output& out);

  // 0-9-1
  void on_frame_091(const message& m, output& out);
  void on_connection(std::uint16_t method, reader& in, const message& m, output& out);
  void on_named(std::uint16_t kind, std::uint16_t method, std::uint16_t channel, reader& in, const message& m, output& out);
  void on_basic(std::uint16_t method, std::uint16_t channel, reader& in, const message& m, output& out);
  void on_start_ok(reader& in, const message& m, output& out);
  void on_close(std::uint16_t kind, std::uint16_t channel, reader& in, const message& m, output& out);
  void refused_login(const std::string& code, const message& m, output& out);

  // 1.0
  void on_frame_10(const message& m, output& out);
  void on_sasl(std::uint64_t code, reader& list, const message& m, output& out);
  void on_performative(std::uint64_t code, std::uint16_t channel, reader& list, const message& m, output& out);
  void on_attach(std::uint16_t channel, reader& list, const message& m, output& out);
  void on_error(std::string_view what, reader& list, unsigned skipped, const message& m, output& out);

  bool answered(std::uint16_t channel, std::uint32_t what, const message& m, output& out, std::string_view name = {});
  void moved(std::string_view what, std::string exchange, std::string key, const message& m, output& out);
  void tell(const properties& p, side who, const message& m, output& out);

  pending_requests<key, std::monostate, 128> open_;
  std::vector<std::string> seen_;  ///< where messages went to or came from: each is told once
  std::uint64_t published_ = 0, delivered_ = 0, content_ = 0;
  std::string version_, user_;
  told_facts<32> told_;
};

inline constexpr std::uint32_t login_key = 1, version_key = 2;  ///< no class and method has these numbers

}  // namespace mw::amqp
