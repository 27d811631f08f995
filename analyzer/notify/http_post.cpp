// The client, on Boost.Beast.
#include "analyzer/notify/http_post.hpp"

#include <utility>  // before Asio 1.74, which forgets it

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

#include <algorithm>

namespace mw {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;

namespace {

constexpr std::size_t most_answer = 65536;

asio::awaitable<void> post(const http_url& to, http::request<http::string_body>& q, std::chrono::milliseconds timeout, http_answer& out) {
  try {
    const auto here = co_await asio::this_coro::executor;
    tcp::resolver resolver{here};
    const auto where = co_await resolver.async_resolve(to.host, to.port, asio::use_awaitable);
    beast::tcp_stream stream{here};
    stream.expires_after(timeout);
    co_await stream.async_connect(where, asio::use_awaitable);
    co_await http::async_write(stream, q, asio::use_awaitable);
    beast::flat_buffer buffer{most_answer};
    http::response_parser<http::string_body> parser;
    parser.body_limit(most_answer);
    co_await http::async_read_header(stream, buffer, parser, asio::use_awaitable);  // the status is all we need
    out.status = parser.get().result_int();
    boost::system::error_code ignored;
    stream.socket().shutdown(tcp::socket::shutdown_both, ignored);
  } catch (const boost::system::system_error& e) {
    out = {0, e.code() == beast::error::timeout ? "no answer in time" : e.code().message()};
  }
}

}  // namespace

std::optional<http_url> parse_http_url(std::string_view text) {
  constexpr std::string_view scheme = "http://";
  const auto odd = [](char c) {
    return static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7f || c == '#' || c == '@';
  };
  if (!text.starts_with(scheme) || std::ranges::any_of(text, odd)) return {};
  text.remove_prefix(scheme.size());
  http_url u;
  const auto slash = std::min(text.find('/'), text.size());
  if (slash < text.size()) u.path = text.substr(slash);
  auto host = text.substr(0, slash);
  if (host.find('?') != std::string_view::npos) return {};
  if (host.starts_with('[')) {
    const auto end = host.find(']');
    if (end == std::string_view::npos) return {};
    u.host = host.substr(1, end - 1), u.bracketed = true;
    host.remove_prefix(end + 1);
  } else {
    const auto colon = std::min(host.find(':'), host.size());
    u.host = host.substr(0, colon);
    host.remove_prefix(colon);
  }
  if (!host.empty()) {
    host.remove_prefix(1);
    if (host.empty() || host.size() > 5 || !std::ranges::all_of(host, [](char c) { return c >= '0' && c <= '9'; })) return {};
    u.port = host;
    if (const auto n = std::stoul(u.port); n == 0 || n > 65535) return {};
  }
  if (u.host.empty()) return {};
  return u;
}

http_answer http_post(const http_url& to, const std::string& body, const std::vector<std::pair<std::string, std::string>>& fields,
                      std::chrono::milliseconds timeout) {
  http::request<http::string_body> q{http::verb::post, to.path, 11, body};
  const auto host = to.bracketed ? '[' + to.host + ']' : to.host;
  q.set(http::field::host, to.port == "80" ? host : host + ':' + to.port);
  q.set(http::field::user_agent, "millwatch/" MILLWATCH_VERSION);
  q.set(http::field::content_type, "application/json");
  for (const auto& [name, value] : fields) q.set(name, value);
  q.keep_alive(false);
  q.prepare_payload();
  http_answer out{0, "no answer in time"};
  asio::io_context io{1};
  asio::co_spawn(io, post(to, q, timeout, out), asio::detached);
  io.run_for(timeout + std::chrono::milliseconds{500});  // the resolver knows no limit of its own
  return out;
}

}  // namespace mw
