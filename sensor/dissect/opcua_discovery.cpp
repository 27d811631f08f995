// Discovery and sessions of OPC UA (OPC 10000-4, 5.4 and 5.6): which applications there are, how they are secured, who logs on.
#include "sensor/dissect/opcua_message.hpp"
#include "sensor/dissect/x509.hpp"

#include <algorithm>
#include <array>

namespace mw::opcua {
namespace {

constexpr std::size_t most_listed = 32;

void find(exchange& x, bool of_server, std::string_view kind, const std::string& text, std::uint8_t confidence, bool several = false) {
  if (!text.empty()) x.notes.learn({of_server, kind, text, confidence, several, {}});
}
void weak(exchange& x, std::string_view what) { find(x, true, "insecure_configuration", std::string{what}, 90, true); }

/// The host of "opc.tcp://host:4840/path", where it is a name.
std::string host_in(const std::string& url) {
  const auto from = url.find("://");
  if (from == std::string::npos) return {};
  const auto host = url.substr(from + 3, url.find_first_of(":/", from + 3) - from - 3);
  const bool is_name = host.find_first_not_of("0123456789.") != std::string::npos && host.find_first_of("[?") == std::string::npos;
  return is_name && host != "localhost" ? host : std::string{};
}

struct application {
  std::string uri, product, name;
  std::uint32_t type = 0;
  std::vector<std::string> urls;
};
application read_description(reader& in) {
  application a;
  a.uri = read_text(in);
  a.product = read_text(in);
  a.name = read_localized(in);
  a.type = in.u32le();
  read_octets(in);  // gateway
  read_octets(in);  // discovery profile
  each(
      in,
      [&] {
        auto url = read_text(in);
        if (a.urls.size() < most_listed) a.urls.push_back(std::move(url));
      },
      4);
  return a;
}
void learn_application(exchange& x, const application& a, bool of_server) {
  if (!x.in.ok()) return;
  find(x, of_server, "application_uri", a.uri, 80);
  find(x, of_server, "product_uri", a.product, 80);
  find(x, of_server, "application_name", a.name, 80);
  find(x, of_server, "role", application_role(a.type), 80);
}

/// A list without repetition in one field.
struct words {
  std::vector<std::string> all;
  void add(std::string w) {
    if (all.size() < most_listed && std::ranges::find(all, w) == all.end()) all.push_back(std::move(w));
  }
  std::string text() const {
    std::string out;
    for (const auto& w : all) out += (out.empty() ? "" : ",") + w;
    return out;
  }
};

void read_tokens(reader& in, words& tokens) {
  each(
      in,
      [&] {
        read_octets(in);  // policy id
        tokens.add(token_type(in.u32le()));
        read_octets(in);  // type and endpoint of what is issued
        read_octets(in);
        read_octets(in);  // policy
      },
      20);
}

}  // namespace

void learn_certificate(bytes der, bool of_server, operation& op, remarks& notes) {
  if (der.empty()) return;
  const auto c = x509::read_certificate(der);
  if (!c) return;
  const auto say = [&](std::string_view kind, const std::string& text, bool several = false) {
    if (!text.empty()) notes.learn({of_server, kind, text, 90, several, {}});
  };
  say("certificate_subject", c->subject);
  say("certificate_issuer", c->issuer);
  say("certificate_expires", c->not_after);
  say("certificate_thumbprint", c->thumbprint);
  say("application_uri", c->application_uri);
  for (const auto& host : c->hosts)
    if (host != "localhost" && host.find_first_not_of("0123456789.") != std::string::npos) say("host_name", host, true);
  const std::string side = of_server ? "server_certificate_" : "client_certificate_";
  if (std::ranges::find(op.fields, side + "subject", &field::first) != op.fields.end()) return;
  op.fields.emplace_back(side + "subject", c->subject);
  op.fields.emplace_back(side + "issuer", c->issuer);
  op.fields.emplace_back(side + "not_before", c->not_before);
  op.fields.emplace_back(side + "not_after", c->not_after);
  op.fields.emplace_back(side + "thumbprint", c->thumbprint);
  op.fields.emplace_back(side + "self_signed", c->self_signed());
}

void read_application(exchange& x, bool of_server) {
  const auto a = read_description(x.in);
  learn_application(x, a, of_server);
  if (!x.in.ok()) return;
  x.op.fields.emplace_back("application_uri", a.uri);
  x.op.fields.emplace_back("application_name", a.name);
}

void read_endpoints(exchange& x, bool list_them) {
  auto& in = x.in;
  words policies, modes, all_tokens;
  bool unsecured = false, anonymous = false;
  each(
      in,
      [&] {
        const auto url = read_text(in);
        const auto a = read_description(in);
        const auto certificate = read_octets(in);
        const auto mode = security_mode(in.u32le()), policy = policy_name(read_text(in));
        words tokens;
        read_tokens(in, tokens);
        read_octets(in);  // transport profile
        in.skip(1);       // level
        if (!in.ok()) return;
        if (policies.all.empty()) {  // all endpoints are of one application
          learn_application(x, a, true);
          learn_certificate(certificate, true, x.op, x.notes);
          find(x, true, "host_name", host_in(url), 60, true);
        }
        policies.add(policy), modes.add(mode);
        for (const auto& t : tokens.all) all_tokens.add(t);
        const bool no_user = std::ranges::find(tokens.all, "anonymous") != tokens.all.end();
        unsecured |= mode == "none", anonymous |= no_user;
        const auto line = url + ' ' + policy + ' ' + mode + ' ' + tokens.text();
        find(x, true, "endpoint", line, 90, true);
        if (list_them && x.op.values.size() < most_listed) x.op.values.emplace_back(line);
      },
      41);
  if (policies.all.empty()) return;
  x.op.fields.emplace_back("security_policies", policies.text());
  x.op.fields.emplace_back("security_modes", modes.text());
  x.op.fields.emplace_back("user_tokens", all_tokens.text());
  x.op.fields.emplace_back("insecure", unsecured || anonymous);
  if (unsecured) weak(x, "security policy None is offered");
  if (anonymous) weak(x, "anonymous users are accepted");
}

void read_servers(exchange& x) {
  std::size_t n = 0;
  each(
      x.in,
      [&] {
        const auto a = read_description(x.in);
        if (!x.in.ok()) return;
        if (n++ == 0) learn_application(x, a, true);  // the server itself comes first; it may know of others
        find(x, true, "knows_server", a.uri + ' ' + (a.urls.empty() ? a.name : a.urls.front()), 60, true);
        if (x.op.values.size() < most_listed) x.op.values.emplace_back(a.uri);
      },
      25);
}

void read_servers_on_network(exchange& x) {
  auto& in = x.in;
  in.skip(8);  // last reset of its counters
  each(
      in,
      [&] {
        in.skip(4);
        const auto name = read_text(in), url = read_text(in);
        each(in, [&] { read_octets(in); }, 4);
        if (!in.ok()) return;
        find(x, true, "knows_server", name + ' ' + url, 60, true);
        if (x.op.values.size() < most_listed) x.op.values.emplace_back(url);
      },
      16);
}

void read_registration(exchange& x) {
  auto& in = x.in;
  application a;
  a.uri = read_text(in);
  a.product = read_text(in);
  each(in, [&] { a.name = read_localized(in); });
  a.type = in.u32le();
  read_octets(in);  // gateway
  std::string url;
  each(in, [&] { url = read_text(in); }, 4);
  read_octets(in);  // semaphore file
  const bool online = in.u8() != 0;
  if (!in.ok()) return;
  learn_application(x, a, false);
  add_object(x.op, "server", a.uri);
  x.op.fields.emplace_back("application_name", a.name);
  x.op.fields.emplace_back("discovery_url", url);
  x.op.fields.emplace_back("online", online);
}

void read_session_request(exchange& x) {
  auto& in = x.in;
  read_application(x, false);
  read_octets(in);  // server URI
  const auto url = read_text(in), name = read_text(in);
  read_octets(in);  // nonce
  const auto certificate = read_octets(in);
  const auto timeout = in.f64le();
  if (!in.ok()) return;
  x.op.fields.emplace_back("endpoint_url", url);
  x.op.fields.emplace_back("session_name", name);
  x.op.fields.emplace_back("session_timeout", timeout);
  find(x, true, "host_name", host_in(url), 40, true);
  learn_certificate(certificate, false, x.op, x.notes);
}

void read_session_response(exchange& x) {
  auto& in = x.in;
  const auto id = read_node(in);
  read_node(in);  // the session's token is its secret
  in.skip(8);     // revised timeout
  read_octets(in);
  const auto certificate = read_octets(in);
  if (!in.ok()) return;
  x.op.fields.emplace_back("session_id", id.text);
  learn_certificate(certificate, true, x.op, x.notes);
  read_endpoints(x, false);
}

void read_activation(exchange& x) {
  auto& in = x.in;
  const auto signature = [&] { read_octets(in), read_octets(in); };
  signature();
  each(in, signature, 8);                 // software certificates
  each(in, [&] { read_octets(in); }, 4);  // locales
  const auto token = read_extension(in);
  signature();
  if (!in.ok()) return;
  auto& fields = x.op.fields;
  reader body{token.body};
  read_octets(body);  // policy id
  const auto kind = [&](std::string_view name) { fields.emplace_back("user_token", std::string{name}); };
  switch (token.type.standard.value_or(0)) {
    case 0:
    case 321: kind("anonymous"); return weak(x, "an anonymous user logged on");
    case 324: {
      kind("user_name");
      const auto name = read_text(body);
      const auto password = read_octets(body);
      const auto algorithm = read_octets(body);
      if (!body.ok()) return x.notes.breaks("encoding", "the user's identity ends inside a field");
      fields.emplace_back("user", name);
      fields.emplace_back("password_given", !password.empty());
      fields.emplace_back("password_encrypted", !algorithm.empty());
      if (!password.empty() && algorithm.empty()) weak(x, "a password was sent in the clear");
      return;
    }
    case 327: {
      kind("x509");
      if (const auto c = x509::read_certificate(read_octets(body))) fields.emplace_back("user", c->subject);
      return;
    }
    case 940: return kind("issued");
    default: return kind("unknown");
  }
}

void learn_from_value(exchange& x, const object& node, std::size_t from) {
  const auto& all = x.op.values;
  const auto text_at = [&](std::size_t i) {
    const auto* text = from + i < all.size() ? std::get_if<std::string>(&all[from + i]) : nullptr;
    return text != nullptr ? *text : std::string{};
  };
  const auto state_at = [&](std::size_t i) {
    if (from + i >= all.size()) return std::string{};
    if (const auto* n = std::get_if<std::int64_t>(&all[from + i])) return server_state(static_cast<std::uint32_t>(*n));
    if (const auto* n = std::get_if<std::uint64_t>(&all[from + i])) return server_state(static_cast<std::uint32_t>(*n));
    return std::string{};
  };
  constexpr std::string_view value_attribute = "13";
  if (node.space != value_attribute) return;
  constexpr std::array<std::string_view, 5> build{"product_uri", "vendor", "model", "software", "build"};
  const auto learn_build = [&](std::size_t at) {
    for (std::size_t i = 0; i < build.size(); ++i) find(x, true, build.at(i), text_at(at + i), 90);
  };
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> single{{
      {"i=2254", "application_uri"},  // the first of the servers is this one
      {"i=2261", "model"},
      {"i=2262", "product_uri"},
      {"i=2263", "vendor"},
      {"i=2264", "software"},
      {"i=2265", "build"},
  }};
  if (node.address == "i=2256") find(x, true, "run_state", state_at(2), 80), learn_build(3);
  if (node.address == "i=2259") find(x, true, "run_state", state_at(0), 80);
  if (node.address == "i=2260") learn_build(0);
  if (const auto at = std::ranges::find(single, node.address, [](const auto& s) { return s.first; }); at != single.end())
    find(x, true, at->second, text_at(0), 90);
  if (const auto* device = x.known.identifies(node.address))
    if (auto text = text_at(0); !text.empty()) x.notes.learn({true, device->kind, text, 80, true, device->device});
}

}  // namespace mw::opcua
