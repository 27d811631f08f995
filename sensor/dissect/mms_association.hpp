// How an association in MMS begins: who calls whom, and what the two agree on.
#pragma once
#include "sensor/dissect/mms_layers.hpp"
#include "sensor/dissect/mms_services.hpp"

namespace mw::mms {

/// The association that ACSE asks for or grants.
void put_association(const acse& a, operation& op);
/// An initiate PDU: what is proposed (the names then end in "_asked") or negotiated.
void put_initiate(bytes content, bool request, operation& op, reader& in);

}  // namespace mw::mms
