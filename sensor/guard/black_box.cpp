// What a new worker says of those before it.
#include "sensor/guard/black_box.hpp"

#include "sensor/dissect/protocol.hpp"

#include <string>

namespace mw {

void tell(const black_box& box, status& to) {
  const auto put = [&](const char* name, std::uint64_t n) {
    if (n != 0) to.fields.emplace_back(name, n);
  };
  put("worker_crashes", box.crashes), put("worker_hangs", box.hangs), put("worker_frames_lost", box.frames_lost);
  put("flows_quarantined", box.quarantines), put("batches_not_spooled", box.not_spooled);
  std::string off;
  for (std::size_t i = 0; i < box.off_count; ++i) {
    if (i != 0) off += ' ';
    off += box.off[i]->about.name;
  }
  if (!off.empty()) to.fields.emplace_back("dissectors_off", off);
}

violation told(const black_box::incident& i, timestamp now) {
  violation v;
  v.time = now;
  v.protocol = i.dissector->about.name;
  v.rule = i.hang ? "dissector_hang" : "dissector_crash";
  v.detail = "a message brought the sensor's worker down; its flow is no longer dissected";
  v.client = i.client, v.server = i.server;
  v.transport = i.transport;
  v.vlan = i.vlan;
  return v;
}

}  // namespace mw
