// What the variables of MMS mean to IEC 61850 (8-1) and to TASE.2 (IEC 60870-6-802): control, reports, name plates.
#pragma once
#include "sensor/dissect/mms_services.hpp"

#include <span>

namespace mw::mms {

/// Learns from the names that are addressed which of the two the association is for.
void recognise(std::span<const object> objects, memory& known);

/// A write of a control object: what is commanded by whom; the operation becomes `control`.
void read_control(const object& item, const ber::element& data, operation& op, exchange& x);
/// A read of one (SBO): it selects.
void read_select(const object& item, operation& op);
/// The command was answered: a selection counts, and what it said is kept.
void end_control(operation& op, bool granted, exchange& x);
/// Keeps the parts of a type that holds a name plate, so that it can be read as a whole.
void keep_plate_type(const object& item, const ber::element& type, exchange& x);
/// A name plate that was read becomes facts.
void read_name_plate(const object& item, const ber::element& data, exchange& x);

/// A report of a report control block (8-1, clause 17.2).
void read_iec61850_report(std::span<const ber::element> results, operation& op, exchange& x);
/// A report of a command's end or error (20.8, 20.9), or a TASE.2 transfer.
void read_special_report(std::span<const ber::element> results, operation& op, exchange& x);
/// The transfer set of TASE.2 that a write starts or stops.
void read_transfer_set(const ber::element& data, operation& op, exchange& x);

}  // namespace mw::mms
