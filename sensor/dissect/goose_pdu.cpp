// GOOSE publications: IECGoosePdu of IEC 61850-8-1 annex A.
#include "sensor/dissect/goose_pdu.hpp"

#include "sensor/dissect/ber.hpp"

#include <array>
#include <string>

namespace mw::goose {
namespace {

enum member : std::uint32_t {
  gocb_ref = 0,
  time_allowed_to_live = 1,
  dat_set = 2,
  go_id = 3,
  t = 4,
  st_num = 5,
  sq_num = 6,
  simulation = 7,
  conf_rev = 8,
  nds_com = 9,
  num_dat_set_entries = 10,
  all_data = 11,
  members = 12,
};
constexpr std::array<std::string_view, members> names{
    "gocbRef", "timeAllowedtoLive", "datSet", "goID", "t", "stNum", "sqNum", "simulation", "confRev",
    "ndsCom",  "numDatSetEntries",  "allData"};
constexpr std::array<bool, members> may_be_absent{false, false, false, true, false, false, false, true, false, true, false, false};
constexpr std::size_t utc_size = 8;

/// False where the content has not the form of its kind.
bool keep(const ber::element& e, publication& p) {
  const auto number = [&](std::optional<std::uint64_t>& to) {
    to = ber::to_unsigned(e.content);
    return to && *to <= 0xffffffffu;
  };
  const auto text = [&](bytes& to) {
    to = e.content;
    return !e.content.empty();
  };
  const auto flag = e.content.size() == 1 && e.content.front() != 0;
  switch (e.number) {
    case gocb_ref: return text(p.control_block);
    case time_allowed_to_live: return number(p.time_allowed_to_live);
    case dat_set: return text(p.data_set);
    case go_id: return text(p.id);
    case t: p.changed_at = e.content; return e.content.size() == utc_size;
    case st_num: return number(p.state);
    case sq_num: return number(p.sequence);
    case simulation: p.simulated = flag; return e.content.size() == 1;
    case conf_rev: return number(p.configuration);
    case nds_com: p.needs_commissioning = flag; return e.content.size() == 1;
    case num_dat_set_entries: return number(p.entries);
    default: p.data = e.content; return e.constructed;
  }
}

}  // namespace

bool read_publication(bytes content, publication& p, side from, output& out) {
  reader in{content};
  std::array<bool, members> seen{};
  std::uint32_t highest = 0;
  while (in.left() != 0) {
    const auto e = ber::next(in);
    if (!in.ok()) break;
    if (e.kind != ber::tag_class::context || e.number >= members) {
      // what a later edition puts behind the data is not ours to judge
      if (!seen[all_data]) out.violate(from, "encoding", "an element that does not belong here");
      continue;
    }
    if (seen[e.number])
      out.violate(from, "encoding", "an element comes twice: " + std::string{names[e.number]});
    else if (e.number < highest)
      out.violate(from, "order", "an element comes too late: " + std::string{names[e.number]});
    highest = std::max(highest, e.number);
    if (seen[e.number]) continue;
    seen[e.number] = true;
    if (!keep(e, p)) out.violate(from, "value", "an element has not the form of its kind: " + std::string{names[e.number]});
  }
  if (!in.ok()) {
    out.violate(from, "encoding", "the message ends inside an element");
    return false;
  }
  for (std::size_t i = 0; i < members; ++i)
    if (!seen[i] && !may_be_absent[i]) out.violate(from, "missing_field", "an element is missing: " + std::string{names[i]});
  return true;
}

}  // namespace mw::goose
