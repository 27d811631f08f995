// CC-Link IE Control, Field and TSN in Ethernet frames: which of them is spoken, and by which station.
#pragma once
#include "sensor/dissect/told.hpp"

#include <bitset>

namespace mw::cclink {

std::string_view frame_name(std::uint8_t type);  ///< "" where the type is not known

/// Frames of one sender. What they carry is laid out in parameters of the network, so that records are made of what is new.
class ethernet_frames {
public:
  void on_frame(const message& m, output& out);

private:
  std::bitset<256> seen_;
  told_facts<16> told_;
};

}  // namespace mw::cclink
