// pcapng files by our own reader: libpcap refuses files whose interfaces differ in link type or snapshot length.
#pragma once
#include "sensor/capture/source.hpp"

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace mw {

/// Reads one pcapng file (IETF draft-ietf-opsawg-pcapng): section, interface, enhanced, simple and obsolete packet blocks, either
/// byte order, several sections and interfaces. Other blocks are skipped. Blocks are bounded by `largest_block`.
class pcapng_file {
public:
  static constexpr std::size_t largest_block = 16 * 1024 * 1024, most_interfaces = 4096;
  /// True where the file begins with a section header block; the position is left at its start.
  static bool recognises(std::FILE* f);
  explicit pcapng_file(std::FILE* f) : file_{f} {}

  enum class got : unsigned char { frame, end, broken };
  /// `broken`: why() says what is wrong; nothing can be read behind it.
  got next(frame& out);
  const std::string& why() const { return why_; }

private:
  struct interface {
    int link_type = 0;
    std::uint32_t snaplen = 0;
    std::uint64_t per_second = 1'000'000;  ///< units of a timestamp (if_tsresol)
    std::int64_t offset = 0;               ///< seconds to add (if_tsoffset)
  };
  std::uint32_t u32(std::size_t at) const;
  std::uint16_t u16(std::size_t at) const;
  bool section();
  void describe_interface();
  bool packet(std::uint32_t type, frame& out);
  got damage(std::string what);

  std::FILE* file_;
  bool big_ = false;
  std::vector<std::uint8_t> block_;  ///< body of the current block, without both lengths and the type
  std::vector<interface> interfaces_;
  std::string why_;
};

}  // namespace mw
