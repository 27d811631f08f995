// Calls of DCE/RPC on one association (C706 chapter 12, [MS-RPCE]): over TCP one conversation, over SMB one open named pipe.
#pragma once
#include "sensor/dissect/msrpc_memory.hpp"
#include "sensor/dissect/pending.hpp"

#include <array>
#include <string>
#include <vector>

namespace mw::msrpc {

constexpr std::string_view protocol_name = "msrpc";

/// True where a fragment of DCE/RPC may begin.
bool begins(bytes data);

class calls {
public:
  /// `pipe`: name of the named pipe it runs over, which tells the interface where the bind was not seen.
  explicit calls(std::string_view pipe = {}) : assumed_{pipe.empty() ? nullptr : behind_pipe(pipe)} {}

  /// `m.data` is one whole fragment; of `m` also side, time and endpoints are used.
  void on_fragment(const message& m, output& out);
  /// `m.data` are some octets of one direction of a pipe, cut anywhere.
  void on_octets(const message& m, output& out);
  void on_gap(side from);
  void on_time(timestamp now, output& out) { waiting_.expire(now, out, std::chrono::minutes{2}); }
  void on_end(output& out) { waiting_.finish(out); }

private:
  static constexpr std::size_t most_contexts = 64, most_waiting = 128, longest_fragment = 64 * 1024;

  struct trailer {
    std::uint8_t kind = 0, level = 0, padding = 0;
    bytes token;
  };
  struct context {
    std::uint16_t id = 0;
    const interface* of = nullptr;
    std::string name;   ///< of the interface, or its identifier
    bool wide = false;  ///< 64-bit NDR
    bool agreed = false;
  };

  void on_bind(const dce_rpc::header& h, const trailer& t, const message& m, output& out);
  void on_bind_answer(const dce_rpc::header& h, const trailer& t, const message& m, output& out);
  void on_bind_refused(const dce_rpc::header& h, const message& m, output& out);
  void on_authentication(const dce_rpc::header& h, const trailer& t, const message& m, output& out);
  void on_request(dce_rpc::header h, const trailer& t, const message& m, output& out);
  void on_response(dce_rpc::header h, const trailer& t, const message& m, output& out);
  void on_fault(const dce_rpc::header& h, const message& m, output& out);
  void read_token(const trailer& t, const message& m, operation& op, output& out);
  static std::vector<context> contexts_of(const dce_rpc::header& h, std::vector<std::uint32_t>& versions);
  void remember(const context& c, output& out);
  void on_response_stub(const asked& state, bytes stub, bool little, operation& op, const message& m, output& out);
  const context* find_context(std::uint16_t id) const;
  operation made(std::uint16_t operation, const context* c, const message& m) const;
  static trailer trailer_of(bytes fragment);
  static std::uint64_t key(dce_rpc::kind k, std::uint32_t call) {
    return k == dce_rpc::kind::bind || k == dce_rpc::kind::alter_context ? 1ull << 32 | call : call;
  }

  const interface* assumed_;
  std::vector<context> contexts_, offered_;
  pending_requests<std::uint64_t, asked, most_waiting> waiting_;
  std::array<dce_rpc::fragments, 2> parts_;
  std::array<std::vector<std::uint8_t>, 2> held_;  ///< of a pipe: the beginning of a fragment
  bool spoken_ = false;                            ///< of a pipe: it was DCE/RPC once
  memory known_;
};

}  // namespace mw::msrpc
