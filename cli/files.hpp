// Whole files as text.
#pragma once
#include <string>

namespace mw {

/// The text of a file; throws std::runtime_error with the remedy where it cannot be read.
std::string text_of(const std::string& path);
/// Writes a file whole or not at all (a new one beside it, flushed, then renamed); throws std::runtime_error.
void write_whole(const std::string& path, const std::string& text);

}  // namespace mw
