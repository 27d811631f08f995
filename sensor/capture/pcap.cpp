// Frames from pcap and pcapng files and from network cards, through libpcap.
#include "sensor/capture/pcapng.hpp"
#include "sensor/capture/source.hpp"

#include <fcntl.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <stdexcept>

namespace mw {
namespace {

struct closer {
  void operator()(pcap_t* p) const noexcept { pcap_close(p); }
};
using handle = std::unique_ptr<pcap_t, closer>;

timestamp time_of(const pcap_pkthdr& h) {  // opened with nanosecond precision: tv_usec holds nanoseconds
  // a file has 32 bits for the seconds, without sign (draft-ietf-opsawg-pcap), but libpcap reads them with one
  const auto seconds = static_cast<std::uint32_t>(h.ts.tv_sec);
  return timestamp{std::chrono::seconds{seconds} + nanoseconds{std::clamp<std::int64_t>(h.ts.tv_usec, 0, 999'999'999)}};
}

void fill(frame& out, const pcap_pkthdr& h, const u_char* data, int link_type) {
  out.time = time_of(h);
  out.data = bytes{data, h.caplen};
  out.wire_size = h.len;
  out.link_type = link_type;
}

class files final : public source {
public:
  explicit files(std::vector<std::string> paths) : paths_{std::move(paths)} {
    if (paths_.empty()) throw std::runtime_error{"no capture file was named: give --read FILE"};
    open(0);
  }
  next_frame next(frame& out) override {
    for (;;) {
      std::string broken;
      if (read(out, broken)) {
        ++counts_.received;
        return next_frame::got;
      }
      if (!broken.empty()) {  // cut or spoiled in the middle: what was read so far counts, the next file goes on
        ++counts_.broken_files;
        warnings_.push_back(paths_[at_] + ": " + broken + "; the rest of this file is not read");
      }
      if (at_ + 1 >= paths_.size()) return next_frame::end;
      open(at_ + 1);
    }
  }
  source_counts counts() override { return counts_; }
  std::string name() const override { return paths_[at_]; }
  std::vector<std::string> warnings() const override { return warnings_; }

private:
  /// False at the end of the file, or where it is `broken`.
  bool read(frame& out, std::string& broken) {
    if (ng_) {
      const auto got = ng_->next(out);
      if (got == pcapng_file::got::broken) broken = ng_->why();
      return got == pcapng_file::got::frame;
    }
    pcap_pkthdr* header = nullptr;
    const u_char* data = nullptr;
    const int got = pcap_next_ex(handle_.get(), &header, &data);
    if (got == 1) fill(out, *header, data, link_type_);
    if (got == PCAP_ERROR) broken = pcap_geterr(handle_.get());
    return got == 1;
  }
  void open(std::size_t i) {
    at_ = i;
    ng_.reset();
    file_.reset(paths_[i] == "-" ? nullptr : std::fopen(paths_[i].c_str(), "rb"));  // standard input cannot be looked at twice
    if (file_ && pcapng_file::recognises(file_.get())) {
      ng_.emplace(file_.get());
      return;
    }
    std::array<char, PCAP_ERRBUF_SIZE> why{};
    handle_.reset(pcap_open_offline_with_tstamp_precision(paths_[i].c_str(), PCAP_TSTAMP_PRECISION_NANO, why.data()));
    if (!handle_) throw std::runtime_error{paths_[i] + ": " + why.data() + ": give a pcap or pcapng file that can be read"};
    link_type_ = pcap_datalink(handle_.get());
  }
  struct file_closer {
    void operator()(std::FILE* f) const noexcept { std::fclose(f); }
  };
  std::unique_ptr<std::FILE, file_closer> file_;
  std::optional<pcapng_file> ng_;
  std::vector<std::string> paths_;
  std::size_t at_ = 0;
  handle handle_;
  int link_type_ = 0;
  source_counts counts_;
  std::vector<std::string> warnings_;
};

class card final : public source {
  static constexpr int patience = 100;  // milliseconds that a block of the ring may wait, and that a silent network is waited for

public:
  card(const std::string& name, int snaplen, int buffer) : name_{name} {
    std::array<char, PCAP_ERRBUF_SIZE> why{};
    handle_.reset(pcap_create(name.c_str(), why.data()));
    if (!handle_) throw std::runtime_error{name + ": " + why.data() + ": name a network card of this machine"};
    pcap_set_snaplen(handle_.get(), snaplen);
    pcap_set_promisc(handle_.get(), 1);
    pcap_set_timeout(handle_.get(), patience);
    pcap_set_buffer_size(handle_.get(), buffer);
    pcap_set_tstamp_precision(handle_.get(), PCAP_TSTAMP_PRECISION_NANO);
    if (const int status = pcap_activate(handle_.get()); status < 0)
      throw std::runtime_error{name + ": " + pcap_geterr(handle_.get()) + " (" + pcap_statustostr(status) +
                               "): check the name and run with the right to capture (CAP_NET_RAW)"};
    pcap_setdirection(handle_.get(), PCAP_D_INOUT);
    if (pcap_setnonblock(handle_.get(), 1, why.data()) != 0) throw std::runtime_error{name + ": " + why.data()};
    link_type_ = pcap_datalink(handle_.get());
    nano_ = pcap_get_tstamp_precision(handle_.get()) == PCAP_TSTAMP_PRECISION_NANO;
    for (const auto* what : {"rx_missed_errors", "rx_fifo_errors"})
      if (const int file = ::open(("/sys/class/net/" + name + "/statistics/" + what).c_str(), O_RDONLY | O_CLOEXEC); file >= 0)
        errors_.push_back(file);
    errors_before_ = errors();
  }
  ~card() override {
    for (const int file : errors_) ::close(file);
  }
  card(const card&) = delete;
  card& operator=(const card&) = delete;
  next_frame next(frame& out) override {
    pcap_pkthdr* header = nullptr;
    const u_char* data = nullptr;
    int got = pcap_next_ex(handle_.get(), &header, &data);
    if (got == 0) {  // waited for here: with TPACKET_V3 libpcap waits without end while a network is silent, and through every signal
      pollfd card{pcap_get_selectable_fd(handle_.get()), POLLIN, 0};
      if (::poll(&card, 1, patience) <= 0) return next_frame::none_yet;
      got = pcap_next_ex(handle_.get(), &header, &data);
    }
    if (got == 0) return next_frame::none_yet;
    if (got != 1) return next_frame::end;  // the interface went away
    auto h = *header;
    if (!nano_) h.ts.tv_usec *= 1000;
    fill(out, h, data, link_type_);
    ++counts_.received;
    return next_frame::got;
  }
  source_counts counts() override {
    pcap_stat s{};
    if (pcap_stats(handle_.get(), &s) == 0) {
      counts_.kernel_dropped = s.ps_drop;
      counts_.interface_dropped = errors() - errors_before_;
    }
    return counts_;
  }
  int descriptor() const override { return pcap_get_selectable_fd(handle_.get()); }
  std::string name() const override { return name_; }

private:
  /// What the card lost by itself. Read here and not by libpcap, which would open the files anew each time: a worker must not.
  std::uint64_t errors() const {
    std::uint64_t sum = 0;
    for (const int file : errors_) {
      std::array<char, 32> text{};
      if (::pread(file, text.data(), text.size() - 1, 0) > 0) sum += std::strtoull(text.data(), nullptr, 10);
    }
    return sum;
  }

  std::string name_;
  handle handle_;
  std::vector<int> errors_;  ///< the kernel's counters of this card, open
  std::uint64_t errors_before_ = 0;
  int link_type_ = 0;
  bool nano_ = true;
  source_counts counts_;
};

}  // namespace

std::unique_ptr<source> open_files(std::vector<std::string> paths) { return std::make_unique<files>(std::move(paths)); }
std::unique_ptr<source> open_interface(const std::string& name, int snaplen, int buffer) {
  return std::make_unique<card>(name, snaplen, buffer);
}

}  // namespace mw
