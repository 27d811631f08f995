// Every capture, spoiled in many ways, through the whole sensor in one process: nothing crashes, every ledger balances, and what
// is kept in memory stays bounded.
//
//   mutation [--seed N] [--seconds N] [--rounds N] [--only FILE [--mutant N]] FOLDER...
//
// A mutant follows from (seed, name of the file, its number) alone, so `--only FILE --mutant N` repeats one. Round by round each
// capture gives one mutant; captures in the first folder, which are the project's own, give more. MILLWATCH_CAPTURES stands for the
// second folder where it is set. Exit 77: no capture was found.
#include "tests/sensor/trial.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <stdexcept>

namespace mw {
namespace {

using test::live_octets;
using test::require;
using test::trial;
namespace fs = std::filesystem;
using octets = std::vector<std::uint8_t>;

constexpr std::size_t most_frames = 250;         // of a mutant: a window of the capture
constexpr std::size_t most_octets = 160 * 1024;  // of a file that is spoiled as a file
constexpr std::size_t most_loaded = 200'000;     // frames of a capture that windows are taken from
constexpr unsigned more_of_own = 12;             // mutants of an own capture in one round
constexpr std::size_t most_left = 64u << 10;     // octets that may stay behind once it is gone

enum class kind : std::uint8_t { file_cut, file_flipped, cut, flipped, dropped, doubled, reordered, all, count };
constexpr std::array<std::string_view, static_cast<std::size_t>(kind::count)> names{
    "file cut", "file flipped", "frames cut", "octets flipped", "frames dropped", "frames doubled", "frames reordered", "all of it"};

struct kept_frame {
  timestamp time;
  octets data;
  std::uint32_t wire_size;
  int link_type;
};

/// A file that is in memory only, with a name by which it can be opened.
class unnamed_file {
public:
  explicit unnamed_file(const octets& content) : descriptor_{memfd_create("mutant", 0)} {
    if (descriptor_ < 0 || ::write(descriptor_, content.data(), content.size()) != static_cast<ssize_t>(content.size()))
      throw std::runtime_error{"no memory for a file"};
  }
  ~unnamed_file() { ::close(descriptor_); }
  unnamed_file(const unnamed_file&) = delete;
  unnamed_file& operator=(const unnamed_file&) = delete;
  std::string name() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

private:
  int descriptor_;
};

class capture {
public:
  capture(std::string path, std::string name, unsigned mutants) : path_{std::move(path)}, name_{std::move(name)}, mutants_{mutants} {}
  const std::string& name() const { return name_; }
  unsigned mutants() const { return mutants_; }

  /// Throws where a promise was broken. False where the file could not even be opened, which a spoiled one need not be.
  bool run(std::uint64_t seed, std::uint64_t number, trial& to) {
    std::seed_seq from{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32), static_cast<std::uint32_t>(number),
                       hash(name_)};
    random_.seed(from);
    const auto what = kind_of(number);
    if (what == kind::file_cut || what == kind::file_flipped) return run_file(what, to);
    auto frames = window();
    spoil(frames, what);
    for (const auto& f : frames) to.on_frame({.time = f.time, .data = f.data, .wire_size = f.wire_size, .link_type = f.link_type});
    to.finish({});
    return true;
  }
  static kind kind_of(std::uint64_t number) { return static_cast<kind>(number % static_cast<std::uint64_t>(kind::count)); }
  void forget() { frames_.clear(), frames_.shrink_to_fit(); }
  /// Loaded before the memory is looked at.
  void load() {
    if (!frames_.empty()) return;
    const auto from = open_files({path_});
    frame f;
    while (frames_.size() < most_loaded && from->next(f) == next_frame::got)
      frames_.push_back({f.time, {f.data.begin(), f.data.end()}, f.wire_size, f.link_type});
  }

private:
  static std::uint32_t hash(std::string_view text) {  // the same on every machine
    std::uint32_t h = 2166136261u;
    for (const auto c : text) h = (h ^ static_cast<std::uint8_t>(c)) * 16777619u;
    return h;
  }
  std::size_t below(std::size_t n) { return n == 0 ? 0 : static_cast<std::size_t>(random_() % n); }
  bool one_in(std::size_t n) { return below(n) == 0; }

  bool run_file(kind what, trial& to) {
    std::ifstream in{path_, std::ios::binary};
    octets content(most_octets);
    in.read(static_cast<char*>(static_cast<void*>(content.data())), static_cast<std::streamsize>(content.size()));
    content.resize(static_cast<std::size_t>(in.gcount()));
    if (what == kind::file_cut)
      content.resize(below(content.size() + 1));
    else
      for (auto n = 1 + below(24); n > 0 && !content.empty(); --n) flip(content);
    content.shrink_to_fit();
    const unnamed_file file{content};
    std::unique_ptr<source> from;
    try {
      from = open_files({file.name()});
    } catch (const std::runtime_error&) {
      return false;
    }
    frame f;
    while (to.frames() < 4 * most_frames && from->next(f) == next_frame::got) to.on_frame(f);
    to.finish(from->counts());
    return true;
  }

  std::vector<kept_frame> window() {
    const auto n = std::min(frames_.size(), most_frames);
    const auto at = below(frames_.size() - n + 1);
    return {frames_.begin() + static_cast<std::ptrdiff_t>(at), frames_.begin() + static_cast<std::ptrdiff_t>(at + n)};
  }
  void flip(octets& data) {
    auto& octet = data[below(data.size())];
    octet = static_cast<std::uint8_t>(one_in(3) ? random_() : octet ^ 1u << below(8));
  }
  void spoil(std::vector<kept_frame>& frames, kind what) {
    const bool all = what == kind::all;
    if (what == kind::cut || all)
      for (auto& f : frames)
        if (one_in(6)) f.data = octets(f.data.begin(), f.data.begin() + static_cast<std::ptrdiff_t>(below(f.data.size() + 1)));
    if (what == kind::flipped || all)
      for (auto& f : frames)
        if (one_in(3) && !f.data.empty())
          for (auto n = 1 + below(4); n > 0; --n) flip(f.data);
    if (what == kind::dropped || all) std::erase_if(frames, [&](const kept_frame&) { return one_in(5); });
    if (what == kind::doubled || all) {
      std::vector<kept_frame> more;
      for (auto& f : frames) {
        more.push_back(f);
        if (one_in(5)) more.push_back(more[below(more.size())]);  // at once, or much later
      }
      frames = std::move(more);
    }
    if ((what == kind::reordered || all) && frames.size() > 1)
      for (std::size_t i = 0; i < frames.size(); ++i)
        if (one_in(4)) std::swap(frames[i], frames[one_in(4) ? below(frames.size()) : std::min(i + 1 + below(4), frames.size() - 1)]);
    for (auto& f : frames) f.data.shrink_to_fit();  // so that a read past the end is seen
  }

  std::string path_, name_;
  unsigned mutants_;
  std::vector<kept_frame> frames_;
  std::mt19937_64 random_;
};

struct options {
  std::uint64_t seed = 1;
  double seconds = 110;
  std::uint64_t rounds = 1000;
  std::string only;
  std::optional<std::uint64_t> mutant;
  std::vector<std::string> folders;
};

options read_options(int argc, char** argv) {
  options o;
  const std::vector<std::string> words(argv + 1, argv + argc);
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto& w = words[i];
    if (!w.starts_with("--")) {
      o.folders.push_back(w);
      continue;
    }
    if (++i == words.size()) throw std::runtime_error{w + " needs a value"};
    if (w == "--seed")
      o.seed = std::stoull(words[i]);
    else if (w == "--seconds")
      o.seconds = std::stod(words[i]);
    else if (w == "--rounds")
      o.rounds = std::stoull(words[i]);
    else if (w == "--only")
      o.only = words[i];
    else if (w == "--mutant")
      o.mutant = std::stoull(words[i]);
    else
      throw std::runtime_error{w + " is not an option: --seed, --seconds, --rounds, --only, --mutant"};
  }
  if (const auto* elsewhere = std::getenv("MILLWATCH_CAPTURES"); elsewhere != nullptr && o.folders.size() > 1) o.folders[1] = elsewhere;
  return o;
}

std::vector<capture> find_captures(const options& o) {
  std::vector<capture> out;
  for (std::size_t i = 0; i < o.folders.size(); ++i) {
    if (!fs::is_directory(o.folders[i])) {
      std::cout << "skipped: no captures in " << o.folders[i] << '\n';
      continue;
    }
    std::vector<fs::path> found;
    for (const auto& e : fs::recursive_directory_iterator{o.folders[i]})
      if (const auto x = e.path().extension(); e.is_regular_file() && (x == ".pcap" || x == ".pcapng" || x == ".cap"))
        found.push_back(e.path());
    std::ranges::sort(found);
    for (const auto& p : found) {
      const auto name = fs::relative(p, o.folders[i]).generic_string();
      if (o.only.empty() || name == o.only || p.string() == o.only) out.emplace_back(p.string(), name, i == 0 ? more_of_own : 1);
    }
  }
  return out;
}

std::string doing;  // of the mutant at work, for the report of a crash

int run(const options& o) {
  auto captures = find_captures(o);
  if (captures.empty()) {
    std::cout << "skipped: no capture was found\n";
    return 77;
  }
  const std::shared_ptr<ndpi_engine> ndpi = make_ndpi();
  const auto begun = std::chrono::steady_clock::now();
  const auto passed = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count(); };
  std::array<std::uint64_t, names.size()> done{};
  std::uint64_t mutants = 0, frames = 0, unopened = 0, failed = 0;
  std::size_t most = 0, left = 0;
  std::string most_by;
  const auto one = [&](capture& c, std::uint64_t number) {
    doing = "--seed " + std::to_string(o.seed) + " --only " + c.name() + " --mutant " + std::to_string(number);
    const auto kind = static_cast<std::size_t>(capture::kind_of(number));
    try {
      const auto before = live_octets();
      {
        trial t{number / names.size() % 2 == 1, ndpi};
        unopened += c.run(o.seed, number, t) ? 0 : 1;
        frames += t.frames();
        if (t.most() > most) most = t.most(), most_by = doing;
      }
      const auto after = live_octets();
      left = std::max(left, after > before ? after - before : 0);
      require(mutants == 0 || after <= before + most_left, std::to_string(after - before) + " octets stayed behind");
    } catch (const std::exception& e) {
      ++failed;
      std::cout << "broken: " << e.what() << " (" << names[kind] << "; repeat with " << doing << ")\n";
    }
    ++mutants, ++done[kind];
  };
  std::uint64_t round = 0;
  for (; round < (o.mutant ? 1 : o.rounds) && (round == 0 || passed() < o.seconds); ++round)
    for (auto& c : captures) {
      if (round > 0 && passed() > o.seconds) break;
      c.load();
      for (unsigned i = 0; i < (o.mutant ? 1 : c.mutants()); ++i) one(c, o.mutant.value_or(round * c.mutants() + i));
      if (captures.size() > 1) c.forget();
    }
  std::cout << captures.size() << " captures, " << mutants << " mutants of " << frames << " frames in " << static_cast<int>(passed())
            << " s, seed " << o.seed << ", " << round << " rounds; " << unopened << " could not be opened; at most " << most / 1024
            << " KiB held (" << most_by << "), " << left / 1024 << " KiB left behind; " << failed << " failed\n";
  for (std::size_t i = 0; i < names.size(); ++i) std::cout << "  " << names[i] << ": " << done[i] << '\n';
  return failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace mw

#if defined(__SANITIZE_ADDRESS__)
// A sanitizer is about to end the program: say which mutant it was.
extern "C" void __asan_on_error() { std::fprintf(stderr, "broken: repeat with %s\n", mw::doing.c_str()); }
extern "C" void __ubsan_on_report() { __asan_on_error(); }
#endif

int main(int argc, char** argv) {
  try {
    return mw::run(mw::read_options(argc, argv));
  } catch (const std::exception& e) {
    std::cerr << "mutation: " << e.what() << '\n';
    return 2;
  }
}
