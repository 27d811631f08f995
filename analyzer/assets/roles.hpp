// What a machine is for, inferred from what it serves and asks; with the reasons.
#pragma once
#include "analyzer/assets/asset.hpp"

#include <string_view>

namespace mw {

/// True for the protocols that controllers and their masters speak.
bool is_industrial(std::string_view protocol);
/// True for the protocols of any network (names, web, time): functions, objects and refusals of theirs are not learned, only who talks to
/// whom.
bool is_everyday(std::string_view protocol);
/// True for the protocols in which computers are administered and files move (remote login, shares, transfer): their commands are learned,
/// the names of their files are not, and they are an order to a plant only where the server belongs to it.
bool is_office(std::string_view protocol);
/// True where serving this protocol makes a machine a database or historian.
bool is_database(std::string_view protocol);

/// Sets role, confidence, level and reasons from services and facts; `masters_of` is how many servers it asks in
/// industrial protocols. An approved role stays.
void infer_role(asset&, std::size_t masters_of);
/// The Purdue level (ISA-95) at which a machine of this role usually stands; -1 where the role does not say.
double usual_level(asset_role);

}  // namespace mw
