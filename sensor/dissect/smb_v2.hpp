// SMB 2 and 3 ([MS-SMB2]): headers, compounds, and the pairing of requests with answers by message id.
#pragma once
#include "sensor/dissect/pending.hpp"
#include "sensor/dissect/smb_state.hpp"

namespace mw::smb {

class version_2 {
public:
  explicit version_2(state& s) : state_{s} {}

  /// `data` is what is kept of a message of `size` octets. `multi`: the request of SMB 1 that a first answer belongs to.
  void on_message(bytes data, std::size_t size, const message& m, output& out, std::optional<operation>& multi);
  void on_encrypted(bytes data, std::size_t size, const message& m, output& out);
  void on_compressed(bytes data, std::size_t size, const message& m, output& out);
  void on_time(timestamp now, output& out) { waiting_.expire(now, out, std::chrono::minutes{2}); }
  void on_end(output& out) { waiting_.finish(out); }

private:
  static constexpr std::size_t most_waiting = 256, most_quiet = 512;

  struct header {
    std::uint16_t command = 0;
    std::uint32_t status = 0, flags = 0, tree = 0;
    std::uint64_t message = 0, session = 0;
    bytes data;            ///< the whole element, from its header on
    std::size_t size = 0;  ///< as it is said to be
    bool whole() const { return data.size() >= size; }
  };
  struct asked {
    std::uint16_t command = 0;
    std::uint32_t tree = 0;
    std::uint64_t session = 0;
    file_id file{};
    std::uint64_t with = 0;  ///< the file is that of this message, in the same compound
    std::string path;        ///< of an open
    bool directory = false;
    std::uint64_t octets = 0;  ///< written
    bool first_leg = false;    ///< of a logon
  };
  /// A request whose answer is read, but that is nothing to tell by itself.
  struct quiet {
    std::uint64_t message = 0;
    timestamp time{};
    asked what;
  };

  void on_request(const header& h, const message& m, output& out);
  void on_answer(const header& h, const message& m, output& out, std::optional<operation>& multi);
  void ask(const header& h, operation&& op, asked&& a, const message& m, output& out);
  void wait_quietly(const header& h, asked&& a, const message& m, output& out);
  void on_quiet_answer(const header& h, const quiet& q, const message& m, output& out);

  void negotiate(const header& h, const message& m, output& out);
  void negotiated(const header& h, operation& op, const message& m, output& out);
  void set_up(const header& h, const message& m, output& out);
  void connect(const header& h, const message& m, output& out);
  void open(const header& h, const message& m, output& out);
  void opened(const header& h, const asked& a, operation& op, const message& m, output& out);
  void control(const header& h, const message& m, output& out);
  void controlled(const header& h, const asked& a, const message& m, output& out);
  void set_info(const header& h, const message& m, output& out);
  void list(const header& h, const message& m, output& out);
  void write(const header& h, const message& m, output& out);

  /// Which file a request is about: in a compound it may be that of the request before.
  asked about(const header& h, const file_id& id);
  file* file_of(const asked& a);
  file& unseen_pipe(const file_id& id, const message& m, output& out);
  /// What an offset from the header and a length point at; outside of the message it is a violation.
  bytes pointed(const header& h, std::size_t offset, std::size_t size, const message& m, output& out) const;
  static bytes body(const header& h) { return h.data.subspan(64); }

  state& state_;
  pending_requests<std::uint64_t, asked, most_waiting> waiting_;
  std::deque<quiet> quiet_;
  std::uint64_t compound_open_ = 0;  ///< message of this compound that opens a file
  file_id compound_file_{};          ///< named before in this compound
  bool compression_ = false, negotiated_ = false, encrypted_told_ = false;
};

}  // namespace mw::smb
