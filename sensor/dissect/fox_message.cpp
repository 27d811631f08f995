// The text and framing of Tridium's Fox protocol as stations and workbenches write it. There is no public specification.
#include "sensor/dissect/fox_message.hpp"

#include "common/text.hpp"

#include <algorithm>
#include <charconv>

namespace mw::fox {
namespace {

constexpr std::size_t longest_name = 128, longest_number = 20, most_tuples = 128;
constexpr unsigned deepest = 8;
constexpr std::string_view types = "sarenkc";

void consume(reader& in, char wanted) {
  in.expect(in.u8() == static_cast<std::uint8_t>(wanted) || !in.ok(), "another sign than the message needs here");
}
char peek(reader& in) { return in.left() == 0 ? '\0' : static_cast<char>(in.rest()[0]); }

/// The octets up to `end`, which is taken too. What has no end yet is truncated, what is longer than `most` is malformed.
bytes until(reader& in, char end, std::size_t most) {
  const auto rest = in.rest();
  const auto size = static_cast<std::size_t>(std::ranges::find(rest, static_cast<std::uint8_t>(end)) - rest.begin());
  if (size > most) in.fail({fault::malformed, "a word is too long", in.at()});
  const auto word = in.take(size);
  in.skip(1);
  return word;
}
std::string name_until(reader& in, char end) {
  const auto word = until(in, end, longest_name);
  const bool fit = !word.empty() && std::ranges::all_of(word, [](auto b) { return b > ' ' && b < 127; });
  in.expect(fit || !in.ok(), "a name that is none");
  return printable(word, longest_name);
}
std::int64_t number_until(reader& in, char end) {
  const auto word = printable(until(in, end, longest_number));
  std::int64_t v = 0;
  const auto [at, fault] = std::from_chars(word.data(), word.data() + word.size(), v);
  in.expect((fault == std::errc{} && at == word.data() + word.size()) || !in.ok(), "a number that is none");
  return v;
}
bytes blob(reader& in) {
  const auto size = number_until(in, '[');
  if (size < 0 || size > static_cast<std::int64_t>(largest)) in.fail({fault::malformed, "the size of a blob", in.at()});
  const auto data = in.take(static_cast<std::size_t>(size));
  consume(in, ']');
  return data;
}

void read_body(reader& in, std::vector<tuple>* to, unsigned depth);

void read_tuple(reader& in, std::vector<tuple>* to, unsigned depth) {
  tuple t;
  t.name = name_until(in, '=');
  t.type = static_cast<char>(in.u8());
  consume(in, ':');
  switch (t.type) {
    case 'b': t.value = blob(in), consume(in, '\n'); break;
    case 'o': name_until(in, ' '), t.value = blob(in), consume(in, '\n'); break;
    case 'm': read_body(in, nullptr, depth + 1), consume(in, '\n'); break;
    default: t.value = until(in, '\n', largest);
  }
  if (in.ok() && to != nullptr && to->size() < most_tuples) to->push_back(std::move(t));
}
void read_body(reader& in, std::vector<tuple>* to, unsigned depth) {
  if (depth > deepest) return in.fail({fault::malformed, "messages within messages without end", in.at()});
  consume(in, '{'), consume(in, '\n');
  while (in.ok() && peek(in) != '}') read_tuple(in, to, depth);
  consume(in, '}');
}

int digit(char c) {
  return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

}  // namespace

const tuple* message::find(std::string_view name) const {
  const auto it = std::ranges::find(tuples, name, &tuple::name);
  return it == tuples.end() ? nullptr : &*it;
}

result<message> parse(bytes data) {
  reader in{data.first(std::min(data.size(), largest))};
  message m;
  for (const char c : std::string_view{"fox "}) consume(in, c);
  m.type = static_cast<char>(in.u8());
  in.expect(types.find(m.type) != std::string_view::npos || !in.ok(), "a type of message that is not known");
  consume(in, ' ');
  m.sequence = number_until(in, ' ');
  m.reply = number_until(in, ' ');
  m.channel = name_until(in, ' ');
  m.command = name_until(in, '\n');
  read_body(in, &m.tuples, 0);
  consume(in, ';'), consume(in, ';'), consume(in, '\n');
  m.size = in.at();
  if (in.ok()) return m;
  auto why = in.why();
  if (why.kind == fault::truncated && data.size() >= largest) why = {fault::over_limit, "a message without end", 0};
  return tl::unexpected<error>{why};
}

std::string text_of(const tuple& t) {
  std::string out;
  const auto raw = printable(t.value);
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const auto end = raw[i] == '#' ? raw.find(';', i) : std::string::npos;
    if (end == std::string::npos) {
      out += raw[i];
      continue;
    }
    unsigned code = 0;
    for (auto k = i + 1; k < end && k < i + 5; ++k) code = code << 4 | static_cast<unsigned>(std::max(digit(raw[k]), 0));
    if (raw.substr(i, end - i) != "#null") out += code >= ' ' && code < 127 ? static_cast<char>(code) : ' ';
    i = end;
  }
  return out;
}

}  // namespace mw::fox
