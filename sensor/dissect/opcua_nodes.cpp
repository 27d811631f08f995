// Services on what nodes hold (OPC 10000-4, 5.10 and 5.11): values read and written, their history, methods.
#include "sensor/dissect/opcua_message.hpp"

namespace mw::opcua {
namespace {

// ---- attributes
void read_request_items(exchange& x) {
  auto& in = x.in;
  in.skip(12);  // oldest age, which timestamps
  each(
      in,
      [&] {
        auto node = read_node(in).text;
        const auto attribute = in.u32le();
        const auto range = read_text(in);
        read_qualified(in);
        if (!in.ok()) return;
        add_object(x.op, std::to_string(attribute), std::move(node));
        if (!range.empty()) add_repeated(x.op, "index_range", range);
      },
      16);
}

void read_response_values(exchange& x) {
  auto& in = x.in;
  values to{x.op.values};
  std::vector<std::uint32_t> statuses;
  each(in, [&] {
    const auto from = to.size();
    const auto v = read_data_value(in, to);
    if (!in.ok()) return to.cut(from);
    if (statuses.size() < x.op.objects.size()) learn_from_value(x, x.op.objects[statuses.size()], from);
    statuses.push_back(v.status);
  });
  if (in.ok() && !x.op.objects.empty() && statuses.size() != x.op.objects.size() && x.op.objects.size() < most_objects)
    x.notes.breaks("mismatch", "the answer holds another number of values than was asked for");
  say_statuses(x.op, statuses);
  if (to.omitted() != 0) x.op.fields.emplace_back("values_omitted", std::uint64_t{to.omitted()});
}

void write_request(exchange& x) {
  auto& in = x.in;
  values to{x.op.values};
  each(
      in,
      [&] {
        const auto from = to.size();
        auto node = read_node(in).text;
        const auto attribute = in.u32le();
        const auto range = read_text(in);
        read_data_value(in, to);
        if (!in.ok()) return to.cut(from);
        add_object(x.op, std::to_string(attribute), std::move(node));
        if (!range.empty()) add_repeated(x.op, "index_range", range);
      },
      11);
  if (to.omitted() != 0) x.op.fields.emplace_back("values_omitted", std::uint64_t{to.omitted()});
}

// ---- history
std::string_view history_name(const node_id& type) {
  switch (type.standard.value_or(0)) {
    case 646: return "events";
    case 649: return "raw";
    case 652: return "processed";
    case 655: return "at_time";
    case 682: return "update_data";
    case 685: return "update_event";
    case 688: return "delete_raw";
    case 691: return "delete_at_time";
    case 694: return "delete_event";
    case 11300: return "update_structure";
    default: return "other";
  }
}

void history_read_request(exchange& x) {
  auto& in = x.in;
  const auto details = read_extension(in);
  in.skip(5);  // which timestamps, release continuation points
  each(
      in,
      [&] {
        auto node = read_node(in).text;
        read_octets(in);  // index range
        read_qualified(in);
        read_octets(in);  // continuation point
        if (in.ok()) add_object(x.op, "history", std::move(node));
      },
      16);
  x.op.fields.emplace_back("details", std::string{history_name(details.type)});
}

void history_read_response(exchange& x) {
  auto& in = x.in;
  values to{x.op.values};
  std::vector<std::uint32_t> statuses;
  each(
      in,
      [&] {
        statuses.push_back(in.u32le());
        read_octets(in);
        const auto data = read_extension(in);
        reader body{data.body};
        if (data.type.is(658) || data.type.is(11227)) each(body, [&] { read_data_value(body, to); });
        if (data.type.is(661)) each(body, [&] { each(body, [&] { read_variant(body, to); }); }, 4);
        if (!body.ok()) x.notes.breaks("encoding", "a history ends inside a field");
      },
      11);
  say_statuses(x.op, statuses);
  if (to.omitted() != 0) x.op.fields.emplace_back("values_omitted", std::uint64_t{to.omitted()});
}

void history_update_request(exchange& x) {
  auto& in = x.in;
  values to{x.op.values};
  std::string details;
  each(
      in,
      [&] {
        const auto update = read_extension(in);
        reader body{update.body};
        auto node = read_node(body).text;
        if (update.type.is(682) || update.type.is(11300)) {
          body.skip(4);  // insert, replace, update or remove
          each(body, [&] { read_data_value(body, to); });
        }
        if (update.type.is(691)) each(body, [&] { to.add(to_time(static_cast<std::int64_t>(body.u64le()))); }, 8);
        if (!body.ok()) return x.notes.breaks("encoding", "an update of history ends inside a field");
        add_object(x.op, "history", std::move(node));
        append_word(details, history_name(update.type));
      },
      3);
  x.op.fields.emplace_back("details", details);
}

// ---- methods
void call_request(exchange& x) {
  auto& in = x.in;
  values to{x.op.values};
  each(
      in,
      [&] {
        auto object = read_node(in).text, method = read_node(in).text;
        each(in, [&] { read_variant(in, to); });
        if (!in.ok()) return;
        add_object(x.op, "object", std::move(object));
        add_object(x.op, "method", std::move(method));
      },
      8);
}

void call_response(exchange& x) {
  auto& in = x.in;
  std::vector<value> outputs;
  values to{outputs};
  std::vector<std::uint32_t> statuses;
  each(
      in,
      [&] {
        statuses.push_back(in.u32le());
        read_statuses(in);  // of the arguments
        skip_diagnostics(in);
        each(in, [&] { read_variant(in, to); });
      },
      16);
  std::string text;
  for (const auto& v : outputs) append_word(text, to_string(v));
  if (!outputs.empty()) x.op.fields.emplace_back("outputs", text);
  say_statuses(x.op, statuses);
}

}  // namespace

void read_nodes_request(exchange& x) {
  switch (x.kept.what->request) {
    case read: return read_request_items(x);
    case write: return write_request(x);
    case history_read: return history_read_request(x);
    case history_update: return history_update_request(x);
    case call: return call_request(x);
    default: return read_address_space_request(x);
  }
}

void read_nodes_response(exchange& x) {
  switch (x.kept.what->request) {
    case read: return read_response_values(x);
    case history_read: return history_read_response(x);
    case history_update: {
      std::vector<std::uint32_t> statuses;
      each(
          x.in,
          [&] {
            statuses.push_back(x.in.u32le());
            read_statuses(x.in);
            skip_diagnostics(x.in);
          },
          12);
      return say_statuses(x.op, statuses);
    }
    case call: return call_response(x);
    case write: return say_statuses(x.op, read_statuses(x.in));
    default: return read_address_space_response(x);
  }
}

}  // namespace mw::opcua
