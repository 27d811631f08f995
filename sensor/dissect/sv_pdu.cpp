// Sampled values: savPdu of IEC 61850-9-2 clause 8, and the data set of IEC 61869-9.
#include "sensor/dissect/sv_pdu.hpp"

#include "sensor/dissect/ber.hpp"

#include <bit>
#include <string>

namespace mw::sv {
namespace {

enum of_message : std::uint32_t { number_of_asdus = 0, sequence_of_asdus = 2 };
enum member : std::uint32_t {
  sv_id = 0,
  dat_set = 1,
  smp_cnt = 2,
  conf_rev = 3,
  refr_tm = 4,
  smp_synch = 5,
  smp_rate = 6,
  sample = 7,
  smp_mod = 8,
  gm_identity = 9,
  members = 10,
};
constexpr std::array<std::string_view, members> names{"svID",     "datSet",  "smpCnt", "confRev", "refrTm",
                                                      "smpSynch", "smpRate", "sample", "smpMod",  "gmIdentity"};
constexpr std::array<bool, members> must_be{true, false, true, true, false, true, false, true, false, false};

constexpr std::size_t most_channels = 24, channel_size = 8;
constexpr std::uint32_t unused_quality = 0xffffc000;

template <class T>
bool number(bytes content, std::optional<T>& to) {
  const auto n = ber::to_unsigned(content);
  if (!n || *n > std::numeric_limits<T>::max()) return false;
  to = static_cast<T>(*n);
  return true;
}

/// False where the content has not the form of its kind.
bool keep(const ber::element& e, asdu& a) {
  switch (e.number) {
    case sv_id: a.id = e.content; return !e.content.empty();
    case dat_set: a.data_set = e.content; return !e.content.empty();
    case smp_cnt: return number(e.content, a.count);
    case conf_rev: return number(e.content, a.configuration);
    case refr_tm: a.refreshed = e.content; return e.content.size() == 8;
    case smp_synch: return number(e.content, a.synchronized) && *a.synchronized <= 254;
    case smp_rate: return number(e.content, a.rate);
    case sample: a.sample = e.content; return !e.content.empty();
    case smp_mod: return number(e.content, a.mode);
    default: a.grandmaster = e.content; return e.content.size() == 8;
  }
}

bool read_asdu(bytes content, asdu& a, side from, output& out) {
  reader in{content};
  std::array<bool, members> seen{};
  std::uint32_t highest = 0;
  while (in.left() != 0) {
    const auto e = ber::next(in);
    if (!in.ok()) return false;
    if (e.kind != ber::tag_class::context || e.number >= members) {
      if (!seen[sample]) out.violate(from, "encoding", "an element that does not belong here");
      continue;
    }
    if (seen[e.number]) {
      out.violate(from, "encoding", "an element comes twice: " + std::string{names[e.number]});
      continue;
    }
    if (e.number < highest) out.violate(from, "order", "an element comes too late: " + std::string{names[e.number]});
    highest = std::max(highest, e.number);
    seen[e.number] = true;
    if (!keep(e, a)) out.violate(from, "value", "an element has not the form of its kind: " + std::string{names[e.number]});
  }
  for (std::size_t i = 0; i < members; ++i)
    if (!seen[i] && must_be[i]) out.violate(from, "missing_field", "an element is missing: " + std::string{names[i]});
  return true;
}

}  // namespace

bool read_message(bytes content, message_of& to, side from, output& out) {
  reader in{content};
  std::size_t there = 0;
  bool sequence = false;
  while (in.left() != 0) {
    const auto e = ber::next(in);
    if (!in.ok()) break;
    if (e.context(number_of_asdus)) to.announced = ber::to_unsigned(e.content);
    if (!e.context(sequence_of_asdus)) continue;
    sequence = true;
    reader items{e.content};
    while (items.left() != 0) {
      const auto item = ber::next(items);
      if (!items.ok()) break;
      ++there;
      if (!item.universal(ber::sequence)) {
        out.violate(from, "encoding", "something else than an ASDU stands among them");
      } else if (to.size == most_asdus) {
        out.count("sv", "left_out", "asdu");
      } else if (read_asdu(item.content, to.asdus.at(to.size), from, out)) {
        ++to.size;
      } else {
        out.violate(from, "encoding", "an ASDU ends inside an element");
        to.asdus.at(to.size) = {};
      }
    }
    if (!items.ok()) out.violate(from, "encoding", "the ASDUs end inside an element");
  }
  if (!in.ok()) {
    out.violate(from, "encoding", "the message ends inside an element");
    return false;
  }
  if (!to.announced || !sequence)
    out.violate(from, "missing_field", "the message has no ASDUs, or does not say how many");
  else if (*to.announced != there)
    out.violate(from, "asdu_count", "the message has another number of ASDUs than it says");
  return to.size != 0;
}

void tell_channels(bytes sample, operation& op) {
  if (sample.empty() || sample.size() % channel_size != 0 || sample.size() / channel_size > most_channels) return;
  std::uint32_t quality = 0;
  for (reader in{sample}; in.left() != 0;) in.skip(4), quality |= in.u32();
  if ((quality & unused_quality) != 0) return;
  reader in{sample};
  for (unsigned i = 1; in.left() != 0; ++i) {
    op.fields.emplace_back("channel" + std::to_string(i), std::int64_t{std::bit_cast<std::int32_t>(in.u32())});
    in.skip(4);
  }
  op.fields.emplace_back("quality", std::uint64_t{quality});  // of all channels
}

}  // namespace mw::sv
