// Between records and the columns of wire.proto.
#pragma once
#include "common/wire.hpp"
#include "common/wire.pb.h"

namespace mw {

void to_columns(const batch& b, wire::Batch& out);
/// Checks everything: `from` may hold whatever a hostile sender put there. It is not const only because protobuf hands out
/// its columns by one name for both directions that way; it is not changed.
result<batch> from_columns(wire::Batch& from, const wire_limits& limits);

}  // namespace mw
