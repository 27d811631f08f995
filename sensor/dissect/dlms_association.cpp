// How a client and a meter associate (IEC 62056-5-3, 7.2.4 and 9.4): application context, authentication, conformance.
#include "common/text.hpp"
#include "sensor/dissect/ber.hpp"
#include "sensor/dissect/dlms_message.hpp"

#include <algorithm>
#include <array>

namespace mw::dlms {
namespace {

constexpr std::size_t most_elements = 32;
constexpr std::string_view contexts = "2.16.756.5.8.1.", mechanisms = "2.16.756.5.8.2.";

/// The last arc of an object identifier that begins so.
std::optional<std::uint32_t> arc_behind(std::string_view begin, bytes oid) {
  const auto text = ber::to_oid(oid);
  if (!text.starts_with(begin) || text.size() != begin.size() + 1) return {};
  return static_cast<std::uint32_t>(text.back() - '0');
}

std::string context_name(bytes element) {
  constexpr std::array<std::string_view, 5> names{"", "logical_names", "short_names", "logical_names_ciphered", "short_names_ciphered"};
  reader in{element};
  const auto arc = arc_behind(contexts, ber::next(in).content);
  return arc && *arc > 0 && *arc < names.size() ? std::string{names.at(*arc)} : "unknown";
}

/// Eight octets of a system title; the first three are the manufacturer's letters (FLAG).
void read_title(bytes element, bool of_server, operation& op, remarks& notes) {
  reader in{element};
  const auto title = ber::next(in).content;
  if (!in.ok() || title.empty()) return;
  op.fields.emplace_back(of_server ? "server_system_title" : "client_system_title", hex(title, 16));
  notes.findings.push_back({of_server, "system_title", hex(title, 16), 80});
  if (title.size() >= 3 && std::all_of(title.begin(), title.begin() + 3, [](std::uint8_t c) { return c >= 'A' && c <= 'Z'; }))
    notes.findings.push_back({of_server, "vendor", printable(title.first(3)), 60});
}

/// From the version on, what both sides propose.
void read_proposal(reader& in, operation& op, bool by_server) {
  const auto version = in.u8();
  in.expect(in.u8() == 0x5f, "the conformance has its tag");
  if (!in.rest().empty() && in.rest().front() == 0x1f) in.skip(1);
  const auto size = in.u8();
  auto conformance = in.take(size);
  const auto largest = in.u16();
  if (!in.ok() || conformance.empty()) return;
  op.fields.emplace_back(by_server ? "negotiated_version" : "proposed_version", std::uint64_t{version});
  op.fields.emplace_back(by_server ? "negotiated_conformance" : "proposed_conformance",
                         hex(conformance.subspan(1), 4));  // the first counts unused bits
  op.fields.emplace_back(by_server ? "server_max_pdu" : "client_max_pdu", std::uint64_t{largest});
}

void skip_optional(reader& in, bool has_length) {
  if (in.u8() == 0) return;
  if (has_length)
    read_octets(in);
  else
    in.skip(1);
}

void read_user_information(bytes element, operation& op) {
  reader outer{element};
  reader in{ber::next(outer).content};
  const auto tag = in.u8();
  if (!in.ok()) return;
  if (tag == initiate_request) {
    skip_optional(in, true);   // the dedicated key
    skip_optional(in, false);  // whether an answer is wanted
    skip_optional(in, false);  // quality of service
    read_proposal(in, op, false);
  } else if (tag == initiate_response) {
    skip_optional(in, false);
    read_proposal(in, op, true);
  } else if (is_ciphered(tag)) {
    op.fields.emplace_back("encrypted", true);
  } else if (tag == confirmed_service_error) {
    in.skip(1);
    const auto kind = in.u8(), code = in.u8();
    if (in.ok()) op.fields.emplace_back("initiate_error", std::to_string(kind) + '/' + std::to_string(code));
  }
}

}  // namespace

void read_aarq(bytes apdu, operation& op, remarks& notes) {
  reader all{apdu};
  reader in{ber::next(all).content};
  std::uint32_t mechanism = 0;
  bool given = false;
  for (std::size_t n = 0; in.left() && n < most_elements; ++n) {
    const auto e = ber::next(in);
    if (e.kind != ber::tag_class::context || !in.ok()) continue;
    switch (e.number) {
      case 1: op.fields.emplace_back("context", context_name(e.content)); break;
      case 6: read_title(e.content, false, op, notes); break;
      case 11: mechanism = arc_behind(mechanisms, e.content).value_or(99); break;
      case 12: {
        reader value{e.content};
        given = !ber::next(value).content.empty();
        break;
      }
      case 30: read_user_information(e.content, op); break;
      default: break;
    }
  }
  op.fields.emplace_back("mechanism", mechanism_name(mechanism));
  op.fields.emplace_back("authentication_given", given);
  if (!all.ok() || !in.ok()) return notes.breaks("length", "a request for association ends inside an element");
  op.fields.emplace_back("insecure", mechanism <= 1);
  if (mechanism == 0) notes.findings.push_back({true, "insecure_configuration", "access without authentication is asked for", 60});
  if (mechanism == 1 && given) notes.findings.push_back({true, "insecure_configuration", "a password was sent in the clear", 90});
}

state read_aare(bytes apdu, operation& op, remarks& notes) {
  reader all{apdu};
  reader in{ber::next(all).content};
  std::int64_t result = 0, diagnostic = 0;
  bool of_user = true;
  for (std::size_t n = 0; in.left() && n < most_elements; ++n) {
    const auto e = ber::next(in);
    if (e.kind != ber::tag_class::context || !in.ok()) continue;
    reader inside{e.content};
    switch (e.number) {
      case 2: result = ber::to_signed(ber::next(inside).content).value_or(0); break;
      case 3: {
        const auto source = ber::next(inside);
        of_user = source.number == 1;
        reader code{source.content};
        diagnostic = ber::to_signed(ber::next(code).content).value_or(0);
        break;
      }
      case 4: read_title(e.content, true, op, notes); break;
      case 30: read_user_information(e.content, op); break;
      default: break;
    }
  }
  if (!all.ok() || !in.ok()) notes.breaks("length", "an answer to association ends inside an element");
  const auto name = diagnostic_name(of_user, static_cast<std::uint32_t>(diagnostic));
  if (result != 0) {
    refuse(op, static_cast<std::uint32_t>(diagnostic), name);
    return state::refused;
  }
  if (diagnostic != 0) op.fields.emplace_back("diagnostic", name);
  return state::complete;
}

state read_rlre(bytes apdu, operation& op) {
  reader all{apdu};
  reader in{ber::next(all).content};
  const auto reason = ber::next(in);
  if (in.ok() && reason.context(0)) op.fields.emplace_back("reason", ber::to_signed(reason.content).value_or(0));
  return state::complete;
}

}  // namespace mw::dlms
