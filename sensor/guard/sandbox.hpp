// Gives away every right that a worker does not need once its network card is open.
#pragma once
#include <string>
#include <vector>

namespace mw {

struct sandbox_config {
  std::string user = "nobody";  ///< whom to become where the program runs as root; "" = stay
  int capture = -1;             ///< descriptor of the network card: it may be read, never written to
};

/// For the process that calls it, without return: another user, no capabilities, no new privileges (prctl(2)), no file
/// (landlock(7), where the kernel has it), and only the system calls of reading a card and writing to what is open already
/// (seccomp(2)); all else fails with EPERM. What is in force comes back by name: "user", "capabilities", "landlock", "seccomp".
/// Throws std::runtime_error where a right that the process holds cannot be given away.
std::vector<std::string> enter_sandbox(const sandbox_config& c);

}  // namespace mw
