// What stands in ROC Plus requests and answers. Numbers of more than one octet come low octet first, as controllers send them.
#pragma once
#include "common/reader.hpp"
#include "common/record.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mw::roc_plus {

/// A parameter: point type, logical number, parameter number.
struct tlp {
  std::uint8_t type = 0, logical = 0, parameter = 0;
  bool operator==(const tlp&) const = default;
};

struct remarks {
  std::string_view rule, detail;  ///< the first rule that is broken; "" = none
  std::string model, run_state;   ///< what the system configuration says
  void breaks(std::string_view r, std::string_view d) {
    if (rule.empty()) rule = r, detail = d;
  }
};

/// Which file a descriptor stands for. Bounded; the oldest goes first.
class open_files {
public:
  void opened(std::uint32_t descriptor, std::string path);
  std::string path(std::uint32_t descriptor) const;  ///< "#7" where its opening was not seen
  bool forgot = false;                               ///< one went before its time; for the owner to count and clear

private:
  static constexpr std::size_t most = 16;
  std::vector<std::pair<std::uint32_t, std::string>> open_;
};

/// What an answer needs to know of its request.
struct asked {
  std::uint8_t sub = 0;  ///< the command within opcodes 139, 203, 206
  std::vector<tlp> parameters;
  std::string path;  ///< of the file to be opened
};

/// The command within an opcode that has several; `request` where it is sent to the controller.
std::uint8_t sub_command(std::uint8_t opcode, bytes data, bool request);

void read_request(std::uint8_t opcode, bytes data, operation& op, asked& kept, const open_files& files, remarks& notes);
void read_answer(std::uint8_t opcode, bytes data, operation& op, const asked* kept, open_files& files, remarks& notes);

void name_operation(std::uint8_t opcode, std::uint8_t sub, operation& op);  ///< action, function and its name

}  // namespace mw::roc_plus
