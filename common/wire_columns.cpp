// Between records and the columns of wire.proto. Each column is named once, and that one line both writes and reads it, so
// the two directions cannot drift apart.
#include "common/wire_columns.hpp"

#include "common/wire_reader.hpp"
#include "common/wire_writer.hpp"

namespace mw {
namespace {

constexpr std::identity itself;

template <class C>
void columns(C& c, wire::Packets* m, const typename C::template rows<packet_ref>& rows) {
  c.delta(m->mutable_first(), rows, &packet_ref::first);
  c.since(m->mutable_length(), rows, &packet_ref::last, &packet_ref::first);
}

template <class C, class T>
void columns(C& c, wire::Fields* m, const std::vector<T*>& rows, std::vector<field> std::remove_const_t<T>::* member) {
  const auto all = c.sizes(m->mutable_size(), rows, member);
  c.text(m->mutable_name(), all, &field::first);
  c.values(m->mutable_values(), parts(all, &field::second));
}

template <class C, class T>
void columns(C& c, wire::Objects* m, const std::vector<T*>& rows, std::vector<object> operation::* member) {
  const auto all = c.sizes(m->mutable_size(), rows, member);
  c.text(m->mutable_space(), all, &object::space);
  c.text(m->mutable_address(), all, &object::address);
  c.number(m->mutable_count(), all, &object::count);
  c.number(m->mutable_property(), c.present(m->mutable_has_property(), all, &object::property), itself);
  c.number(m->mutable_index(), c.present(m->mutable_has_index(), all, &object::index), itself);
}

template <class C>
void columns(C& c, wire::Repeats* m, const typename C::template rows<repeat>& rows) {
  c.number(m->mutable_count(), rows, &repeat::count);
  c.delta(m->mutable_last(), rows, &repeat::last);
  c.number(m->mutable_missed(), rows, &repeat::missed);
  auto* histogram = m->mutable_intervals();
  c.number(histogram->mutable_bucket(), c.sizes(histogram->mutable_size(), rows, &repeat::intervals), itself);
  histogram = m->mutable_latencies();
  c.number(histogram->mutable_bucket(), c.sizes(histogram->mutable_size(), rows, &repeat::latencies), itself);
  using transition = std::pair<std::string, std::uint32_t>;
  const auto transitions = c.sizes(m->mutable_transition_sizes(), rows, &repeat::transitions);
  c.text(m->mutable_transition_symbol(), transitions, &transition::first);
  c.number(m->mutable_transition_count(), transitions, &transition::second);
  const auto points = c.sizes(m->mutable_point_sizes(), rows, &repeat::points);
  c.values(m->mutable_point_first(), parts(points, &repeat::point::first));
  c.values(m->mutable_point_last(), parts(points, &repeat::point::last));
  c.number(m->mutable_point_minimum(), points, &repeat::point::minimum);
  c.number(m->mutable_point_maximum(), points, &repeat::point::maximum);
  c.number(m->mutable_point_mean(), points, &repeat::point::mean);
  c.number(m->mutable_point_variance(), points, &repeat::point::variance);
  c.number(m->mutable_point_changes(), points, &repeat::point::changes);
}

template <class C>
void columns(C& c, wire::Operations* m, const typename C::template rows<operation>& rows) {
  c.delta(m->mutable_time(), rows, &operation::time);
  c.text(m->mutable_protocol(), rows, &operation::protocol);
  c.ends(m->mutable_client(), rows, &operation::client);
  c.ends(m->mutable_server(), rows, &operation::server);
  c.number(m->mutable_transport(), rows, &operation::transport);
  c.text(m->mutable_unit(), rows, &operation::unit);
  c.number(m->mutable_action(), rows, &operation::action);
  c.text(m->mutable_function(), rows, &operation::function);
  c.text(m->mutable_function_name(), rows, &operation::function_name);
  columns(c, m->mutable_objects(), rows, &operation::objects);
  columns(c, m->mutable_returned(), rows, &operation::returned);
  c.values(m->mutable_values(), c.sizes(m->mutable_value_sizes(), rows, &operation::values));
  c.number(m->mutable_outcome(), rows, &operation::outcome);
  c.text(m->mutable_code(), c.present(m->mutable_has_code(), rows, &operation::code), itself);
  const auto latencies = c.present(m->mutable_has_latency(), rows, &operation::latency);
  c.delta(m->mutable_latency(), latencies, itself);
  c.text(m->mutable_flow(), rows, &operation::flow);
  c.number(m->mutable_vlan(), rows, &operation::vlan);
  columns(c, m->mutable_packets(), parts(rows, &operation::packets));
  columns(c, m->mutable_fields(), rows, &operation::fields);
  columns(c, m->mutable_repeats(), c.present(m->mutable_has_repeat(), rows, &operation::repeat));
}

template <class C>
void columns(C& c, wire::Flows* m, const typename C::template rows<flow_record>& rows) {
  c.delta(m->mutable_first(), rows, &flow_record::first);
  c.since(m->mutable_duration(), rows, &flow_record::last, &flow_record::first);
  c.ends(m->mutable_client(), rows, &flow_record::client);
  c.ends(m->mutable_server(), rows, &flow_record::server);
  c.number(m->mutable_transport(), rows, &flow_record::transport);
  c.number(m->mutable_ethertype(), rows, &flow_record::ethertype);
  c.number(m->mutable_ip_protocol(), rows, &flow_record::ip_protocol);
  c.number(m->mutable_vlan(), rows, &flow_record::vlan);
  c.text(m->mutable_id(), rows, &flow_record::id);
  c.text(m->mutable_application(), rows, &flow_record::application);
  c.number(m->mutable_certainty(), rows, &flow_record::certainty);
  c.number(m->mutable_client_packets(), rows, &flow_record::client_packets);
  c.number(m->mutable_server_packets(), rows, &flow_record::server_packets);
  c.number(m->mutable_client_bytes(), rows, &flow_record::client_bytes);
  c.number(m->mutable_server_bytes(), rows, &flow_record::server_bytes);
  c.number(m->mutable_client_payload(), rows, &flow_record::client_payload);
  c.number(m->mutable_server_payload(), rows, &flow_record::server_payload);
  c.text(m->mutable_tcp_state(), rows, &flow_record::tcp_state);
  c.number(m->mutable_retransmits(), rows, &flow_record::retransmits);
  c.number(m->mutable_gaps(), rows, &flow_record::gaps);
  c.number(m->mutable_gap_bytes(), rows, &flow_record::gap_bytes);
  c.number(m->mutable_resyncs(), rows, &flow_record::resyncs);
  c.number(m->mutable_skipped_bytes(), rows, &flow_record::skipped_bytes);
  const auto trips = c.present(m->mutable_has_round_trip(), rows, &flow_record::round_trip);
  c.delta(m->mutable_round_trip(), trips, itself);
  c.number(m->mutable_interim(), rows, &flow_record::interim);
  c.text(m->mutable_reason(), rows, &flow_record::reason);
  columns(c, m->mutable_packets(), parts(rows, &flow_record::packets));
  c.text(m->mutable_risk(), c.sizes(m->mutable_risk_sizes(), rows, &flow_record::risks), itself);
  columns(c, m->mutable_facts(), rows, &flow_record::facts);
}

template <class C>
void columns(C& c, wire::Facts* m, const typename C::template rows<fact>& rows) {
  c.delta(m->mutable_time(), rows, &fact::time);
  c.subject(m->mutable_subject(), rows, &fact::address, &fact::hardware);
  c.text(m->mutable_unit(), rows, &fact::unit);
  c.text(m->mutable_kind(), rows, &fact::kind);
  c.text(m->mutable_value(), rows, &fact::value);
  c.text(m->mutable_protocol(), rows, &fact::protocol);
  c.number(m->mutable_confidence(), rows, &fact::confidence);
  c.number(m->mutable_vlan(), rows, &fact::vlan);
  columns(c, m->mutable_packets(), parts(rows, &fact::packets));
}

template <class C>
void columns(C& c, wire::Violations* m, const typename C::template rows<violation>& rows) {
  c.delta(m->mutable_time(), rows, &violation::time);
  c.text(m->mutable_protocol(), rows, &violation::protocol);
  c.text(m->mutable_rule(), rows, &violation::rule);
  c.text(m->mutable_detail(), rows, &violation::detail);
  c.ends(m->mutable_client(), rows, &violation::client);
  c.ends(m->mutable_server(), rows, &violation::server);
  c.number(m->mutable_transport(), rows, &violation::transport);
  c.number(m->mutable_from_client(), rows, &violation::from_client);
  c.text(m->mutable_unit(), rows, &violation::unit);
  c.text(m->mutable_flow(), rows, &violation::flow);
  c.number(m->mutable_count(), rows, &violation::count);
  c.number(m->mutable_vlan(), rows, &violation::vlan);
  columns(c, m->mutable_packets(), parts(rows, &violation::packets));
}

template <class C>
void columns(C& c, wire::Statuses* m, const typename C::template rows<status>& rows) {
  c.delta(m->mutable_time(), rows, &status::time);
  c.text(m->mutable_version(), rows, &status::version);
  c.text(m->mutable_interface(), rows, &status::interface);
  c.number(m->mutable_packets(), rows, &status::packets);
  c.number(m->mutable_octets(), rows, &status::bytes);
  c.number(m->mutable_flows_active(), rows, &status::flows_active);
  const auto stages = c.sizes(m->mutable_stage_sizes(), rows, &status::ledger);
  c.text(m->mutable_stage(), stages, &ledger_stage::stage);
  c.number(m->mutable_in(), stages, &ledger_stage::in);
  c.number(m->mutable_out(), stages, &ledger_stage::out);
  c.number(m->mutable_held(), stages, &ledger_stage::held);
  using drop = std::pair<std::string, std::uint64_t>;
  const auto drops = c.sizes(m->mutable_dropped_sizes(), stages, &ledger_stage::dropped);
  c.text(m->mutable_reason(), drops, &drop::first);
  c.number(m->mutable_dropped(), drops, &drop::second);
  columns(c, m->mutable_fields(), rows, &status::fields);
}

/// The records of one type, in their order.
template <class C, class T, class Records>
auto rows_of(Records& records) {
  typename C::template rows<T> rows;
  for (auto& r : records)
    if (auto* x = std::get_if<T>(&r)) rows.push_back(x);
  return rows;
}

template <class C, class Records>
void all_columns(C& c, wire::Batch& m, Records& records) {
  columns(c, m.mutable_flows(), rows_of<C, flow_record>(records));
  columns(c, m.mutable_operations(), rows_of<C, operation>(records));
  columns(c, m.mutable_facts(), rows_of<C, fact>(records));
  columns(c, m.mutable_violations(), rows_of<C, violation>(records));
  columns(c, m.mutable_statuses(), rows_of<C, status>(records));
}

}  // namespace

void to_columns(const batch& b, wire::Batch& out) {
  out.set_sensor(b.sensor);
  out.set_sequence(b.sequence);
  out.set_created(b.created.time_since_epoch().count());
  for (const auto& r : b.records) out.mutable_order()->push_back(static_cast<char>(r.index()));
  column_writer writer{out};
  all_columns(writer, out, b.records);
}

result<batch> from_columns(wire::Batch& from, const wire_limits& limits) {
  batch b;
  if (from.order().size() > limits.records) return fail(fault::over_limit, "too many records in a batch");
  b.sensor = from.sensor();
  b.sequence = from.sequence();
  b.created = timestamp{nanoseconds{from.created()}};
  b.records.reserve(from.order().size());
  for (char type : from.order()) {
    switch (type) {
      case 0: b.records.emplace_back(std::in_place_type<flow_record>); break;
      case 1: b.records.emplace_back(std::in_place_type<operation>); break;
      case 2: b.records.emplace_back(std::in_place_type<fact>); break;
      case 3: b.records.emplace_back(std::in_place_type<violation>); break;
      case 4: b.records.emplace_back(std::in_place_type<status>); break;
      default: return fail(fault::malformed, "unknown type of record");
    }
  }
  column_reader reader{from, limits};
  all_columns(reader, from, b.records);
  if (!reader.ok()) return tl::unexpected{reader.why()};
  return b;
}

}  // namespace mw
