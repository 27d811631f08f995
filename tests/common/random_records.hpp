// Records full of everything that their fields can hold, from a seed.
#pragma once
#include "common/wire.hpp"

#include <bit>
#include <random>

namespace mw {

/// Seldom sensible, always legal. Not-a-number is left out: it does not equal itself.
class random_records {
public:
  explicit random_records(unsigned seed) : random_{seed} {}

  record any() {
    switch (below(5)) {
      case 0: return a_flow();
      case 1: return a_fact();
      case 2: return a_violation();
      case 3: return a_status();
      default: return an_operation();
    }
  }
  batch a_batch(std::size_t records) {
    batch b{text(), number(), time(), {}};
    for (std::size_t i = 0; i < records; ++i) b.records.push_back(any());
    return b;
  }
  operation an_operation() {
    operation o{time(),
                text(),
                end(),
                end(),
                one_of<transport>(5),
                text(),
                one_of<action>(action_count),
                text(),
                text(),
                objects(),
                objects(),
                values(),
                one_of<outcome>(6),
                {},
                {},
                text(),
                small<std::uint16_t>(),
                packets(),
                fields(),
                {}};
    if (coin()) o.code = text();
    if (coin()) o.latency = nanoseconds{signed_number()};
    if (coin()) o.repeat = a_repeat();
    return o;
  }
  flow_record a_flow() {
    flow_record f{time(),
                  time(),
                  end(),
                  end(),
                  one_of<transport>(5),
                  small<std::uint16_t>(),
                  small<std::uint8_t>(),
                  small<std::uint16_t>(),
                  text(),
                  text(),
                  one_of<certainty>(4),
                  number(),
                  number(),
                  number(),
                  number(),
                  number(),
                  number(),
                  text(),
                  number(),
                  number(),
                  number(),
                  number(),
                  number(),
                  {},
                  coin(),
                  text(),
                  packets(),
                  list<std::string>([&] { return text(); }),
                  fields()};
    if (coin()) f.round_trip = nanoseconds{signed_number()};
    return f;
  }
  fact a_fact() {
    const auto e = end();
    return {time(), e.address, e.hardware, text(), text(), text(), text(), small<std::uint8_t>(), small<std::uint16_t>(), packets()};
  }
  violation a_violation() {
    return {time(),   text(), text(), text(), end(), end(), one_of<transport>(5), coin(), text(), text(), number(), small<std::uint16_t>(),
            packets()};
  }
  status a_status() {
    const auto stage = [&] {
      using drop = std::pair<std::string, std::uint64_t>;
      return ledger_stage{text(), number(), number(), number(), list<drop>([&] { return drop{text(), number()}; })};
    };
    return {time(), text(), text(), number(), number(), number(), list<ledger_stage>(stage), fields()};
  }
  repeat a_repeat() {
    using transition = std::pair<std::string, std::uint32_t>;
    const auto count = [&] { return small<std::uint32_t>(); };
    const auto point = [&] { return repeat::point{a_value(), a_value(), real(), real(), real(), real(), number()}; };
    return {number(),
            time(),
            number(),
            list<std::uint32_t>(count),
            list<std::uint32_t>(count),
            list<transition>([&] { return transition{text(), count()}; }),
            list<repeat::point>(point)};
  }

private:
  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  bool coin() { return below(2) == 0; }
  std::uint64_t number() { return random_() >> below(64); }
  std::int64_t signed_number() { return static_cast<std::int64_t>(random_()) >> below(63); }
  template <class T>
  T small() {
    return static_cast<T>(coin() ? 0 : number());
  }
  template <class T>
  T one_of(std::size_t n) {
    return static_cast<T>(below(n));
  }
  double real() {
    for (;;)
      if (const auto d = coin() ? 0.0 : std::bit_cast<double>(random_()); d == d) return coin() ? d : -d;
  }
  timestamp time() { return timestamp{nanoseconds{signed_number()}}; }
  std::string text() {
    std::string s(coin() ? below(4) : 0, ' ');
    if (below(20) == 0) s.resize(below(300));
    for (auto& c : s) c = static_cast<char>(random_());
    return s;
  }
  endpoint end() {
    if (below(8) == 0) return {};
    endpoint e;
    std::array<std::uint8_t, 16> address{};
    for (auto& b : address) b = static_cast<std::uint8_t>(random_());
    if (coin()) e.address = coin() ? ip::v6(address) : ip::v4(10, 0, 0, address[0]);
    if (coin()) e.port.number = small<std::uint16_t>();
    if (coin()) std::copy_n(address.begin(), 6, e.hardware.octets.begin());
    return e;
  }
  packet_ref packets() { return {number(), number()}; }
  value a_value() {
    switch (below(6)) {
      case 0: return std::monostate{};
      case 1: return coin();
      case 2: return signed_number();
      case 3: return number();
      case 4: return real();
      default: return text();
    }
  }
  template <class T, class Make>
  std::vector<T> list(Make make) {
    std::vector<T> out;
    for (auto n = coin() ? 0 : below(5); n > 0; --n) out.push_back(make());
    return out;
  }
  std::vector<value> values() {
    return list<value>([&] { return a_value(); });
  }
  std::vector<field> fields() {
    return list<field>([&] { return field{text(), a_value()}; });
  }
  std::vector<object> objects() {
    return list<object>([&] {
      object o{text(), text(), small<std::uint32_t>(), {}, {}};
      if (coin()) o.property = small<std::uint32_t>();
      if (coin()) o.index = small<std::uint32_t>();
      return o;
    });
  }

  std::mt19937_64 random_;
};

}  // namespace mw
