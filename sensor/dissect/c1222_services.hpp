// The services of ANSI C12.22 and the tables of ANSI C12.19 that they read and write.
#pragma once
#include "common/reader.hpp"
#include "common/record.hpp"

#include <string_view>
#include <vector>

namespace mw::c1222 {

constexpr std::uint8_t last_response = 0x1f;

/// What the answer to a service is read by.
struct asked {
  std::uint8_t code = 0;
  std::uint16_t table = 0;
  bool table_known = false, whole_table = false;
};
struct finding {
  std::string_view kind;
  std::string value;
};
struct remark {
  std::string_view rule, detail;
};

/// Negotiation says in its code how many rates it offers; it counts as one service.
std::uint8_t basic(std::uint8_t code);
std::string_view name_of_response(std::uint8_t code);

/// Reads a request, its code first. Passwords and keys are left out.
void read_request(bytes service, operation& op, asked& kept, std::vector<remark>& remarks);
/// Reads what stands behind the code of an answer that went well.
void read_answer(bytes data, const asked& kept, operation& op, std::vector<finding>& findings, std::vector<remark>& remarks);

}  // namespace mw::c1222
