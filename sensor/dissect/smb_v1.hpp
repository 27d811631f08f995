// SMB 1 ([MS-CIFS], [MS-SMB]): headers, chains of commands, and the pairing of requests with answers by process and multiplex id.
#pragma once
#include "sensor/dissect/pending.hpp"
#include "sensor/dissect/smb_state.hpp"
#include "sensor/dissect/smb_v1_message.hpp"

namespace mw::smb {

class version_1 {
public:
  explicit version_1(state& s) : state_{s} {}

  void on_message(bytes data, std::size_t size, const message& m, output& out);
  /// A negotiation that an answer of SMB 2 may belong to.
  std::optional<operation> take_negotiation();
  void on_time(timestamp now, output& out) { waiting_.expire(now, out, std::chrono::minutes{2}); }
  void on_end(output& out) { waiting_.finish(out); }

private:
  static constexpr std::size_t most_waiting = 128, most_quiet = 256, most_transactions = 32;

  using header = header_1;
  using block = block_1;
  struct asked {
    std::uint8_t command = 0;
    std::uint16_t tree = 0, user = 0, file = 0;
    std::string path;
    bool directory = false, first_leg = false;
    std::uint64_t octets = 0;
    std::vector<std::string> dialects;
    timestamp time{};
  };
  /// A transaction that goes on in further messages ([MS-CIFS] 3.2.4.1.5).
  struct transaction {
    std::uint64_t exchange = 0;
    std::uint8_t command = 0;
    std::uint32_t parameters = 0, data = 0, sent = 0;
    bool mismatch_told = false;
  };
  struct parts {
    bytes parameters, data;
    std::uint32_t total_parameters = 0, total_data = 0, parameter_size = 0, data_size = 0, data_at = 0;
    std::uint16_t function = 0;
    bytes setup;
    bool valid = false;
  };

  void on_request(const header& h, const block& b, const message& m, output& out);
  void on_answer(const header& h, const block& b, bool first, const message& m, output& out);
  void ask(const header& h, const block& b, operation&& op, asked&& a, const message& m, output& out);
  void on_unpaired(const header& h, const block& b, const message& m, output& out);
  bool goes_on(const header& h, const block& b, const message& m, output& out);
  void quietly(const header& h, const block& b, asked&& a, const message& m, output& out);
  void on_quiet(const header& h, const block& b, const asked& a, const message& m, output& out);

  void negotiate(const header& h, const block& b, const message& m, output& out);
  void negotiated(const header& h, const block& b, const asked& a, operation& op, const message& m, output& out);
  void set_up(const header& h, const block& b, const message& m, output& out);
  void was_set_up(const header& h, const block& b, operation& op, const message& m, output& out);
  void connect(const header& h, const block& b, const message& m, output& out);
  void open(const header& h, const block& b, const message& m, output& out);
  void opened(const header& h, const block& b, const asked& a, operation& op, const message& m, output& out);
  void on_path(const header& h, const block& b, action means, const message& m, output& out);
  void on_file(const header& h, const block& b, std::size_t at, std::uint64_t octets, const message& m, output& out);
  void write(const header& h, const block& b, const message& m, output& out);

  void transact(const header& h, const block& b, const message& m, output& out);
  void secondary(const header& h, const block& b, const message& m, output& out);
  void on_pipe(const header& h, const block& b, const parts& p, const message& m, output& out);
  void on_transaction2(const header& h, const block& b, const parts& p, const message& m, output& out);
  void on_nt_transact(const header& h, const block& b, const parts& p, const message& m, output& out);
  parts parts_of(const header& h, const block& b, bool answer, const message& m, output& out) const;
  bytes pointed(const header& h, std::size_t offset, std::size_t size, const message& m, output& out) const;

  static file_id id_of(std::uint16_t number);
  file* file_of(std::uint16_t number) { return state_.find(id_of(number)); }
  /// The next text of a command, in the message's character set.
  static std::string text(const header& h, reader& in, bool aligned = true);
  void feed(file& f, bytes data, std::size_t size, const message& m, output& out);
  void judge_answer(const header& h, operation& op) const;

  struct quiet_request {
    std::uint64_t key = 0;
    asked what;
  };
  state& state_;
  pending_requests<std::uint64_t, asked, most_waiting> waiting_;
  std::deque<quiet_request> quiet_;
  std::deque<transaction> transactions_;
  std::optional<std::uint64_t> negotiation_;
  bool clear_passwords_ = false, multiplex_told_ = false;
};

}  // namespace mw::smb
