// Which zone an address belongs to.
#include "collector/zones.hpp"

#include <charconv>
#include <stdexcept>

namespace mw {

ip masked(const ip& a, unsigned length) {
  auto octets = a.bytes();
  for (unsigned i = 0; i < 16; ++i) {
    const auto keep = length <= 8 * i ? 0 : std::min(8u, length - 8 * i);
    octets[i] = static_cast<std::uint8_t>(octets[i] & (0xff00u >> keep));
  }
  return ip::v6(octets);
}

result<cidr> cidr::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = ip::parse(text.substr(0, slash));
  if (!address) return tl::unexpected{address.error()};
  cidr c{*address, 128};
  if (slash != std::string_view::npos) {
    const auto digits = text.substr(slash + 1);
    unsigned n = 0;
    const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), n);
    if (problem != std::errc{} || end != digits.data() + digits.size() || n > (address->is_v4() ? 32u : 128u))
      return fail(fault::malformed, "not a prefix length", slash + 1);
    c.length = n + (address->is_v4() ? 96 : 0);
  }
  if (masked(c.network, c.length) != c.network) return fail(fault::malformed, "address has bits beyond its prefix");
  return c;
}

zone_map::zone_map(const std::vector<zone_entry>& zones) {
  for (const auto& z : zones) {
    if (z.name.empty()) throw std::invalid_argument{"zones: every zone needs a name"};
    names_.push_back(z.name);
    for (const auto& text : z.cidrs) {
      const auto range = cidr::parse(text);
      if (!range) throw std::invalid_argument{"zone " + z.name + ": " + text + ": " + std::string{range.error().what}};
      const auto [at, fresh] = sites_[z.site][range->length].try_emplace(range->network, names_.size() - 1);
      if (!fresh && names_[at->second] != z.name)
        throw std::invalid_argument{"zone " + z.name + ": " + text + " already belongs to zone " + names_[at->second]};
      everywhere_[range->length].try_emplace(range->network, names_.size() - 1);
    }
  }
}

const std::size_t* zone_map::find(const table& in, const ip& address, unsigned& length) {
  for (const auto& [n, all] : in)
    if (const auto at = all.find(masked(address, n)); at != all.end()) return length = n, &at->second;
  return nullptr;
}

std::string_view zone_map::find(const ip& address, const std::string& site) const {
  if (address.is_none()) return {};
  const std::size_t* best = nullptr;
  unsigned best_length = 0;
  const auto consider = [&](const table& in) {
    unsigned length = 0;
    if (const auto* found = find(in, address, length); found != nullptr && (best == nullptr || length > best_length))
      best = found, best_length = length;
  };
  if (const auto own = sites_.find(site); own != sites_.end()) consider(own->second);
  if (const auto common = sites_.find(""); common != sites_.end()) consider(common->second);
  if (best == nullptr && address.is_public()) consider(everywhere_);
  return best == nullptr ? std::string_view{} : names_[*best];
}

}  // namespace mw
