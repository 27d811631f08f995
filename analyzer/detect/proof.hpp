// Evidence and texts from records: what was said, between whom, in both languages.
#pragma once
#include "analyzer/detect/detector.hpp"

#include <string>

namespace mw {

/// A finding about an operation, with the evidence filled in; the client is the actor, the server the victim.
/// `expected` and `observed` may be empty: then the rule's title stands for what was observed.
finding about(const meta&, const operation&, const context&, words expected = {}, words observed = {});
finding about(const meta&, const flow_record&, const context&, words expected, words observed);
finding about(const meta&, const violation&, const context&, words expected, words observed);
finding about(const meta&, const fact&, const context&, words expected, words observed);

/// "modbus write_single_register (6) of unit 1, holding 100 = 5"
words describe(const operation&);
/// "10.0.0.5 -> 10.0.0.9:502"
std::string pair_of(const endpoint& client, const endpoint& server);

}  // namespace mw
