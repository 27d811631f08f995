// DNP3 over TCP and UDP: link frames, fragments, and which response answers which request (IEEE 1815-2012).
#include "sensor/dissect/dnp3_application.hpp"
#include "sensor/dissect/dnp3_link.hpp"
#include "sensor/dissect/pending.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <list>
#include <utility>

namespace mw {
namespace {

using namespace dnp3;

/// Bits of the first octet of a fragment.
struct application_control {
  std::uint8_t octet;
  bool first() const { return (octet & 0x80) != 0; }
  bool final() const { return (octet & 0x40) != 0; }
  bool unsolicited() const { return (octet & 0x10) != 0; }
  std::uint8_t sequence() const { return octet & 0x0f; }
};

/// What a responder says about its own state.
struct indications {
  std::uint8_t first = 0, second = 0;
  bool any() const { return (first | second) != 0; }
  std::uint8_t refusal() const { return second & refusing_indications; }
};

/// One direction between two link addresses.
struct route {
  side from = side::client;
  std::uint16_t source = 0, destination = 0;
  friend bool operator==(const route&, const route&) = default;
  route back() const { return {other(from), destination, source}; }
  std::string unit() const { return std::to_string(source) + "->" + std::to_string(destination); }
};

/// The last select on a route: an operate must repeat it, one sequence number later.
struct selection {
  enum class stage : std::uint8_t { unknown, none, selected, refused } now = stage::unknown;  ///< unknown: we may have come late
  std::uint8_t sequence = 0;
  std::uint64_t digest = 0;
};

/// A request that was sent on a route, by the number under which it waits.
struct open_request {
  std::uint64_t serial = 0, digest = 0;
  std::uint8_t sequence = 0;    ///< that the next fragment of its response has
  bool authentication = false;  ///< function 32 has the sequence number of the request that it is about
};

/// What is remembered about a route.
struct talk {
  route way;
  reassembly segments;
  selection select;
  std::deque<open_request> open;  ///< in the order of sending, which is that of the answers
  bool asked = false;             ///< a request was seen on it
  bool role_told = false;
  std::deque<std::pair<std::uint32_t, std::string>> files;  ///< open file handles, by what the answer on this route said; oldest first
};

std::uint64_t digest(bytes data) {
  std::uint64_t h = 0xcbf29ce484222325;
  for (auto b : data) h = (h ^ b) * 0x100000001b3;
  return h;
}

struct progress {
  std::uint8_t function = 0;
  bool changes_key = false;
  std::optional<timestamp> answered;  ///< first fragment of the response
  std::optional<std::uint64_t> refused;
  std::string reason;
  std::string statuses;
};

class dnp3_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    auto rest = m.data;
    while (!rest.empty()) {  // one frame on TCP, any number in a datagram
      const auto size = frame(rest);
      if (!size) {
        out.violate(m.from, "frame", "octets where a link frame should begin are none", {});
        break;
      }
      if (*size == 0 || *size > rest.size()) {
        out.violate(m.from, "length", "a link frame is cut", {});
        break;
      }
      on_frame(rest.first(*size), m, out);
      rest = rest.subspan(*size);
    }
    return verdict::taken;
  }
  void on_gap(side from) override {
    for (auto& t : talks_) {
      if (t.way.from != from) continue;
      t.segments.drop();
      t.select.now = selection::stage::unknown;
      t.asked = false;
    }
  }
  void on_time(timestamp now, output& out) override { waiting_.expire(now, out); }
  void on_end(timestamp, output& out) override { waiting_.finish(out); }

private:
  static constexpr std::size_t talk_limit = 64, held_limit = 4 * reassembly::limit, file_limit = 16, open_limit = 32;
  using waiting_requests = pending_requests<std::uint64_t, progress, 64>;
  using waiting_request = waiting_requests::request;

  talk& talk_on(const route& way, output& out) {
    const auto it = std::find_if(talks_.begin(), talks_.end(), [&](const talk& t) { return t.way == way; });
    if (it != talks_.end()) {
      talks_.splice(talks_.begin(), talks_, it);  // least recently used goes last
      return talks_.front();
    }
    if (talks_.size() >= talk_limit) {
      out.count("dnp3", "forgotten", "route");
      talks_.pop_back();
    }
    auto& fresh = talks_.emplace_front();
    fresh.way = way;
    return fresh;
  }

  void on_frame(bytes octets, const message& m, output& out) {
    const auto h = read_link_header(octets);
    if (!h) return;
    const route way{m.from, h->source, h->destination};
    const speaker who{out, m.from, way.unit()};
    if (!h->intact) return who.complain("crc", "the checksum of a link header is wrong");
    if (h->length < smallest_length) return who.complain("length", "the length of a link frame is less than 5");
    out.count("dnp3", h->primary() ? "link_primary" : "link_secondary", h->function());
    if (const auto wrong = judge(*h)) who.complain(wrong->rule, wrong->detail);
    const auto f = h->function();
    const bool link_only = !h->primary() || f == reset_link || f == reset_user || f == request_status;
    if (link_only || h->length == smallest_length) return;
    const auto data = user_data(octets);
    if (!data) return who.complain("crc", "the checksum of a data block is wrong");

    auto& t = talk_on(way, out);
    std::optional<complaint> wrong;
    const bool whole = t.segments.add(*data, m.time, wrong);
    if (wrong) who.complain(wrong->rule, wrong->detail);
    if (!whole) return keep_within_limit(out);
    on_fragment(t, m, who);
    t.segments.done();
  }

  void keep_within_limit(output& out) {
    std::size_t held = 0;
    for (auto& t : talks_) {  // the front one is being filled
      held += t.segments.held();
      if (held <= held_limit || t.segments.held() == 0) continue;
      out.count("dnp3", "forgotten", "fragment");
      t.segments.drop();
    }
  }

  void on_fragment(talk& t, const message& m, const speaker& who) {
    reader in{t.segments.fragment()};
    const application_control control{in.u8()};
    const auto code = in.u8();
    if (!in.ok()) return who.complain("length", "an application fragment has no function code");
    who.out.count("dnp3", "function", code);
    const auto* f = find_function(code);
    if (f == nullptr) who.complain("function", "a function code is not defined");
    if (code >= response) {
      indications iin;
      iin.first = in.u8();
      iin.second = in.u8();
      if (!in.ok()) return who.complain("length", "a response has no internal indications");
      if ((iin.second & reserved_indications) != 0) who.complain("iin_reserved", "a reserved internal indication is set");
      if (f != nullptr) return on_response(t, *f, control, iin, in.rest(), m, who);
      return;
    }
    if (!control.first() || !control.final()) who.complain("fragment", "a request is spread over several fragments");
    if (control.unsolicited() && code != confirm) who.complain("reserved", "a request has the bit of unsolicited responses set");
    tell_role(t, "master", who);
    if (code == confirm) return (void)read_objects(in.rest(), body::data, who);
    on_request(t, f, code, control, in.rest(), who);
  }

  void on_request(talk& t, const function* f, std::uint8_t code, application_control control, bytes objects, const speaker& who) {
    operation op;
    progress p;
    p.function = code;
    op.time = t.segments.started();
    op.unit = who.unit;
    op.function = std::to_string(code);
    op.function_name = f != nullptr ? std::string{f->name} : "function_" + op.function;
    op.action = f != nullptr ? f->means : action::session;
    if (f != nullptr) {
      auto said = read_objects(objects, f->carries, who);
      if (code == open_file && said.file.mode && *said.file.mode >= 2) op.action = action::file_write;
      p.changes_key = said.security.key_change;
      recall_file(t.way.back(), said);
      describe(said, op.fields);
      op.objects = std::move(said.objects);
      op.values = std::move(said.values);
      if (f->carries == body::headers) op.values.clear();
      check_select(t, code, control, objects, op, who);
    }
    t.asked = true;

    const bool broadcast = t.way.destination >= first_broadcast;
    if (broadcast) op.fields.emplace_back("broadcast", true);
    if (broadcast || (f != nullptr && !f->answered)) {
      op.outcome = outcome::none;
      return who.out.emit(std::move(op), who.from);
    }
    if (t.open.size() >= open_limit) t.open.pop_front();  // it still waits, and ends by its time
    t.open.push_back({++serial_, digest(objects), control.sequence(), code == authenticate_request});
    waiting_.add(serial_, std::move(op), who.out, who.from, std::move(p));
  }

  /// Select before operate: the same objects, one sequence number later, with nothing in between.
  static void check_select(talk& t, std::uint8_t code, application_control control, bytes objects, operation& op, const speaker& who) {
    using stage = selection::stage;
    auto& s = t.select;
    if (code == select) {
      s = {stage::selected, control.sequence(), digest(objects)};
      return;
    }
    if (code == authenticate_request) return;  // comes in between where the outstation challenges
    if (code != operate) {
      s.now = stage::none;
      return;
    }
    const bool same = s.digest == digest(objects);
    const bool next = control.sequence() == ((s.sequence + 1) & 0x0f);
    std::string_view found = "matched", wrong;
    if (s.now == stage::unknown)
      found = "not_seen";
    else if (s.now == stage::none)
      found = "missing", wrong = "an operate comes without a select";
    else if (s.now == stage::refused)
      found = "refused", wrong = "an operate follows a select that was refused";
    else if (!same)
      found = "mismatch", wrong = "an operate names other objects than the select before it";
    else if (!next)
      found = "mismatch", wrong = "an operate does not have the sequence number after its select";
    merge(op.fields, "select", std::string{found});
    if (!wrong.empty()) who.complain("select_before_operate", wrong);
    // Kept for a repetition with the same sequence number; a new operate needs a new select.
    if (s.now == stage::unknown) s.now = stage::none;
  }

  /// A file is named when it is opened; later messages know only its handle.
  void recall_file(const route& answers, contents& said) {
    if (!said.file.handle || !said.file.name.empty()) {
      if (!said.file.name.empty()) said.file.fields.emplace_back("file", said.file.name);
      return;
    }
    const auto* t = find_talk(answers);
    if (t == nullptr) return;
    const auto name = std::ranges::find(t->files, *said.file.handle, &std::pair<std::uint32_t, std::string>::first);
    if (name != t->files.end()) said.file.fields.emplace_back("file", name->second);
  }

  void on_response(talk& t, const function& f, application_control control, indications iin, bytes objects, const message& m,
                   const speaker& who) {
    auto said = read_objects(objects, f.carries, who);
    tell_role(t, "outstation", who);
    for (const auto& [variation, text] : said.attributes)
      if (const auto kind = attribute_fact(variation); !kind.empty() && !text.empty())
        who.out.learn(who.from, std::to_string(t.way.source), kind, text, 95);

    auto* asking = find_talk(t.way.back());
    const bool alone = f.code == unsolicited_response || asking == nullptr;
    auto* asked = alone ? nullptr : open_on(*asking, control.sequence(), false);
    auto* proof = alone ? nullptr : open_on(*asking, control.sequence(), true);
    if (f.code == authenticate_response && said.security.challenge && asked != nullptr) {
      auto& fields = waiting_.find(asked->serial)->op.fields;
      for (const auto& [name, v] : said.security.fields) merge(fields, name, v);
      merge(fields, "challenged", true);
      return;  // the answer comes after the reply to the challenge
    }
    if (asked == nullptr && proof == nullptr) return tell_alone(t, f, std::move(said), iin, who);

    // An answer about keys is not one to what was asked under the same number; a refusal of the proof is.
    if (proof != nullptr && f.code == authenticate_response && !said.security.error) asked = nullptr;
    if (proof != nullptr) {
      auto r = waiting_.take(proof->serial);
      absorb(*r, said, iin, t, who.out);
      finish(std::move(*r), m.time, who.out);
    }
    if (asked == nullptr) return;
    absorb(*waiting_.find(asked->serial), said, iin, t, who.out);
    if (!control.final()) {
      asked->sequence = static_cast<std::uint8_t>((control.sequence() + 1) & 0x0f);
      return;
    }
    auto r = waiting_.take(asked->serial);
    if (r->extra.function == select && r->extra.refused && asking->select.now == selection::stage::selected)
      asking->select.now = selection::stage::refused;
    overtake(*asking, asked->serial, who.out);
    finish(std::move(*r), m.time, who.out);
  }

  talk* find_talk(const route& way) {
    const auto it = std::find_if(talks_.begin(), talks_.end(), [&](const talk& t) { return t.way == way; });
    return it == talks_.end() ? nullptr : &*it;
  }

  /// The oldest open request with this sequence number; of repetitions of the same request the last.
  open_request* open_on(talk& asking, std::uint8_t sequence, bool authentication) {
    open_request* found = nullptr;
    for (auto& o : asking.open)
      if (o.sequence == sequence && o.authentication == authentication && (found == nullptr || o.digest == found->digest) &&
          waiting_.find(o.serial) != nullptr)
        found = &o;
    return found;
  }

  /// Outstations answer in order: once a request is answered, those before it will not be.
  void overtake(talk& asking, std::uint64_t serial, output& out) {
    std::erase_if(asking.open, [&](const open_request& o) {
      if (o.serial > serial) return false;
      if (auto r = waiting_.take(o.serial)) {
        r->op.outcome = outcome::timeout;
        out.emit(std::move(r->op), r->asker);
      }
      return true;
    });
  }

  /// Adds what one fragment of the response says to the request it answers.
  static void absorb(waiting_request& r, contents& said, indications iin, talk& t, output& out) {
    auto& op = r.op;
    auto& extra = r.extra;
    if (!extra.answered) extra.answered = t.segments.started();
    const bool control = extra.function >= select && extra.function <= direct_operate_no_ack;
    if (control) {
      said.controls.clear();  // an echo
    } else {
      const auto room = point_limit - std::min(point_limit, op.returned.size());
      const auto n = std::min(room, said.objects.size());
      op.returned.insert(op.returned.end(), said.objects.begin(), said.objects.begin() + static_cast<std::ptrdiff_t>(n));
      const auto* f = find_function(extra.function);
      if (f == nullptr || f->carries == body::headers || op.objects.empty())
        op.values.insert(op.values.end(), said.values.begin(),
                         said.values.begin() + static_cast<std::ptrdiff_t>(std::min(n, said.values.size())));
    }
    describe(said, op.fields);
    if (iin.any()) merge(op.fields, "iin", indication_names(iin.first, iin.second));

    const auto refuse = [&](std::uint64_t code, std::string_view reason) {
      if (!extra.refused) extra.refused = code, extra.reason = reason;
    };
    for (auto s : said.statuses) {
      if (extra.statuses.size() < 8 * 64) (extra.statuses += extra.statuses.empty() ? "" : ",") += std::to_string(s);
      if (s != 0 && control) refuse(s, control_status_name(s));
    }
    if (const auto no = iin.refusal(); no != 0) refuse(no, indication_names(0, no));
    if (said.security.error) refuse(*said.security.error, authentication_error_name(*said.security.error));
    const auto& keys = said.security.key_status;
    if (keys && extra.changes_key && *keys != key_status_ok) refuse(*keys, "key_change_failed");
    if (const auto status = said.file.status; status && *status != 0) refuse(*status, file_status_name(*status));
    if (said.file.handle && *said.file.handle != 0 && extra.function == open_file) {
      const auto name = std::find_if(op.fields.begin(), op.fields.end(), [](const field& f) { return f.first == "file"; });
      if (name != op.fields.end()) {
        std::erase_if(t.files, [&](const auto& f) { return f.first == *said.file.handle; });
        if (t.files.size() >= file_limit) {
          out.count("dnp3", "forgotten", "file");
          t.files.pop_front();
        }
        t.files.emplace_back(*said.file.handle, to_string(name->second));
      }
    }
  }

  static void finish(waiting_request&& r, timestamp at, output& out) {
    auto& extra = r.extra;
    if (!extra.statuses.empty()) {
      const bool one = extra.statuses.find(',') == std::string::npos;
      merge(r.op.fields, "status", one ? value{std::uint64_t{std::stoul(extra.statuses)}} : value{extra.statuses});
    }
    if (extra.refused) {
      r.op.code = std::to_string(*extra.refused);
      merge(r.op.fields, "reason", extra.reason);
    }
    answer(std::move(r), extra.answered.value_or(at), extra.refused ? outcome::refused : outcome::ok, out);
  }

  /// A response that nobody asked for, or whose request was not seen.
  void tell_alone(talk& t, const function& f, contents&& said, indications iin, const speaker& who) {
    operation op;
    op.time = t.segments.started();
    op.unit = who.unit;
    op.function = std::to_string(f.code);
    op.function_name = f.name;
    op.action = f.means;
    op.outcome = f.code == unsolicited_response ? outcome::unsolicited : outcome::unpaired;
    describe(said, op.fields);
    op.objects = std::move(said.objects);
    op.values = std::move(said.values);
    if (iin.any()) op.fields.emplace_back("iin", indication_names(iin.first, iin.second));
    if (const auto no = iin.refusal(); no != 0) op.code = std::to_string(no);
    if (op.outcome == outcome::unpaired) {
      const auto* asking = find_talk(t.way.back());
      if (asking != nullptr && asking->asked) who.complain("unpaired_response", "a response has no open request");
    }
    who.out.emit(std::move(op), other(who.from));
  }

  static void tell_role(talk& t, std::string_view role, const speaker& who) {
    if (t.role_told) return;
    t.role_told = true;
    who.out.learn(who.from, std::to_string(t.way.source), "role", role, 90);
  }

  std::list<talk> talks_;  // most recently used first
  waiting_requests waiting_;
  std::uint64_t serial_ = 0;
};

constexpr std::array<std::uint16_t, 2> tcp_ports{20000, 19999};
constexpr std::array<std::uint16_t, 1> udp_ports{20000};

const protocol dnp3_protocol{{
    .name = "dnp3",
    .tcp_ports = tcp_ports,
    .udp_ports = udp_ports,
    .probe = probe,
    .frame = frame,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<dnp3_session>(); },
}};

}  // namespace
}  // namespace mw
