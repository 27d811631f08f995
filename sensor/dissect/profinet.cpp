// PROFINET below IP (IEC 61158-6-10): frames of EtherType 0x8892 by their frame id: DCP, cyclic data, alarms, time synchronisation.
#include "sensor/dissect/profinet_alarm.hpp"
#include "sensor/dissect/profinet_dcp.hpp"
#include "sensor/dissect/profinet_rt.hpp"

#include <array>

namespace mw {
namespace {

using namespace profinet;

constexpr std::array<std::uint16_t, 1> ethertypes{0x8892};
constexpr std::uint16_t alarm_high = 0xfc01;

class profinet_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    reader in{m.data};
    const auto id = in.u16();
    if (!in.ok()) {
      out.violate(m.from, "length", "the frame ends inside its frame id");
      return verdict::taken;
    }
    out.count("profinet_rt", "frame_id", id);
    switch (class_of(id)) {
      case frame_class::dcp: dcp_.on_frame(id, in, m, out); break;
      case frame_class::alarm:
        if (alarms_.on_frame(id == alarm_high, in, m, out)) cyclic_.on_abort();
        break;
      case frame_class::isochronous:
      case frame_class::cyclic:
      case frame_class::cyclic_group:
      case frame_class::cyclic_udp: cyclic_.on_frame(id, in.rest(), m, out); break;
      case frame_class::reserved: out.violate(m.from, "frame_id", "the frame id is not assigned"); break;
      case frame_class::time_sync:
      case frame_class::remote_service:
      case frame_class::fragment: break;  // counted
    }
    return verdict::taken;
  }
  void on_gap(side from) override { cyclic_.on_gap(from), dcp_.on_gap(); }
  void on_time(timestamp now, output& out) override { dcp_.on_time(now, out), cyclic_.on_time(now, out), alarms_.on_time(now, out); }
  void on_end(timestamp now, output& out) override { dcp_.on_end(out), cyclic_.on_end(now, out), alarms_.on_end(out); }

private:
  dcp dcp_;
  cyclic cyclic_;
  alarms alarms_;
};

match probe(bytes head, transport) {
  reader in{head};
  const auto id = in.u16();
  if (!in.ok()) return match::unsure;
  return class_of(id) == frame_class::reserved ? match::no : match::yes;
}

const protocol profinet_protocol{{
    .name = "profinet",
    .ethertypes = ethertypes,
    .probe = probe,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<profinet_session>(); },
}};

}  // namespace
}  // namespace mw
