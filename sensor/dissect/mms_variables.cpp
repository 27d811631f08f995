// The variables of MMS (ISO 9506-2): read, write, their types, lists of them, and reports.
#include "sensor/dissect/mms_iec61850.hpp"

#include <array>
#include <utility>

namespace mw::mms {
namespace {

constexpr std::array<std::string_view, 4> scopes{"specific", "association", "domain", "vmd"};

void put_selection(operation& op, std::string selection) {
  if (!selection.empty()) put(op, "selection", std::move(selection));
}
void mark_cut(operation& op, exchange& x) {
  if (op.values.size() < most_values) return;
  put_flag(op, "values_cut", true);
  x.out.count("mms", "forgotten", "values");
}

/// The variables that a write or a report is about, and the list of what belongs to them.
template <class Use>
void access_and_list(bytes content, operation& op, exchange& x, Use use) {
  std::string selection;
  int part = 0;
  each(content, x.in, [&](const ber::element& e) {
    if (part == 0) read_access(e, op.objects, selection, x.in);
    if (part == 1) {
      x.in.expect(e.context(0), "the values are a list");
      if (x.in.ok()) each(e.content, x.in, use);
    }
    ++part;
  });
  x.in.expect(part >= 2, "variables and their values");
  put_selection(op, std::move(selection));
  recognise(op.objects, x.known);
}

void write_request(bytes content, operation& op, exchange& x) {
  std::vector<ber::element> data;
  access_and_list(content, op, x, [&](const ber::element& e) {
    put_values(e, op.values, x.in);
    if (data.size() < most_objects) data.push_back(e);
  });
  mark_cut(op, x);
  for (std::size_t i = 0; i < data.size() && i < op.objects.size(); ++i) read_control(op.objects[i], data[i], op, x);
  if (data.size() == 1) read_transfer_set(data.front(), op, x);
}

void read_request_of(bytes content, operation& op, exchange& x) {
  std::string selection;
  each(content, x.in, [&](const ber::element& e) {
    if (e.context(1)) read_access(first(e.content, x.in), op.objects, selection, x.in);
  });
  put_selection(op, std::move(selection));
  recognise(op.objects, x.known);
  if (!op.objects.empty()) read_select(op.objects.front(), op);
}

/// What came of each variable. All failed is a refusal with the code of the first.
struct results {
  std::size_t count = 0, failed = 0;
  std::uint64_t code = 0;
  std::string statuses;
  void add(const ber::element& e, exchange& x) {
    const bool bad = e.context(0) && !e.constructed;
    std::string_view status = "ok";
    if (bad) {
      const auto n = number(e.content, x.in);
      status = access_error(n);
      if (failed++ == 0) code = n;
    }
    ++count;
    if (statuses.size() < 1024) (statuses += statuses.empty() ? "" : ",") += status;
  }
  outcome end(operation& op) {
    if (failed == 0) return outcome::ok;
    put(op, "statuses", std::move(statuses));
    if (failed < count) return outcome::ok;
    op.code = std::to_string(code);
    put(op, "reason", access_error(code));
    return outcome::refused;
  }
};

outcome read_response_of(bytes content, operation& op, exchange& x) {
  results all;
  each(content, x.in, [&](const ber::element& e) {
    std::string selection;
    if (e.context(0) && op.objects.empty()) read_access(first(e.content, x.in), op.objects, selection, x.in);
    if (!e.context(1)) return;
    each(e.content, x.in, [&](const ber::element& result) {
      if (all.count < op.objects.size()) read_name_plate(op.objects[all.count], result, x);
      all.add(result, x);
      put_values(result, op.values, x.in);
    });
  });
  mark_cut(op, x);
  const auto how = all.end(op);
  if (how == outcome::refused) op.values.clear();
  end_control(op, how == outcome::ok, x);
  return how;
}

outcome write_response(bytes content, operation& op, exchange& x) {
  results all;
  each(content, x.in, [&](const ber::element& e) { all.add(e, x); });
  const auto how = all.end(op);
  end_control(op, how == outcome::ok, x);
  return how;
}

void attributes_response(bytes content, bool of_type, operation& op, exchange& x) {
  bool head = true;
  each(content, x.in, [&](const ber::element& e) {
    if (std::exchange(head, false)) return put_flag(op, "deletable", truth(e.content));
    if (of_type) return put(op, "data_type", describe_type(e, x.in));  // stands bare; of a variable it is wrapped
    if (!e.context(2)) return;
    const auto type = first(e.content, x.in);
    put(op, "data_type", describe_type(type, x.in));
    if (op.objects.size() == 1) keep_plate_type(op.objects.front(), type, x);
  });
}

std::string key_of(const object& o) { return o.space + '/' + o.address; }

void define_request(bytes content, operation& op, exchange& x) {
  std::string selection;
  int part = 0;
  each(content, x.in, [&](const ber::element& e) {
    if (part++ == 0) return put_object(op.objects, read_name(e, x.in));
    if (e.context(0)) read_variables(e.content, op.returned, selection, x.in);
  });
  put_selection(op, std::move(selection));
}
void list_attributes_response(bytes content, operation& op, exchange& x) {
  std::string selection;
  each(content, x.in, [&](const ber::element& e) {
    if (e.context(0)) put_flag(op, "deletable", truth(e.content));
    if (e.context(1)) read_variables(e.content, op.returned, selection, x.in);
  });
  put_selection(op, std::move(selection));
  recognise(op.returned, x.known);
  if (!op.objects.empty()) x.known.data_sets.put({other(x.asker), key_of(op.objects.front())}, op.returned, x.out);
}
void delete_request(bytes content, operation& op, exchange& x) {
  each(content, x.in, [&](const ber::element& e) {
    if (e.context(0)) {
      const auto scope = number(e.content, x.in);
      if (scope < scopes.size()) put(op, "scope", scopes.at(scope));
    }
    if (e.context(1))
      each(e.content, x.in, [&](const ber::element& n) {
        if (op.objects.size() < most_objects) put_object(op.objects, read_name(n, x.in));
      });
    if (e.context(2)) put_object(op.objects, made(identifier(e.content), "all"));
  });
}
void delete_response(bytes content, operation& op, exchange& x) {
  each(content, x.in, [&](const ber::element& e) {
    if (e.context(0)) put(op, "matched", number(e.content, x.in));
    if (e.context(1)) put(op, "deleted", number(e.content, x.in));
  });
  for (const auto& o : op.objects) x.known.data_sets.erase({other(x.asker), key_of(o)});
}

}  // namespace

void read_variable_request(std::uint32_t service, const ber::element& body, operation& op, exchange& x) {
  switch (service) {
    case read_variables_service: return read_request_of(body.content, op, x);
    case write_variables_service: return write_request(body.content, op, x);
    case define_list: return define_request(body.content, op, x);
    case get_access_attributes: {
      const auto e = first(body.content, x.in);
      std::string ignored;
      if (e.context(0)) put_object(op.objects, read_name(first(e.content, x.in), x.in));
      if (e.context(1)) put_object(op.objects, made("address", std::string{}));
      return recognise(op.objects, x.known);
    }
    default: return delete_request(body.content, op, x);
  }
}

outcome read_variable_response(std::uint32_t service, const ber::element& body, operation& op, exchange& x) {
  switch (service) {
    case read_variables_service: return read_response_of(body.content, op, x);
    case write_variables_service: return write_response(body.content, op, x);
    case get_access_attributes:
    case 15: attributes_response(body.content, service == 15, op, x); break;
    case get_list_attributes: list_attributes_response(body.content, op, x); break;
    default: delete_response(body.content, op, x); break;
  }
  return outcome::ok;
}

void read_report(bytes content, operation& op, exchange& x) {
  std::vector<ber::element> results;
  access_and_list(content, op, x, [&](const ber::element& e) {
    put_values(e, op.values, x.in);
    if (results.size() < most_values) results.push_back(e);
  });
  mark_cut(op, x);
  if (!x.in.ok()) return;
  const bool report = op.objects.size() == 1 && op.objects.front().space == "vmd" && op.objects.front().address == "RPT";
  if (report && x.known.profile == profile::unknown) x.known.profile = profile::iec61850;
  if (report)
    read_iec61850_report(results, op, x);
  else
    read_special_report(results, op, x);
}

}  // namespace mw::mms
