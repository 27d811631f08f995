// Where frames come from: files, standard input or a network card, all behind one small interface.
#pragma once
#include "common/net.hpp"
#include "common/reader.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace mw {

/// One captured frame. `data` stays valid until the next call of next().
struct frame {
  timestamp time{};
  bytes data;                   ///< what was captured
  std::uint32_t wire_size = 0;  ///< octets on the wire; larger than data.size() where the capture cut the frame
  int link_type = 0;            ///< DLT_* of libpcap
};

enum class next_frame : unsigned char { got, none_yet, end };

struct source_counts {
  std::uint64_t received = 0;  ///< frames handed out
  std::uint64_t kernel_dropped = 0, interface_dropped = 0;
  std::uint64_t broken_files = 0;  ///< inputs that ended inside a record
};

/// Passive by construction: there is no way to send in this interface.
class source {
public:
  virtual ~source() = default;
  virtual next_frame next(frame& out) = 0;
  virtual source_counts counts() = 0;
  virtual std::string name() const = 0;
  virtual std::vector<std::string> warnings() const { return {}; }
  /// Of the network card, for a sandbox that must know what may not be written to; -1 where there is none.
  virtual int descriptor() const { return -1; }
};

/// Reads pcap and pcapng files in the order given; "-" is standard input. Throws std::runtime_error with the file and the
/// remedy where the first bytes of an input are no capture.
std::unique_ptr<source> open_files(std::vector<std::string> paths);
/// Opens a network card for reading. `snaplen` octets of each frame are kept, `buffer` bytes of kernel ring are asked for.
std::unique_ptr<source> open_interface(const std::string& name, int snaplen, int buffer);

}  // namespace mw
