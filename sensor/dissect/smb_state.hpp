// What one connection of SMB has open, in whichever version: shares, files and pipes, and who has logged on.
#pragma once
#include "sensor/dissect/msrpc_messages.hpp"
#include "sensor/dissect/smb_names.hpp"

#include <array>
#include <deque>
#include <memory>
#include <string>

namespace mw::smb {

constexpr std::string_view protocol_name = "smb";

struct share {
  std::uint64_t session = 0;
  std::uint32_t id = 0;
  std::string path;    ///< "\\server\name"
  bool pipes = false;  ///< IPC$
};

using file_id = std::array<std::uint8_t, 16>;
struct file {
  file_id id{};
  std::uint64_t made_by = 0;  ///< message that opened it, for what is compounded with that
  std::string path;
  std::string_view space = "file";  ///< "file", "directory", "pipe"
  std::uint64_t read = 0, written = 0;
  bool listed = false, tell = true;
  side asker = side::client;
  std::unique_ptr<msrpc::calls> pipe;

  object as_object() const { return {std::string{space}, path}; }
};

/// Tables of one connection. Of more than is kept the oldest is forgotten, a file with what was read and written told.
class state {
public:
  static constexpr std::size_t most_shares = 64, most_files = 512;

  void add(share s, output& out);
  const share* find_share(std::uint64_t session, std::uint32_t id) const;
  void remove_share(std::uint64_t session, std::uint32_t id);
  /// The name of a file below a share.
  std::string path_of(std::uint64_t session, std::uint32_t share, const std::string& name) const;

  file& add(file f, timestamp now, output& out);
  file* find(const file_id& id);
  file* made_by(std::uint64_t message);
  void remove(const file_id& id, output& out);
  /// What was read and written, once, as an operation of closing; nothing where that is nothing.
  static void tell(file& f, operation op, side asker, output& out);

  void on_gap(side from);
  void on_time(timestamp now, output& out);
  void on_end(timestamp now, output& out);

  bool gaps = false;            ///< bytes were lost, so that what is missing says nothing
  bool from_beginning = false;  ///< the negotiation was seen
  std::string_view family = "smb2";

private:
  std::deque<share> shares_;
  std::deque<file> files_;
};

/// "smb2/5" and its name.
operation made(std::string_view family, unsigned command, std::string name, action means, timestamp time);
/// Outcome, code and name by NTSTATUS.
void judge(operation& op, std::uint32_t status);
/// True for the shares that administer a machine: ADMIN$ and those of drives.
bool is_administrative(std::string_view path);

/// A security buffer: fields of a logon, facts about both ends. What of NTLM it was is returned.
struct logon {
  bool ntlm_begins = false;  ///< a first leg, which is no attempt yet
  bool ntlm_asks = false;    ///< the server's challenge
};
logon read_security(bytes blob, const message& m, operation& op, output& out);

}  // namespace mw::smb
