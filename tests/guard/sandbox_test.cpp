// A process in the sandbox: what it can no longer do, and what it still can.
#include "sensor/guard/sandbox.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <functional>

namespace mw {
namespace {

/// What `tries` gives in a process that has entered the sandbox; `capture` is one end of a socket, as a card's descriptor is.
std::string in_sandbox(const std::function<std::string(int capture)>& tries) {
  std::array<int, 2> answer{}, card{};
  if (::pipe(answer.data()) != 0 || ::socketpair(AF_UNIX, SOCK_DGRAM, 0, card.data()) != 0) return "no pipe";
  const auto child = ::fork();
  if (child == 0) {
    std::string said;
    try {
      enter_sandbox({"nobody", card[0]});
      said = tries(card[0]);
    } catch (const std::exception& e) {
      said = e.what();
    }
    const auto n = ::write(answer[1], said.data(), said.size());
    ::_exit(n == static_cast<ssize_t>(said.size()) ? 0 : 1);
  }
  ::close(answer[1]);
  std::string said;
  std::array<char, 256> piece{};
  for (ssize_t n; (n = ::read(answer[0], piece.data(), piece.size())) > 0;) said.append(piece.data(), static_cast<std::size_t>(n));
  int status = 0;
  ::waitpid(child, &status, 0);
  for (const int d : {answer[0], card[0], card[1]}) ::close(d);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? said : "the process died: " + said;
}

std::string outcome(bool done) { return done ? "done" : std::strerror(errno); }
const std::string refused = std::strerror(EPERM);

TEST(sandbox, no_file_can_be_opened) {
  EXPECT_EQ(in_sandbox([](int) { return outcome(::open("/etc/hostname", O_RDONLY) >= 0); }), refused);
  EXPECT_EQ(in_sandbox([](int) { return outcome(::open("/tmp/of_the_sandbox", O_CREAT | O_WRONLY, 0600) >= 0); }), refused);
  EXPECT_EQ(in_sandbox([](int) { return outcome(::unlink("/tmp/of_the_sandbox") == 0); }), refused);
}

TEST(sandbox, no_socket_can_be_made) {
  for (const int family : {AF_INET, AF_INET6, AF_UNIX, AF_PACKET, AF_NETLINK})
    EXPECT_EQ(in_sandbox([&](int) { return outcome(::socket(family, SOCK_DGRAM, 0) >= 0); }), refused) << family;
}

TEST(sandbox, nothing_is_sent_on_the_card) {
  EXPECT_EQ(in_sandbox([](int card) { return outcome(::write(card, "x", 1) == 1); }), refused);
  EXPECT_EQ(in_sandbox([](int card) { return outcome(::send(card, "x", 1, 0) == 1); }), refused);
  EXPECT_EQ(in_sandbox([](int card) {
              iovec one{const_cast<char*>("x"), 1};
              msghdr m{};
              m.msg_iov = &one, m.msg_iovlen = 1;
              return outcome(::sendmsg(card, &m, 0) == 1);
            }),
            refused);
  EXPECT_EQ(in_sandbox([](int card) { return outcome(::dup(card) >= 0); }), refused) << "under another number it could be written to";
  EXPECT_EQ(in_sandbox([](int card) { return outcome(::fcntl(card, F_DUPFD, 100) >= 0); }), refused);
}

TEST(sandbox, no_program_no_process_no_code) {
  EXPECT_EQ(in_sandbox([](int) { return outcome(::execl("/bin/true", "true", nullptr) == 0); }), refused);
  EXPECT_EQ(in_sandbox([](int) { return outcome(::fork() >= 0); }), refused);
  EXPECT_EQ(in_sandbox([](int) {
              return outcome(::mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
            }),
            refused);
  EXPECT_EQ(in_sandbox([](int) { return outcome(::kill(::getppid(), 0) == 0); }), refused);
}

TEST(sandbox, the_rights_of_root_are_gone_for_good) {
  if (::geteuid() != 0) GTEST_SKIP() << "not root: there is nothing to give away";
  EXPECT_EQ(in_sandbox([](int) { return outcome(::setuid(0) == 0); }), refused);
}

TEST(sandbox, memory_time_and_what_is_open_still_work) {
  EXPECT_EQ(in_sandbox([](int card) {
              std::vector<char> large(64u << 20, 'x');
              timespec t{};
              std::array<char, 8> got{};
              const bool reads = ::recv(card, got.data(), got.size(), MSG_DONTWAIT) < 0 && errno == EAGAIN;
              return outcome(reads && large.back() == 'x' && ::clock_gettime(CLOCK_REALTIME, &t) == 0);
            }),
            "done");
}

}  // namespace
}  // namespace mw
