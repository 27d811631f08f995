// Records become encoded batches.
#include "sensor/uplink.hpp"

#include <algorithm>

namespace mw {

uplink::uplink(const sensor_config& c, std::uint64_t first_sequence, carrier to, const char* loss, bool one_clock)
    : to_{std::move(to)},
      most_{c.batch_records},
      age_{c.batch_age},
      one_clock_{one_clock},
      stage_{.stage = "uplink_records", .dropped = {{loss, 0}}} {
  batch_.sensor = c.id;
  batch_.sequence = first_sequence - 1;
}

void uplink::on_record(record&& r) {
  ++stage_.in, ++stage_.held;
  if (auto* s = std::get_if<status>(&r)) {
    s->ledger.push_back(stage_);
    if (one_clock_) s->fields.emplace_back("clock_offset", 0.0);
  }
  if (batch_.records.empty()) oldest_ = time_of(r);
  batch_.created = std::max(batch_.created, time_of(r));
  batch_.records.push_back(std::move(r));
  if (batch_.records.size() >= most_) send();
}

void uplink::on_time(timestamp now) {
  if (!batch_.records.empty() && now - oldest_ >= age_) send();
}

void uplink::send() {
  if (batch_.records.empty()) return;
  ++batch_.sequence;
  const auto n = batch_.records.size();
  stage_.held -= n;
  if (to_(encode(batch_), batch_.sequence, batch_.created))
    stage_.out += n;
  else
    stage_.dropped.front().second += n, --batch_.sequence;  // nobody has seen the number
  batch_.records.clear();
}

}  // namespace mw
