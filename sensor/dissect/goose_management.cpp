// GSE management on EtherType 0x88B9 (IEC 61850-8-1 annex A): requests and responses, paired by their stateID.
#include "sensor/dissect/goose_management.hpp"

#include "common/text.hpp"
#include "sensor/dissect/ber.hpp"

#include <array>
#include <string>

namespace mw::goose {
namespace {

constexpr std::size_t most_items = 256;
constexpr std::array<std::string_view, 5> services{"not_supported", "get_go_reference", "get_goose_element_number", "get_gs_reference",
                                                   "get_gsse_data_offset"};
enum tag : std::uint32_t { state_id = 0, requests = 1, responses = 2 };                 // of GSEMngtPdu
enum response : std::uint32_t { ident = 0, conf_rev = 1, positive = 2, negative = 3 };  // of a request, too: items stand at 1
enum result_of : std::uint32_t { by_offset = 0, by_reference = 1, by_error = 2 };
enum in_positive : std::uint32_t { data_set = 0, results = 1 };

template <class Do>
bool each(bytes content, const Do& act) {
  reader in{content};
  for (std::size_t i = 0; in.left() != 0 && i < most_items; ++i) {
    const auto e = ber::next(in);
    if (in.ok()) act(e);
  }
  return in.ok();
}

value number(bytes content) {
  const auto n = ber::to_signed(content);
  return n ? value{*n} : value{};
}
value item(const ber::element& e) {
  const bool is_number = e.universal(ber::integer);
  return is_number ? number(e.content) : value{printable(e.content)};
}

void address(operation& op, bytes name) {
  if (!op.objects.empty()) return;
  op.objects.push_back({.space = "goose", .address = printable(name), .count = 1, .property = {}, .index = {}});
}

bool read_request(bytes content, operation& op) {
  bool whole = true;
  const bool ok = each(content, [&](const ber::element& e) {
    if (e.context(ident)) address(op, e.content);
    std::string asked;
    if (e.context(1)) whole &= each(e.content, [&](const ber::element& i) { asked += (asked.empty() ? "" : ",") + to_string(item(i)); });
    if (!asked.empty()) op.fields.emplace_back("asked", asked);
  });
  return ok && whole;
}

bool read_positive(bytes content, operation& op) {
  bool whole = true;
  const bool ok = each(content, [&](const ber::element& e) {
    if (e.context(data_set)) op.fields.emplace_back("datSet", printable(e.content));
    if (!e.context(results)) return;
    whole &= each(e.content, [&](const ber::element& r) {
      op.values.push_back(r.context(by_offset) ? number(r.content) : r.context(by_reference) ? value{printable(r.content)} : value{});
    });
  });
  return ok && whole;
}

bool read_response(bytes content, operation& op) {
  bool whole = true;
  op.outcome = outcome::ok;
  const bool ok = each(content, [&](const ber::element& e) {
    if (e.context(ident)) address(op, e.content);
    if (e.context(conf_rev)) op.fields.emplace_back("confRev", number(e.content));
    if (e.context(positive)) whole &= read_positive(e.content, op);
    if (e.context(negative)) op.outcome = outcome::refused, op.code = to_string(number(e.content));
  });
  return ok && whole;
}

}  // namespace

void management::on_message(bytes content, std::uint16_t appid, const message& m, output& out) {
  reader in{content};
  const auto id = ber::next(in);
  const auto direction = ber::next(in);
  reader inside{direction.content};
  const auto service = ber::next(inside);
  const auto state = ber::to_unsigned(id.content);
  const bool asks = direction.context(requests), answers = direction.context(responses);
  if (!in.ok() || !inside.ok() || !id.context(state_id) || !state || (!asks && !answers)) {
    out.violate(m.from, "encoding", "a management message that is not of the form of GSEMngtPdu");
    return;
  }
  out.count("goose", "management", service.number);
  operation op;
  op.time = m.time;
  op.unit = std::to_string(appid);
  op.action = action::identify;
  op.function = std::to_string(service.number);
  op.function_name = service.number < services.size() ? services[service.number] : "unknown";
  if (service.number >= services.size()) out.violate(m.from, "value", "a management service that is not known");
  op.fields.emplace_back("stateID", *state);
  if (asks) {
    if (!read_request(service.content, op)) out.violate(m.from, "encoding", "the request ends inside an element");
    return pending_.add({*state, m.from}, std::move(op), out, m.from);
  }
  auto request = pending_.take({*state, other(m.from)});
  auto& answered = request ? request->op : op;
  const bool supported = service.number != 0;
  const bool whole = !supported || read_response(service.content, answered);
  if (!whole) out.violate(m.from, "encoding", "the response ends inside an element");
  if (!supported) answered.outcome = outcome::refused;
  if (request) {
    const auto how = answered.outcome;
    return answer(std::move(*request), m.time, how, out);
  }
  op.outcome = outcome::unpaired;
  out.violate(m.from, "unpaired_response", "a management response whose request was not seen");
  out.emit(std::move(op), other(m.from));
}

}  // namespace mw::goose
