// What a master's datagrams tell of its slaves: how many there are, where, in which state, and who does not answer any more.
#pragma once
#include "sensor/dissect/ethercat_registers.hpp"
#include "sensor/dissect/protocol.hpp"

#include <deque>
#include <optional>
#include <vector>

namespace mw::ethercat {

struct datagram {
  std::uint8_t command = 0, index = 0;
  std::uint16_t position = 0, offset = 0;  ///< ADP and ADO; of logical commands the low and high half of the address
  std::uint16_t count = 0;                 ///< the working counter
  bool circulating = false;
  bytes data;
};

/// What was seen of one datagram that comes again and again. A table of fixed size; a new one takes the place of the one that was
/// quiet longest among those of the same hash.
class watched {
public:
  struct entry {
    std::uint64_t key = 0, value = 0, seen = 0;
    std::uint16_t count = 0, steady = 0, other = 0, other_steady = 0;
    bool used = false, known_value = false;
  };
  entry& of(const datagram& d, output& out);

private:
  static constexpr std::size_t places = 1024, together = 8;
  std::vector<entry> entries_;
  std::uint64_t clock_ = 0;
};

/// The slaves behind one master, as far as processed datagrams say.
class slaves {
public:
  /// Who is addressed: "1001" for a station address, "#3" for a position that has none yet; empty where it is all, or not known.
  std::string unit_of(const datagram& d) const;
  /// The working counter of a processed datagram against what it was.
  void check_count(const datagram& d, watched::entry& e, const message& m, output& out);
  /// State, addresses, identity from registers. `unit` as above.
  void learn_from(const datagram& d, const std::string& unit, const message& m, output& out);
  /// True where this memory of the slave is a mailbox; nothing where its sync managers were not seen.
  std::optional<bool> is_mailbox(const std::string& unit, std::uint16_t offset) const;
  void on_gap();

private:
  static constexpr std::size_t most_slaves = 512;
  struct slave {
    std::string unit;
    std::optional<std::uint16_t> position;
    std::optional<std::uint32_t> eeprom_address;
    std::optional<std::uint16_t> state;
    std::vector<std::uint16_t> mailboxes;  ///< at most 16, as many as there are sync managers
    bool managed = false;
    bool eeprom_busy = true;  ///< what its data registers hold is not what was asked for
  };
  slave& of(const std::string& unit, output& out);
  void on_write(const datagram& d, slave& s, const message& m, output& out);
  void on_read(const datagram& d, slave& s, const message& m, output& out);
  static void tell_eeprom(const slave& s, bytes data, const message& m, output& out);

  std::deque<slave> slaves_;  ///< oldest first, which is the one that is forgotten
  std::optional<std::uint16_t> count_;
};

}  // namespace mw::ethercat
