// Diagnostic services of vehicles and machines, whatever carries them: requests of a tester, answers of control units.
#pragma once
#include "sensor/dissect/pending.hpp"
#include "sensor/dissect/uds_names.hpp"

#include <string>
#include <vector>

namespace mw::uds {

/// Between whom: the logical addresses as the carrier gives them.
struct route {
  std::uint16_t tester = 0, unit = 0;
  friend bool operator==(const route&, const route&) = default;
};
std::string to_string(const route& r);      ///< "0x0e00->0x1000"
std::string address_text(std::uint16_t a);  ///< "0x1000"

/// What has to be known of a request to read its answer.
struct asked {
  uds::service service;
  std::uint8_t sub = 0;
  bool silent = false;  ///< wants no answer where all is well
  std::vector<std::uint16_t> identifiers;
  std::uint8_t counter = 0;              ///< of a block of a transfer
  std::size_t octets = 0;                ///< that it carries
  std::uint32_t waits = 0, answers = 0;  ///< how often the unit asked for patience; how many units have answered
};
struct remarks {
  struct broken {
    std::string_view rule, detail;
  };
  struct finding {
    std::string_view kind;
    std::string value;
  };
  std::vector<broken> violations;
  std::vector<finding> findings;
  void breaks(std::string_view rule, std::string_view detail) { violations.push_back({rule, detail}); }
};
asked read_request(bytes data, operation& op, remarks& notes);
/// A positive answer, behind its service identifier.
void read_answer(const asked& a, bytes data, operation& op, remarks& notes);

/// The requests of one conversation, paired with their answers. Bounded.
class exchange {
public:
  void on_request(const route& r, bytes data, const message& m, output& out);
  void on_response(const route& r, bytes data, const message& m, output& out);
  /// The carrier did not deliver the oldest request of this route.
  void refused(const route& r, std::uint8_t code, std::string_view reason, const message& m, output& out);
  void on_gap();
  void on_time(timestamp now, output& out);
  void on_end(output& out);

private:
  using requests = pending_requests<route, asked>;
  struct transfer {  // what is being moved along a route
    uds::route route;
    action what = action::program_download;
    std::uint64_t octets = 0, blocks = 0;
    std::uint8_t last = 0;
    timestamp heard{};
  };
  std::optional<requests::request> find(const route& r, std::uint8_t service);
  void tell(const remarks& notes, const route& r, side from, output& out) const;
  void follow(const route& r, const asked& a, operation& op, remarks& notes);
  bool told_at_the_end(const route& r, const asked& a, std::size_t brought, operation& op, timestamp now, output& out);
  transfer* moving(const route& r);
  void flush(const route* r, timestamp now, output& out);
  std::vector<requests::request>::iterator give_up(std::vector<requests::request>::iterator at, output& out);

  requests waiting_;
  std::vector<requests::request> silent_;  ///< that want no answer or may get several, until it is plain that none comes
  std::vector<transfer> transfers_;
  bool whole_ = true;  ///< nothing was missed since the beginning
};

}  // namespace mw::uds
