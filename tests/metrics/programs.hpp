// Real servers for a test, on loopback, and a client that may say anything.
#pragma once
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace mw {

/// A folder that goes with the object.
class scratch_folder {
public:
  scratch_folder() {
    std::string name = (std::filesystem::temp_directory_path() / "millwatch-test-XXXXXX").string();
    if (!mkdtemp(name.data())) std::abort();
    path = name;
  }
  ~scratch_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  std::string file(const std::string& name, const std::string& text) const {
    std::ofstream{path / name, std::ios::binary} << text;
    return (path / name).string();
  }
  std::string text(const std::string& name) const {
    std::ostringstream out;
    out << std::ifstream{path / name, std::ios::binary}.rdbuf();
    return out.str();
  }
  std::filesystem::path path;
};

inline sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in at{};
  at.sin_family = AF_INET, at.sin_port = htons(port), at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return at;
}
inline std::uint16_t free_port() {
  const int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto at = loopback(0);
  socklen_t n = sizeof at;
  if (bind(s, reinterpret_cast<sockaddr*>(&at), n) != 0 || getsockname(s, reinterpret_cast<sockaddr*>(&at), &n) != 0) std::abort();
  close(s);
  return ntohs(at.sin_port);
}

/// A connection; reading ends after `seconds` without anything.
class connection {
public:
  explicit connection(std::uint16_t port, int seconds = 20) : socket_{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    const timeval limit{seconds, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    const auto at = loopback(port);
    open_ = connect(socket_, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0;
  }
  ~connection() { close(socket_); }
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  bool open() const { return open_; }
  bool say(const std::string& s) { return send(socket_, s.data(), s.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(s.size()); }
  /// All that comes until the other side closes; `ended` tells whether it did.
  std::string rest() {
    std::string out(65536, ' ');
    std::string all;
    for (;;) {
      const auto n = recv(socket_, out.data(), out.size(), 0);
      ended = n == 0 || (n < 0 && errno == ECONNRESET);
      if (n <= 0) return all;
      all.append(out, 0, static_cast<std::size_t>(n));
    }
  }
  bool ended = false;

private:
  int socket_;
  bool open_ = false;
};
inline std::string ask(std::uint16_t port, const std::string& request) {
  connection c{port};
  if (!c.open() || !c.say(request)) return "";
  return c.rest();
}
inline std::string get(std::uint16_t port, const std::string& path) {
  return ask(port, "GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
}

/// Tries for at most a minute: a machine under load is slow, not broken.
template <class F>
bool eventually(F f) {
  for (int i = 0; i < 600; ++i) {
    if (f()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds{100});
  }
  return false;
}

/// A program that runs while the object lives; what it says goes into `log`.
class program {
public:
  program(std::vector<std::string> words, const std::string& log) {
    child_ = fork();
    if (child_ == 0) {
      const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
      dup2(out, 1), dup2(out, 2);
      std::vector<char*> argv;
      for (auto& w : words) argv.push_back(w.data());
      argv.push_back(nullptr);
      execv(argv[0], argv.data());
      _exit(127);
    }
  }
  ~program() { stop(); }
  program(const program&) = delete;
  program& operator=(const program&) = delete;
  void stop() {
    if (child_ <= 0) return;
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
    child_ = 0;
  }

private:
  pid_t child_ = 0;
};

}  // namespace mw
