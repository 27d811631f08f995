// Application, flow risks and metadata by nDPI 4.2.
#include "sensor/identify/ndpi.hpp"

#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wconversion"
#endif
#include <ndpi/ndpi_api.h>
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

#include <array>
#include <cctype>
#include <cstdlib>
#include <stdexcept>

namespace mw {
namespace {

constexpr unsigned most_packets = 16;  // nDPI's own advice: beyond a dozen packets it learns nothing

std::string lower_snake(std::string_view s) {
  std::string out;
  for (const char c : s) {
    if (std::isalnum(static_cast<unsigned char>(c)) || c == '.')
      out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    else if (!out.empty() && out.back() != '_')
      out += '_';
  }
  while (!out.empty() && out.back() == '_') out.pop_back();
  return out;
}

class flow_state final : public ndpi_flow {
public:
  explicit flow_state(ndpi_detection_module_struct* m)
      : module_{m}, flow_{static_cast<ndpi_flow_struct*>(ndpi_flow_malloc(SIZEOF_FLOW_STRUCT))} {
    if (flow_ == nullptr) throw std::bad_alloc{};
    std::fill_n(static_cast<unsigned char*>(static_cast<void*>(flow_)), SIZEOF_FLOW_STRUCT, static_cast<unsigned char>(0));
  }
  ~flow_state() override { ndpi_flow_free(flow_); }
  flow_state(const flow_state&) = delete;
  flow_state& operator=(const flow_state&) = delete;

  bool add(bytes datagram, timestamp time) override {
    if (done_ || datagram.empty() || datagram.size() > 0xffff) return !done_;
    const auto ms = static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count());
    found_ = ndpi_detection_process_packet(module_, flow_, datagram.data(), static_cast<unsigned short>(datagram.size()), ms);
    const bool known = found_.app_protocol != NDPI_PROTOCOL_UNKNOWN || found_.master_protocol != NDPI_PROTOCOL_UNKNOWN;
    if (++packets_ >= most_packets || (known && ndpi_extra_dissection_possible(module_, flow_) == 0)) done_ = true;
    return !done_;
  }
  ndpi_verdict finish() override {
    if (found_.app_protocol == NDPI_PROTOCOL_UNKNOWN) {
      std::uint8_t guessed = 0;
      found_ = ndpi_detection_giveup(module_, flow_, 0, &guessed);
    }
    ndpi_verdict v;
    if (found_.app_protocol != NDPI_PROTOCOL_UNKNOWN || found_.master_protocol != NDPI_PROTOCOL_UNKNOWN) {
      std::array<char, 64> name{};
      v.application = lower_snake(ndpi_protocol2name(module_, found_, name.data(), static_cast<u_int>(name.size())));
    }
    for (unsigned i = 0; i < NDPI_MAX_RISK; ++i)
      if (flow_->risk & (1ull << i)) v.risks.push_back(lower_snake(ndpi_risk2str(static_cast<ndpi_risk_enum>(i))));
    const auto put = [&](std::string_view key, const char* text) {
      if (text != nullptr && *text != 0) v.facts.emplace_back(std::string{key}, std::string{text}.substr(0, 256));
    };
    const auto is = [&](std::uint16_t p) { return found_.app_protocol == p || found_.master_protocol == p; };
    if (is(NDPI_PROTOCOL_TLS) || is(NDPI_PROTOCOL_QUIC)) {
      const auto& t = flow_->protos.tls_quic;
      put("sni", flow_->host_server_name);
      put("ja3", t.ja3_client);
      put("ja3s", t.ja3_server);
      put("alpn", t.alpn);
      put("issuer", t.issuerDN);
      put("subject", t.subjectDN);
      if (t.ssl_version != 0) v.facts.emplace_back("tls_version", std::int64_t{t.ssl_version});
    } else if (is(NDPI_PROTOCOL_SSH)) {
      put("ssh_client", flow_->protos.ssh.client_signature);
      put("ssh_server", flow_->protos.ssh.server_signature);
      put("hassh", flow_->protos.ssh.hassh_client);
      put("hassh_server", flow_->protos.ssh.hassh_server);
    } else {
      put("host", flow_->host_server_name);
      if (is(NDPI_PROTOCOL_HTTP)) {
        put("user_agent", flow_->http.user_agent);
        put("url", flow_->http.url);
        put("content_type", flow_->http.content_type);
      }
    }
    return v;
  }

private:
  ndpi_detection_module_struct* module_;
  ndpi_flow_struct* flow_;
  ndpi_protocol found_{};
  unsigned packets_ = 0;
  bool done_ = false;
};

class engine final : public ndpi_engine {
public:
  engine() : module_{ndpi_init_detection_module(ndpi_no_prefs)} {
    if (module_ == nullptr) throw std::runtime_error{"nDPI cannot start: out of memory"};
    NDPI_PROTOCOL_BITMASK all;
    NDPI_BITMASK_SET_ALL(all);
    ndpi_set_protocol_detection_bitmask2(module_, &all);
    ndpi_finalize_initialization(module_);
  }
  ~engine() override { ndpi_exit_detection_module(module_); }
  engine(const engine&) = delete;
  engine& operator=(const engine&) = delete;
  std::unique_ptr<ndpi_flow> open() override { return std::make_unique<flow_state>(module_); }

private:
  ndpi_detection_module_struct* module_;
};

}  // namespace

std::unique_ptr<ndpi_engine> make_ndpi() { return std::make_unique<engine>(); }

}  // namespace mw
