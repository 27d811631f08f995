// Process values as DCOM carries them: wireVARIANT ([MS-OAUT] 2.2.29).
#pragma once
#include "common/record.hpp"
#include "sensor/dissect/msrpc_ndr.hpp"

#include <vector>

namespace mw::msrpc {

/// The variants that an array of pointers stands for, null where absent or of a kind that is not read (arrays, objects).
std::vector<value> read_variants(ndr& in, std::size_t count, std::size_t most);
/// One, where a pointer to it was not null.
value read_variant(ndr& in);

}  // namespace mw::msrpc
