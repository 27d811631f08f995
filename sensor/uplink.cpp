// Records become encoded batches in a mailbox.
#include "cli/uplink.hpp"

#include <algorithm>

namespace mw {

uplink::uplink(const sensor_config& c, std::uint64_t first_sequence, mailbox<parcel>& to, bool patient, std::stop_token stop)
    : to_{to}, most_{c.batch_records}, age_{c.batch_age}, patient_{patient}, stop_{std::move(stop)} {
  batch_.sensor = c.id;
  batch_.sequence = first_sequence - 1;
}

void uplink::on_record(record&& r) {
  ++stage_.in, ++stage_.held;
  if (auto* s = std::get_if<status>(&r)) {
    s->ledger.push_back(stage_);
    s->fields.emplace_back("clock_offset", 0.0);  // one box has one clock
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
  const bool taken = patient_ ? to_.send_when_room({encode(batch_)}, stop_) : to_.send({encode(batch_)});
  stage_.held -= n;
  if (taken) {
    stage_.out += n;
  } else if (stage_.dropped.empty()) {
    stage_.dropped.emplace_back("mailbox_full", n);
  } else {
    stage_.dropped.front().second += n;
  }
  batch_.records.clear();
}

}  // namespace mw
