// What a worker is doing, in memory that it shares with its supervisor: read when the worker died, or when nothing moves any more.
#pragma once
#include "common/record.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <new>
#include <type_traits>

namespace mw {

struct protocol;

/// Made before the worker is forked, so addresses of registered protocols mean the same on both sides. Each member has one writer.
struct black_box {
  static constexpr std::size_t most_quarantined = 256, most_off = 32;

  // ---- the worker's
  std::atomic<std::uint64_t> beats{0};     ///< rises with every frame and with every look for one
  std::atomic<std::uint64_t> frames{0};    ///< taken by this worker
  std::atomic<const protocol*> working{};  ///< whose session has a message in its hands; nullptr between messages
  std::atomic<std::uint64_t> flow{0};      ///< of that message: hash of the flow's key
  endpoint client, server;                 ///< of that flow, like the next two; valid while `working` is set
  mw::transport transport = mw::transport::tcp;
  std::uint16_t vlan = 0;

  // ---- the supervisor's
  struct incident {
    const protocol* dissector = nullptr;
    bool hang = false;
    endpoint client, server;
    mw::transport transport = mw::transport::tcp;
    std::uint16_t vlan = 0;
  };
  std::uint64_t crashes = 0, hangs = 0;                       ///< of all workers of this run
  std::uint64_t frames_lost = 0;                              ///< frames whose flows and unsent records died with a worker
  std::atomic<std::uint64_t> not_spooled{0};                  ///< batches that the disk refused
  incident last;                                              ///< why the worker before this one ended
  std::array<std::uint64_t, most_quarantined> quarantined{};  ///< flows that are counted and no longer dissected; the oldest is forgotten
  std::uint64_t quarantines = 0;                              ///< how many flows were ever put there
  std::array<const protocol*, most_off> off{};                ///< dissectors that crashed too often
  std::size_t off_count = 0;

  bool is_quarantined(std::uint64_t key) const {
    for (std::size_t i = 0; i < most_quarantined && i < quarantines; ++i)
      if (quarantined[i] == key) return true;
    return false;
  }
  bool is_off(const protocol& p) const {
    for (std::size_t i = 0; i < off_count; ++i)
      if (off[i] == &p) return true;
    return false;
  }
};
static_assert(std::is_trivially_destructible_v<black_box>);

/// Adds what the supervisor knows to a heartbeat, as numbers and names; nothing where no worker ever died.
void tell(const black_box& box, status& to);
/// Why the worker before this one died: somebody found a message that does it. `i.dissector` is set.
violation told(const black_box::incident& i, timestamp now);

}  // namespace mw
