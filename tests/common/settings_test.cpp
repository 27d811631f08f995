// Configuration: one complaint for each mistake, with its line and the remedy; the manual reads back as the defaults.
#include "common/settings.hpp"

#include <gtest/gtest.h>

namespace mw {

struct place {
  std::string name;
  std::vector<std::string> ranges;
  bool control = false;
};
enum class mood : std::uint8_t { calm, loud };
struct machine {
  std::string interface = "eth0";
  std::uint32_t snaplen = 65535;
  std::chrono::seconds idle{1800};
  bool quiet = false;
  mw::mood mood = mood::loud;
  std::vector<std::string> hosts;
  std::vector<place> places;
};
void describe(settings& v, place& p) {
  v("name", p.name, "What it is called.", not_empty);
  v("ranges", p.ranges, "Its addresses.");
  v("control", p.control, "Controllers live here.");
}
void describe(settings& v, machine& m) {
  static constexpr std::pair<std::string_view, mood> moods[] = {{"calm", mood::calm}, {"loud", mood::loud}};
  v("sensor.interface", m.interface, "The network card.", not_empty);
  v("sensor.snaplen", m.snaplen, "Octets kept of each frame.", between(64, 262144));
  v("sensor.flows.idle", m.idle, "How long a flow may be silent.", between(1, 86400));
  v("sensor.quiet", m.quiet, "Say less.");
  v.choice<mood>("output.mood", m.mood, moods, "How to say it.");
  v("output.hosts", m.hosts, "Whom to tell.");
  v.list("places", m.places, "Parts of the plant.");
}

namespace {

std::vector<std::string> read(std::string_view text, machine& m) {
  settings_file f{text, "x.yaml"};
  describe(f.reader(), m);
  return f.complaints();
}

struct row {
  const char* name;
  const char* text;
  std::vector<std::string> complaints;
};
class mistakes : public testing::TestWithParam<row> {};
TEST_P(mistakes, are_said_once_with_the_remedy) {
  machine m;
  EXPECT_EQ(read(GetParam().text, m), GetParam().complaints);
}
INSTANTIATE_TEST_SUITE_P(
    settings, mistakes,
    testing::Values(
        row{"none", "sensor:\n  snaplen: 128\n", {}}, row{"empty_file", "", {}},
        row{"bounds", "sensor:\n  snaplen: 12\n", {"x.yaml:2: sensor.snaplen must be between 64 and 262144, not 12"}},
        row{"too_large_for_the_type",
            "sensor: {snaplen: 99999999999}\n",
            {"x.yaml:1: sensor.snaplen must be between 64 and 262144, not 99999999999"}},
        row{"not_a_number", "sensor:\n  snaplen: many\n", {"x.yaml:2: sensor.snaplen cannot be read: many: write a whole number"}},
        row{"duration",
            "sensor: {flows: {idle: 3}}\n",
            {"x.yaml:1: sensor.flows.idle cannot be read: 3: write a number with s, m, h or d, such as 90s or 24h"}},
        row{"duration_bounds", "sensor: {flows: {idle: 2d}}\n", {"x.yaml:1: sensor.flows.idle must be between 1s and 1d, not 2d"}},
        row{"truth", "sensor: {quiet: yes}\n", {"x.yaml:1: sensor.quiet cannot be read: yes: write true or false"}},
        row{"word", "output: {mood: sad}\n", {"x.yaml:1: output.mood must be one of calm, loud, not sad"}},
        row{"emptied", "sensor: {interface: \"\"}\n", {"x.yaml:1: sensor.interface must not be empty"}},
        row{"unknown",
            "sensor:\n  typo: 1\nmore: 2\n",
            {"x.yaml:2: sensor.typo is not a setting: take it out, or see --manual for the names",
             "x.yaml:3: more is not a setting: take it out, or see --manual for the names"}},
        row{"list_wanted", "output: {hosts: a}\n", {"x.yaml:1: output.hosts must be a list: write [a, b] or one \"- a\" per line"}},
        row{"section_wanted", "sensor: 5\n", {"x.yaml:1: sensor must hold settings: write \"name: value\" lines below it"}},
        row{"not_yaml", "a: [\n", {"x.yaml:2: is not YAML: end of sequence flow not found"}},
        row{"in_a_list",
            "places:\n  - {name: a, control: 7}\n  - {ranges: [x], odd: 1}\n",
            {"x.yaml:2: places[0].control cannot be read: 7: write true or false", "x.yaml:3: places[1].name is missing: it has no default",
             "x.yaml:3: places[1].odd is not a setting: take it out, or see --manual for the names"}}),
    [](const auto& i) { return std::string{i.param.name}; });

TEST(settings, are_read) {
  machine m;
  EXPECT_TRUE(read("sensor: {interface: lan1, snaplen: 128, quiet: true, flows: {idle: 2m}}\noutput: {mood: calm, hosts: [a, b]}\nplaces: "
                   "[{name: hall, ranges: [10.0.0.0/8], control: true}]\n",
                   m)
                  .empty());
  EXPECT_EQ(m.interface, "lan1");
  EXPECT_EQ(m.snaplen, 128u);
  EXPECT_EQ(m.idle, std::chrono::minutes{2});
  EXPECT_TRUE(m.quiet);
  EXPECT_EQ(m.mood, mood::calm);
  EXPECT_EQ(m.hosts, (std::vector<std::string>{"a", "b"}));
  ASSERT_EQ(m.places.size(), 1u);
  EXPECT_EQ(m.places[0].name, "hall");
  EXPECT_TRUE(m.places[0].control);
}

TEST(settings, manual_reads_back_as_the_defaults) {
  machine m;
  const auto text = manual("A machine.", [&](settings& v) { describe(v, m); });
  EXPECT_EQ(text,
            "# A machine.\n\nsensor:\n  # The network card. Must be given.\n  interface: \"eth0\"\n  # Octets kept of each frame. Between "
            "64 and 262144.\n  snaplen: 65535\n"
            "  flows:\n    # How long a flow may be silent. Between 1s and 1d.\n    idle: 30m\n  # Say less.\n  quiet: false\n"
            "\noutput:\n  # How to say it. One of calm, loud.\n  mood: loud\n  # Whom to tell.\n  hosts: []\n\n# Parts of the plant. A "
            "list; one entry:\nplaces: []\n"
            "#     # What it is called. Must be given.\n#   - name: \"\"\n#     # Its addresses.\n#     ranges: []\n#     # Controllers "
            "live here.\n#     control: false\n");
  machine again{.interface = "other", .snaplen = 64, .idle = std::chrono::seconds{1}, .quiet = true, .mood = mood::calm};
  EXPECT_TRUE(read(text, again).empty());
  EXPECT_EQ(again.snaplen, 65535u);
  EXPECT_EQ(again.idle, std::chrono::minutes{30});
  EXPECT_FALSE(again.quiet);
  EXPECT_EQ(again.mood, mood::loud);
}

}  // namespace
}  // namespace mw
