// EGD, GE Ethernet Global Data (GFK-2224): controllers produce exchanges of data in a fixed period as datagrams with a head of 32 octets.
// The head is read as published dissectors and controllers agree on it; nobody answers.
#include "common/text.hpp"
#include "sensor/dissect/told.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mw {
namespace {

constexpr std::array<std::uint16_t, 1> ports{18246};
constexpr std::uint8_t data_message = 13, first_version = 1, stated = 70;
constexpr std::size_t most_data = 1400, most_exchanges = 64, most_told = 64;
constexpr std::uint32_t second = 1'000'000'000;

struct status_name {
  std::uint32_t number;
  std::string_view name;
};
constexpr auto statuses = std::to_array<status_name>({
    {0, "no_new_status"},
    {1, "no_error"},
    {2, "data_consumed"},
    {3, "sntp_error"},
    {4, "specification_error"},
    {6, "refresh_error"},
    {7, "refresh_period_exceeded"},
    {10, "ip_not_initialized"},
    {12, "lack_of_resource"},
    {16, "name_resolution"},
    {18, "loss_of_interface"},
    {22, "not_supported"},
    {26, "no_response_from_interface"},
    {28, "exchange_not_created"},
    {30, "exchange_deleted"},
});

struct head {
  std::uint8_t type = 0, version = 0;
  std::uint16_t request = 0;
  ip producer;
  std::uint32_t exchange = 0, seconds = 0, nanoseconds = 0, status = 0, signature = 0, reserved = 0;
};
std::optional<head> read_head(reader& in) {
  head h;
  h.type = in.u8(), h.version = in.u8();
  h.request = in.u16le();
  const auto p = in.take(4);
  h.exchange = in.u32le();
  h.seconds = in.u32le(), h.nanoseconds = in.u32le();
  h.status = in.u32le(), h.signature = in.u32le(), h.reserved = in.u32le();
  if (!in.ok()) return {};
  h.producer = ip::v4(p[0], p[1], p[2], p[3]);
  return h;
}
const status_name* find_status(std::uint32_t number) {
  const auto it = std::ranges::find(statuses, number, &status_name::number);
  return it == statuses.end() ? nullptr : &*it;
}
std::string name_of(const head& h) { return to_string(h.producer) + '/' + std::to_string(h.exchange); }

class egd_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    reader in{m.data};
    const auto h = read_head(in);
    if (!h) {
      out.violate(m.from, "length", "the datagram is shorter than its head");
      return verdict::taken;
    }
    out.count("egd", "type", h->type);
    if (h->type != data_message || h->version != first_version) {
      out.violate(m.from, "type", "a message of a type or version that is not known");
      return verdict::taken;
    }
    const auto data = in.rest();
    check(*h, data.size(), m, out);
    tell(*h, m, out);
    operation op;
    op.time = m.time;
    op.unit = std::to_string(h->exchange);
    op.action = action::report;
    op.function = std::to_string(h->type);
    op.function_name = "produce";
    op.outcome = outcome::none;
    op.objects.push_back({.space = "exchange", .address = name_of(*h), .property = {}, .index = {}});
    if (!data.empty()) op.values.emplace_back(hex(data));
    op.fields.emplace_back("request_id", std::uint64_t{h->request});
    op.fields.emplace_back("config_signature", std::uint64_t{h->signature});
    op.fields.emplace_back("status", std::uint64_t{h->status});
    if (const auto* s = find_status(h->status); s != nullptr) op.fields.emplace_back("status_name", std::string{s->name});
    if (h->seconds != 0) op.fields.emplace_back("timestamp", h->seconds + h->nanoseconds / double{second});
    out.emit(std::move(op), m.from);
    return verdict::taken;
  }

private:
  /// What is known of an exchange. Bounded; the one that was silent longest goes first.
  struct exchange {
    ip producer;
    std::uint32_t number = 0, signature = 0;
    std::size_t size = 0;
    std::uint16_t request = 0;
    timestamp last{};
    side from = side::client;
  };

  void check(const head& h, std::size_t size, const message& m, output& out) {
    const auto unit = std::to_string(h.exchange);
    if (h.nanoseconds >= second) out.violate(m.from, "value", "the nanoseconds of the time stamp are more than a second", unit);
    if (size > most_data) out.violate(m.from, "length", "an exchange carries more than 1400 octets", unit);
    auto at = std::ranges::find_if(seen_, [&](const exchange& e) { return e.producer == h.producer && e.number == h.exchange; });
    if (at == seen_.end()) {
      if (seen_.size() >= most_exchanges) {
        out.count("egd", "forgotten", "exchange");
        seen_.erase(std::ranges::min_element(seen_, {}, &exchange::last));
      }
      seen_.push_back({h.producer, h.exchange, h.signature, size, h.request, m.time, m.from});
      return;
    }
    const auto step = static_cast<std::uint16_t>(h.request - at->request);
    if (at->from != m.from) {
      out.violate(m.from, "producer", "an exchange is produced from both sides", unit);
    } else if (step == 0) {
      out.violate(m.from, "sequence", "a request id comes twice", unit);
    } else if (step != 1) {
      out.violate(m.from, "sequence",
                  step < 0x8000 ? std::to_string(step - 1) + " request ids are missing" : std::string{"the request id goes back"}, unit);
    }
    if (h.signature != at->signature) {
      out.violate(m.from, "config_signature", "the signature of the exchange's configuration changes", unit);
    } else if (size != at->size) {
      out.violate(m.from, "size", "the size of the exchange changes and its signature does not", unit);
    }
    *at = {h.producer, h.exchange, h.signature, size, h.request, m.time, m.from};
  }

  void tell(const head& h, const message& m, output& out) {
    const auto say = [&](std::string_view kind, const std::string& value) {
      if (told_.fresh({}, {}, kind, value, m.time, "egd", out, true)) out.learn(m.from, {}, kind, value, stated);
    };
    say("role", "egd_producer");
    say("egd_exchange", name_of(h));
  }

  std::vector<exchange> seen_;
  told_facts<most_told> told_;
};

match probe(bytes data, transport t) {
  if (t != transport::udp) return match::no;
  reader in{data};
  const auto h = read_head(in);
  if (!h || h->type != data_message || h->version != first_version || h->reserved != 0) return match::no;
  return h->nanoseconds < second && in.left() <= most_data && find_status(h->status) != nullptr ? match::yes : match::no;
}

const protocol egd{{
    .name = "egd",
    .udp_ports = ports,
    .any_udp_port = false,
    .probe = probe,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<egd_session>(); },
}};

}  // namespace
}  // namespace mw
