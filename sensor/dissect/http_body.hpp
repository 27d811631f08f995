// The body of an HTTP message: counted, digested, and its beginning looked at for what it asks.
#pragma once
#include "common/digest.hpp"
#include "common/record.hpp"

#include <string>
#include <string_view>

namespace mw::http {

class body {
public:
  static constexpr std::uint64_t most_digested = 8ull * 1024 * 1024;
  static constexpr std::size_t longest_beginning = 4096;

  void begin(bool look);  ///< `look`: keep the beginning until the body has ended
  void add(bytes data);
  void lose() { lost_ = true; }
  std::uint64_t octets() const { return octets_; }
  bool lost() const { return lost_; }
  std::string digest();  ///< "" where nothing came, something is missing, or it is too much; once
  std::string_view beginning() const { return head_; }

private:
  sha256_sum sum_;
  std::string head_;
  std::uint64_t octets_ = 0;
  bool look_ = false, lost_ = false;
};

/// True where a body of this type may say in words what it asks or what it is.
bool speaks(std::string_view content_type);
/// What a request's body asks for, put into its operation: SOAP method, JSON-RPC or XML-RPC method, uploaded file, login by form.
void read_request(std::string_view content_type, std::string_view beginning, operation& op);
/// The number of a JSON-RPC error; "" where there is none.
std::string rpc_error(std::string_view beginning);
/// The title of a page.
std::string title_in(std::string_view beginning);

}  // namespace mw::http
