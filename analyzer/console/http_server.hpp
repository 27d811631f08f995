// A small HTTP/1.1 server (RFC 9110, 9112) on a thread of its own: a fixed table of routes, and limits on everything a client can do.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace mw {

class settings;

struct http_config {
  std::string address = "127.0.0.1";   ///< IPv4 or IPv6 address to listen on; whoever can reach it can read everything
  std::uint16_t port = 9464;           ///< 0 = a free one, which `port()` tells
  std::uint32_t max_connections = 64;  ///< one more is closed at once, and counted
  std::uint32_t max_header = 8192;     ///< octets of request line and header fields together
  std::uint32_t max_body = 65536;      ///< octets of a request's body
  std::chrono::seconds timeout{10};    ///< for a whole request to arrive, and for its answer to be taken
};
void describe(settings& v, http_config& c);

struct http_request {
  std::string method;  ///< "GET" also where the client asked for the head only
  std::string path;    ///< of the target, as it came: nothing is decoded, nothing is looked up in a file system
  std::string query;   ///< after the '?'
  std::string body;
};
struct http_response {
  unsigned status = 200;
  std::string type = "text/plain; charset=utf-8";
  std::shared_ptr<const std::string> body;  ///< none = empty
};

/// Routes first, then `start`. A handler runs on the server's thread and answers at once; what it throws becomes a 500.
/// HEAD follows from GET. An unknown path is a 404, an unknown method of a known path a 405 that names the known ones.
class http_server {
public:
  using handler = std::function<http_response(const http_request&)>;
  explicit http_server(http_config);
  ~http_server();
  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;

  void route(const std::string& method, const std::string& path, handler);
  /// Throws std::runtime_error with the remedy where the address cannot be had.
  void start();
  void stop();  ///< connections are cut; then the thread has ended
  std::uint16_t port() const;

  class inside;

private:
  std::unique_ptr<inside> inside_;
};

}  // namespace mw
