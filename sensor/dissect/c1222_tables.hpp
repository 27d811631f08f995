// Tables and procedures of ANSI C12.19: what they are called, which hold secrets, which say what a meter is.
#pragma once
#include "sensor/dissect/c1222_services.hpp"

#include <string>

namespace mw::c1222 {

/// "ST-1": standard table 1; "MT-" a manufacturer's; with "P" before it where a change waits for its time.
std::string table_name(std::uint16_t table);
/// Tables of passwords and keys, and of what may carry one.
bool is_secret(std::uint16_t table);
/// The table that starts a procedure.
bool is_procedure(std::uint16_t table);
/// What is written there: which procedure, and what it does to the meter.
void read_procedure(bytes data, operation& op);
/// Vendor, model, versions and serial number where this table says them.
void read_identity(std::uint16_t table, bytes data, std::vector<finding>& findings);

}  // namespace mw::c1222
