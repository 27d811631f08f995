// TFTP (RFC 1350 with the options of RFC 2347, 2348, 2349, 7440) on UDP: a request to port 69, and its transfer, which goes on between
// fresh ports and so is a conversation of its own. What is transferred is counted and digested, never kept.
#include "sensor/dissect/http_text.hpp"
#include "sensor/dissect/lines.hpp"
#include "sensor/dissect/protocol.hpp"

#include "common/digest.hpp"

#include <array>
#include <charconv>

namespace mw {
namespace {

constexpr std::array<std::uint16_t, 1> ports{69};
constexpr std::uint64_t most_digested = 8ull * 1024 * 1024;
constexpr std::size_t most_options = 16, longest_name = 255;
constexpr std::uint8_t hinted = 50;

enum opcode : std::uint16_t { read_request = 1, write_request, data, acknowledge, failure, options_accepted };
constexpr std::array<std::string_view, 7> names{"", "read_request", "write_request", "data", "acknowledge", "error", "option_acknowledge"};
/// RFC 1350 appendix, RFC 2347.
constexpr std::array<std::string_view, 9> errors{"not_defined", "file_not_found",    "access_violation",
                                                 "disk_full",   "illegal_operation", "unknown_transfer_id",
                                                 "file_exists", "no_such_user",      "options_refused"};
constexpr std::array<std::string_view, 3> modes{"netascii", "octet", "mail"};
struct option {
  std::string_view name;
  std::uint64_t least, most;
};
/// RFC 2090 (whose value is no number), 2348, 2349, 7440, and what servers add.
constexpr std::array<option, 8> options{{{"blksize", 8, 65464},
                                         {"timeout", 1, 255},
                                         {"utimeout", 1, 1ull << 62},
                                         {"tsize", 0, 1ull << 62},
                                         {"windowsize", 1, 65535},
                                         {"rollover", 0, 1},
                                         {"blksize2", 8, 65464},
                                         {"multicast", 0, 0}}};

const option* option_of(std::string_view word) {
  const auto* const at = std::ranges::find_if(options, [&](const option& o) { return same_letters(o.name, word); });
  return at == options.end() ? nullptr : at;
}

/// Up to the next NUL, which must be there.
std::string take_text(reader& in) {
  const auto rest = in.rest();
  const auto end = std::ranges::find(rest, std::uint8_t{0});
  in.expect(end != rest.end(), "a text ends with NUL");
  const auto text = in.take(static_cast<std::size_t>(end - rest.begin()));
  in.skip(1);
  return {text.begin(), text.end()};
}

struct told_option {
  std::string name;
  std::string value;
  std::uint64_t number = 0;
  const option* known = nullptr;
  bool fits() const { return known == nullptr || known->most == 0 || (number >= known->least && number <= known->most); }
};
std::vector<told_option> take_options(reader& in) {
  std::vector<told_option> out;
  while (in.left() != 0 && out.size() < most_options) {
    told_option o{.name = take_text(in), .value = take_text(in)};
    o.known = option_of(o.name);
    const auto [stop, bad] = std::from_chars(o.value.data(), o.value.data() + o.value.size(), o.number);
    if (bad != std::errc{} && o.known != nullptr && o.known->most != 0) o.number = ~0ull;
    if (in.ok()) out.push_back(std::move(o));
  }
  return out;
}

struct request {
  std::uint16_t code = 0;
  std::string name, mode;
  std::vector<told_option> options;
};
request read_asked(std::uint16_t code, reader& in) {
  request r{.code = code, .name = take_text(in), .mode = take_text(in), .options = {}};
  in.expect(!r.name.empty(), "a file has a name");
  r.options = take_options(in);
  return r;
}
bool known_mode(std::string_view mode) {
  return std::ranges::any_of(modes, [&](std::string_view m) { return same_letters(m, mode); });
}

match probe(bytes head, transport t) {
  if (t != transport::udp) return match::no;
  reader in{head};
  const auto code = in.u16();
  switch (code) {
    case read_request:
    case write_request: {
      const auto r = read_asked(code, in);
      if (!in.ok() || in.left() != 0 || !known_mode(r.mode)) return match::no;
      const std::vector<std::uint8_t> name(r.name.begin(), r.name.end());
      return is_text(name) ? match::certain : match::no;
    }
    case data: return head.size() >= 4 ? match::unsure : match::no;
    case acknowledge: return head.size() == 4 ? match::unsure : match::no;
    case failure: {
      const auto number = in.u16();
      (void)take_text(in);
      return in.ok() && in.left() == 0 && number < errors.size() ? match::unsure : match::no;
    }
    case options_accepted: {
      const auto told = take_options(in);
      return in.ok() && !told.empty() && std::ranges::all_of(told, [](const told_option& o) { return o.known != nullptr; }) ? match::yes
                                                                                                                            : match::no;
    }
    default: return match::no;
  }
}

class tftp_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    reader in{m.data};
    const auto code = in.u16();
    if (!in.ok() || code == 0 || code >= names.size()) return verdict::not_mine;
    out.count("tftp", "packet", names[code]);
    switch (code) {
      case read_request:
      case write_request: on_request(code, in, m, out); break;
      case data: on_data(in, m, out); break;
      case acknowledge: on_acknowledge(in, m, out); break;
      case failure: on_error(in, m, out); break;
      default: on_options(in, m, out); break;
    }
    return verdict::taken;
  }
  void on_gap(side) override {}
  void on_end(timestamp, output& out) override { finish(whole_ ? outcome::ok : outcome::timeout, out); }

private:
  void on_request(std::uint16_t code, reader& in, const message& m, output& out) {
    auto r = read_asked(code, in);
    if (!in.ok()) return out.violate(m.from, "request", in.why().what);
    if (!known_mode(r.mode)) out.violate(m.from, "mode", "a transfer mode that there is not");
    const auto file = shown(r.name, longest_name);
    if (asked_ && asked_->code == code && asked_->name == file && !moving_) return;  // said again, because nothing was heard
    finish(whole_ ? outcome::ok : outcome::timeout, out);
    forget();
    asker_ = m.from;
    operation op;
    op.time = m.time;
    op.action = code == read_request ? action::file_read : action::file_write;
    op.function = std::to_string(code);
    op.function_name = names[code];
    op.objects.push_back({"file", file});
    op.fields.emplace_back("mode", shown(r.mode, 16));
    if (auto type = file_type(file); !type.empty()) op.fields.emplace_back("file_type", std::move(type));
    put_options(r.options, op, m, out);
    out.emit(operation{op}, m.from);  // the answer is another conversation's, as a rule
    out.expect(m.source, side::client, transport::udp, "tftp");
    sender_ = code == read_request ? other(m.from) : m.from;
    asked_ = {.code = code, .name = file, .mode = {}, .options = {}};
  }

  static void put_options(const std::vector<told_option>& told, operation& op, const message& m, output& out) {
    for (const auto& o : told) {
      if (!o.fits()) out.violate(m.from, "option", "the value of an option is out of its range");
      if (o.known == nullptr) continue;
      if (o.known->most != 0 && o.fits())
        op.fields.emplace_back(o.known->name, o.number);
      else
        op.fields.emplace_back(o.known->name, shown(o.value, 64));
    }
  }

  void on_options(reader& in, const message& m, output& out) {
    const auto told = take_options(in);
    if (!in.ok()) return out.violate(m.from, "options", in.why().what);
    begin(m);
    transfer_->fields.clear();
    put_options(told, *transfer_, m, out);
    for (const auto& o : told) {
      if (!o.fits() || o.known == nullptr) continue;
      if (o.known->name.starts_with("blksize")) block_size_ = o.number;
      if (o.known->name == "tsize") announced_ = o.number;
    }
  }

  void on_data(reader& in, const message& m, output& out) {
    const auto number = in.u16();
    if (!in.ok()) return out.violate(m.from, "length", "a packet of data without its number");
    if (done_) return;
    begin(m);
    if (sender_ && *sender_ != m.from) return out.violate(m.from, "direction", "both sides send data");
    if (!sender_) sender_ = m.from;
    if (in.left() > block_size_) {
      // options of a transfer whose beginning was not seen are not known
      if (!moving_ || started_late_)
        block_size_ = in.left();
      else
        return out.violate(m.from, "length", "a block is longer than was agreed");
    }
    if (!moving_) started_late_ = number > 1, last_ = static_cast<std::uint16_t>(number - 1), moving_ = true;
    const auto ahead = static_cast<std::uint16_t>(number - last_);
    const bool rolled_to_one = last_ == 0xffff && number == 1;
    if (!rolled_to_one && (ahead == 0 || ahead > 0x7fff)) return void(++repeated_);
    if (!rolled_to_one && ahead > 1) lost_ += ahead - 1u;
    last_ = number;
    octets_ += in.left();
    if (octets_ <= most_digested && lost_ == 0 && !started_late_) sum_.add(in.rest());
    if (in.left() < block_size_) whole_ = true;
  }

  void on_acknowledge(reader& in, const message& m, output& out) {
    const auto number = in.u16();
    if (!in.ok() || in.left() != 0) return out.violate(m.from, "length", "an acknowledgement is four octets");
    if (done_ || (!moving_ && number != 0)) return;
    if (number == 0 && !moving_) {
      begin(m);
      if (!sender_) sender_ = other(m.from);  // of a write, or of options that were accepted
      if (*sender_ == m.from) out.violate(m.from, "direction", "who sends data acknowledges it");
      return;
    }
    if (whole_ && number == last_) finish(outcome::ok, out);
  }

  void on_error(reader& in, const message& m, output& out) {
    const auto number = in.u16();
    const auto text = take_text(in);
    if (!in.ok()) return out.violate(m.from, "error", in.why().what);
    if (number >= errors.size()) out.violate(m.from, "error_code", "an error code that there is not");
    if (done_) return;
    begin(m);
    transfer_->code = std::to_string(number);
    if (number < errors.size()) transfer_->fields.emplace_back("error", std::string{errors[number]});
    if (!text.empty()) transfer_->fields.emplace_back("reason", shown(text, 128));
    if (moving_ || asked_ || m.from == side::server)
      transfer_->fields.emplace_back("ended_by", std::string{m.from == asker_ ? "client" : "server"});
    finish(outcome::refused, out);
  }

  /// The operation of the transfer, with the first packet of it that is seen.
  void begin(const message& m) {
    if (transfer_) return;
    transfer_.emplace();
    transfer_->time = m.time;
    transfer_->function = std::to_string(data);
    transfer_->function_name = "transfer";
    if (asked_) transfer_->objects.push_back({"file", asked_->name});
  }

  void finish(outcome how, output& out) {
    if (!transfer_ || done_) return;
    auto op = std::move(*transfer_);
    transfer_.reset();
    done_ = true;
    if (sender_) {
      op.action = *sender_ == asker_ ? action::file_write : action::file_read;
    } else {
      op.action = action::session;  // nothing told whether it was to be read or written
      op.function = std::to_string(failure);
      op.function_name = names[failure];
    }
    op.outcome = how;
    if (moving_) {
      op.fields.emplace_back("bytes", octets_);
      op.fields.emplace_back("complete", whole_ && lost_ == 0 && !started_late_);
      if (lost_ != 0) op.fields.emplace_back("lost_blocks", lost_);
      if (repeated_ != 0) op.fields.emplace_back("repeated_blocks", repeated_);
      if (whole_ && lost_ == 0 && !started_late_) {
        if (octets_ <= most_digested) op.fields.emplace_back("sha256", sum_.text());
        if (announced_ && *announced_ != 0 && *announced_ != octets_) op.fields.emplace_back("size_differs", true);
      }
      if (!told_role_) out.learn(other(asker_), {}, "role", "tftp_server", hinted), told_role_ = true;
    }
    out.emit(std::move(op), asker_);
  }
  void forget() {
    transfer_.reset(), asked_.reset(), sender_.reset(), announced_.reset();
    block_size_ = 512;
    octets_ = lost_ = repeated_ = 0;
    last_ = 0;
    moving_ = whole_ = done_ = started_late_ = false;
    sum_.clear();
  }

  std::optional<request> asked_;       ///< where the request was in this conversation
  std::optional<operation> transfer_;  ///< open
  std::optional<side> sender_;         ///< of the data
  std::optional<std::uint64_t> announced_;
  side asker_ = side::client;
  std::uint64_t block_size_ = 512, octets_ = 0, lost_ = 0, repeated_ = 0;
  std::uint16_t last_ = 0;
  bool moving_ = false, whole_ = false, done_ = false, started_late_ = false, told_role_ = false;
  sha256_sum sum_;
};

const protocol here{{
    .name = "tftp",
    .udp_ports = ports,
    .probe = probe,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<tftp_session>(); },
    .risks_by_ndpi = true,
}};

}  // namespace
}  // namespace mw
