// The server, on Boost.Beast; one coroutine for each connection, all on one thread.
#include "analyzer/console/http_server.hpp"

#include "common/metrics.hpp"
#include "common/settings.hpp"

#include <utility>  // before Asio 1.74, which forgets it

// g++ 12 takes the recycled coroutine frames of Asio 1.74 for a mismatch; they go back to the heap as they came.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

#include <optional>
#include <stdexcept>
#include <thread>

namespace mw {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;
using boost::system::error_code;

namespace {

counter requests{"millwatch_http_requests_total", "Requests that the HTTP server answered."};
counter refused{"millwatch_http_refused_total", "Connections closed at once because the limit of connections was reached."};
counter broken{"millwatch_http_broken_total", "Requests that were malformed, too large, or too slow."};

using answer = http::response<http::string_body>;

answer make(unsigned status, std::string_view type, std::string body, unsigned version, bool keep) {
  answer a{static_cast<http::status>(status), version, std::move(body)};
  a.set(http::field::content_type, boost::string_view{type.data(), type.size()});
  a.set(http::field::cache_control, "no-store");
  a.set("X-Content-Type-Options", "nosniff");
  a.keep_alive(keep);
  a.prepare_payload();
  return a;
}

/// What a broken request is told before the connection ends; 0 where nobody listens any more.
unsigned complaint(error_code e) {
  if (e == http::error::header_limit || e == http::error::buffer_overflow) return 431;
  if (e == http::error::body_limit) return 413;
  if (e == http::error::end_of_stream || e == http::error::partial_message || e == beast::error::timeout) return 0;
  return e.category() == make_error_code(http::error::bad_method).category() ? 400 : 0;
}

}  // namespace

class http_server::inside {
public:
  explicit inside(http_config c) : config{std::move(c)} {}

  answer respond(const http::request<http::string_body>& q) const {
    const bool keep = q.keep_alive();
    const auto target = std::string{q.target()};
    http_request r{std::string{q.method_string()}, target.substr(0, target.find('?')), "", q.body()};
    if (const auto mark = target.find('?'); mark != std::string::npos) r.query = target.substr(mark + 1);
    const auto found = routes.find(r.path);
    if (found == routes.end()) return make(404, "text/plain", "There is no such page; / lists what there is.\n", q.version(), keep);
    if (r.method == "HEAD") r.method = "GET";
    const auto by_method = found->second.find(r.method);
    if (by_method == found->second.end()) {
      auto a = make(405, "text/plain", "That method is not allowed here.\n", q.version(), keep);
      std::string allowed;
      for (const auto& [method, _] : found->second) allowed += (allowed.empty() ? "" : ", ") + method + (method == "GET" ? ", HEAD" : "");
      a.set(http::field::allow, allowed);
      return a;
    }
    try {
      const auto out = by_method->second(r);
      return make(out.status, out.type, out.body ? *out.body : std::string{}, q.version(), keep);
    } catch (const std::exception&) {
      return make(500, "text/plain", "The page could not be made.\n", q.version(), false);
    }
  }

  struct place {  // in the table of connections
    explicit place(std::uint32_t& n) : n{n} { ++n; }
    place(const place&) = delete;
    place& operator=(const place&) = delete;
    ~place() { --n; }
    std::uint32_t& n;
  };

  static asio::awaitable<void> serve(inside& self, beast::tcp_stream stream) {
    const place here{self.connections};
    beast::flat_buffer buffer{std::size_t{self.config.max_header} + self.config.max_body};
    for (bool keep = true; keep;) {
      http::request_parser<http::string_body> parser;
      parser.header_limit(self.config.max_header);
      parser.body_limit(self.config.max_body);
      stream.expires_after(self.config.timeout);  // for the request as a whole: a client that drips does not gain time
      error_code e;
      co_await http::async_read(stream, buffer, parser, asio::redirect_error(asio::use_awaitable, e));
      if (e == http::error::end_of_stream && buffer.size() == 0) break;
      std::optional<answer> a;
      if (!e) {
        ++requests;
        a = self.respond(parser.get());
        if (parser.get().method() == http::verb::head) a->body().clear();  // Content-Length stays
      } else {
        ++broken;
        const auto status = complaint(e);
        if (status == 0) break;
        a = make(status, "text/plain", "The request cannot be read.\n", 11, false);
      }
      stream.expires_after(self.config.timeout);
      http::response_serializer<http::string_body> out{*a};
      if (!e && parser.get().method() == http::verb::head)
        co_await http::async_write_header(stream, out, asio::redirect_error(asio::use_awaitable, e));
      else
        co_await http::async_write(stream, out, asio::redirect_error(asio::use_awaitable, e));
      keep = !e && a->keep_alive();
    }
    error_code ignored;
    stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
  }

  static asio::awaitable<void> listen(inside& self) {
    for (;;) {
      error_code e;
      auto socket = co_await self.acceptor->async_accept(asio::redirect_error(asio::use_awaitable, e));
      if (e == asio::error::operation_aborted) co_return;
      if (e) {  // no file descriptors left, for one: to try at once would burn the processor
        asio::steady_timer pause{self.io, std::chrono::milliseconds{100}};
        co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, e));
        continue;
      }
      if (self.connections >= self.config.max_connections) {
        ++refused;
        continue;
      }
      asio::co_spawn(self.io, serve(self, beast::tcp_stream{std::move(socket)}), asio::detached);
    }
  }

  http_config config;
  std::map<std::string, std::map<std::string, handler>> routes;  ///< path -> method; fixed once started
  std::uint32_t connections = 0;
  std::uint16_t port = 0;
  asio::io_context io{1};
  std::optional<tcp::acceptor> acceptor;
  std::jthread thread;
};

http_server::http_server(http_config c) : inside_{std::make_unique<inside>(std::move(c))} {}
http_server::~http_server() { stop(); }
void http_server::route(const std::string& method, const std::string& path, handler h) { inside_->routes[path][method] = std::move(h); }
std::uint16_t http_server::port() const { return inside_->port; }

void http_server::start() {
  auto& self = *inside_;
  const auto where = self.config.address + " port " + std::to_string(self.config.port);
  error_code e;
  const auto address = asio::ip::make_address(self.config.address, e);
  if (e)
    throw std::runtime_error{"console.address " + self.config.address + " is no IP address: give one of this machine, such as 127.0.0.1"};
  const tcp::endpoint at{address, self.config.port};
  self.acceptor.emplace(self.io);
  self.acceptor->open(at.protocol(), e);
  if (!e) self.acceptor->set_option(tcp::acceptor::reuse_address(true), e);
  if (!e) self.acceptor->bind(at, e);
  if (!e) self.acceptor->listen(asio::socket_base::max_listen_connections, e);
  if (e == asio::error::address_in_use)
    throw std::runtime_error{where + " is taken: stop the program that holds it (ss -ltnp shows which), or set console.port to another"};
  if (e)
    throw std::runtime_error{where + " cannot be listened on (" + e.message() +
                             "): set console.address to an address of this machine, and console.port to one that its rights allow"};
  self.port = self.acceptor->local_endpoint().port();
  asio::co_spawn(self.io, inside::listen(self), asio::detached);
  self.thread = std::jthread{[&self] { self.io.run(); }};
}

void http_server::stop() {
  inside_->io.stop();
  if (inside_->thread.joinable()) inside_->thread.join();
  inside_->acceptor.reset();
}

void describe(settings& v, http_config& c) {
  v("console.address", c.address,
    "Address on which the console and /metrics are served. There is no login: keep it on this machine or on a management network.",
    not_empty);
  v("console.port", c.port, "TCP port of the console and of /metrics.", between(0, 65535));
  v("console.max_connections", c.max_connections, "Connections at a time; further ones are closed at once.", between(1, 4096));
  v("console.max_header", c.max_header, "Octets of a request's header.", between(1024, 65536));
  v("console.max_body", c.max_body, "Octets of a request's body.", between(0, 16 << 20));
  v("console.timeout", c.timeout, "How long a request may take to arrive, and its answer to be taken.", between(1, 300));
}

}  // namespace mw
