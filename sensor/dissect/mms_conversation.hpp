// A conversation in MMS above the transport: the association, and requests with their answers, from either side.
#pragma once
#include "sensor/dissect/mms_association.hpp"
#include "sensor/dissect/pending.hpp"
#include "sensor/dissect/told.hpp"

#include <array>

namespace mw::mms {

enum class asked_for : std::uint8_t { service, association, release, conclude, cancel };
struct request_key {
  asked_for what = asked_for::service;
  side asker = side::client;
  std::uint64_t invoke = 0;
  friend bool operator==(const request_key&, const request_key&) = default;
};

/// A message on its way through the conversation.
struct said {
  side from;
  timestamp time;
  output& out;
  void broken(std::string_view rule, std::string_view detail) const { out.violate(from, rule, detail); }
  void check(const reader& in, std::string_view rule) const {
    if (!in.ok()) broken(rule, in.why().what);
  }
};

class conversation {
public:
  void on_payload(bytes payload, const said& s);  ///< of a whole transport message
  void on_gap(side from);
  void expire(timestamp now, output& out) { pending_.expire(now, out); }
  void finish(output& out) { pending_.finish(out); }

private:
  using waiting = pending_requests<request_key, std::uint32_t>;

  void on_value(const presented& v, const said& s);
  void on_acse(const ber::element& apdu, const said& s);
  void on_pdu(const ber::element& e, const said& s);
  void on_request(bytes content, const said& s);
  void on_response(bytes content, const said& s);
  void on_error(bytes content, asked_for what, const said& s);
  void on_unconfirmed(bytes content, const said& s);
  void on_reject(bytes content, const said& s);

  operation start(std::string_view word, action what, const said& s) const;
  operation start(std::uint32_t number, const said& s) const;
  waiting::request asked(asked_for what, std::uint64_t invoke, std::string_view word, bool& paired, const said& s);
  void finish(waiting::request&& r, bool paired, outcome how, const said& s);
  void ask(asked_for what, std::uint64_t invoke, operation&& op, const said& s, std::uint32_t service = 0) {
    pending_.add({what, s.from, invoke}, std::move(op), s.out, s.from, service);
  }
  void tell(const exchange& x, bool granted, const said& s);
  void begin_association(std::vector<agreed> contexts, bool whole, const said& s);
  void end_association(operation&& op, const said& s);

  std::vector<agreed> contexts_;        ///< empty: the beginning was not seen
  std::array<told_facts<64>, 2> told_;  ///< of each side
  waiting pending_;
  memory memory_;
};

}  // namespace mw::mms
