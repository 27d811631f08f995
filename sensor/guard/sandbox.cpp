// Privileges, capabilities, Landlock and seccomp, in the order in which the later ones still allow the earlier.
#include "sensor/guard/sandbox.hpp"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <net/if.h>
#include <pwd.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <stdexcept>

namespace mw {
namespace {

[[noreturn]] void refuse(const std::string& what) {
  throw std::runtime_error{"sandbox: " + what + ": " + std::strerror(errno) + ": start as root, or by the unit file that comes with it"};
}

void become(const std::string& user) {
  const auto* who = ::getpwnam(user.c_str());
  if (who == nullptr) {
    errno = ENOENT;
    refuse("sensor.user: no user '" + user + "' on this machine");
  }
  for (unsigned long cap = 0; cap <= CAP_LAST_CAP; ++cap) ::prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
  const gid_t group = who->pw_gid;
  if (::setgroups(1, &group) != 0 || ::setresgid(group, group, group) != 0 || ::setresuid(who->pw_uid, who->pw_uid, who->pw_uid) != 0)
    refuse("cannot become '" + user + "'");
}

void drop_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> none{};
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  if (::syscall(SYS_capset, &header, none.data()) != 0) refuse("capset");
}

/// No rule at all: no file can be opened any more. False where the kernel has no Landlock.
bool close_files() {
  landlock_ruleset_attr all{};
  all.handled_access_fs = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE |
                          LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
                          LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
                          LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |
                          LANDLOCK_ACCESS_FS_MAKE_SYM;
  const auto rules = static_cast<int>(::syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0));
  if (rules < 0) return false;
  const bool done = ::syscall(SYS_landlock_restrict_self, rules, 0) == 0;
  ::close(rules);
  return done;
}

struct release {
  void operator()(void* filter) const { seccomp_release(filter); }
};

void allow_only_capture(int capture) {
  const std::unique_ptr<void, release> filter{seccomp_init(SCMP_ACT_ERRNO(EPERM))};
  if (!filter) refuse("seccomp_init");
  const auto allow = [&](int call, std::initializer_list<scmp_arg_cmp> when = {}) {
    const int wrong = seccomp_rule_add_array(filter.get(), SCMP_ACT_ALLOW, call, static_cast<unsigned>(when.size()), when.begin());
    if (wrong != 0) {
      errno = -wrong;
      refuse("seccomp rule");
    }
  };
  for (const int call : {SCMP_SYS(read),           SCMP_SYS(pread64),      SCMP_SYS(readv),
                         SCMP_SYS(poll),           SCMP_SYS(ppoll),        SCMP_SYS(recvfrom),
                         SCMP_SYS(getsockopt),     SCMP_SYS(lseek),        SCMP_SYS(close),
                         SCMP_SYS(fstat),          SCMP_SYS(munmap),       SCMP_SYS(mremap),
                         SCMP_SYS(madvise),        SCMP_SYS(brk),          SCMP_SYS(futex),
                         SCMP_SYS(clock_gettime),  SCMP_SYS(clock_getres), SCMP_SYS(gettimeofday),
                         SCMP_SYS(time),           SCMP_SYS(nanosleep),    SCMP_SYS(clock_nanosleep),
                         SCMP_SYS(getrandom),      SCMP_SYS(getpid),       SCMP_SYS(gettid),
                         SCMP_SYS(sched_yield),    SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigaction),
                         SCMP_SYS(rt_sigprocmask), SCMP_SYS(sigaltstack),  SCMP_SYS(restart_syscall),
                         SCMP_SYS(exit),           SCMP_SYS(exit_group)})
    allow(call);
#if defined(__SANITIZE_ADDRESS__)
  for (const int call : {SCMP_SYS(pipe), SCMP_SYS(pipe2)}) allow(call);  // how a sanitizer asks whether an address may be read
#endif
  allow(SCMP_SYS(newfstatat), {scmp_arg_cmp{3, SCMP_CMP_MASKED_EQ, AT_EMPTY_PATH, AT_EMPTY_PATH}});  // fstat(2) of glibc
  allow(SCMP_SYS(mmap), {scmp_arg_cmp{2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0}});                        // memory, never code
  allow(SCMP_SYS(mprotect), {scmp_arg_cmp{2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0}});
  allow(SCMP_SYS(ioctl), {scmp_arg_cmp{1, SCMP_CMP_MASKED_EQ, 0xffffffff, SIOCGIFFLAGS}});            // libpcap asks whether the card is up
  allow(SCMP_SYS(tgkill), {scmp_arg_cmp{0, SCMP_CMP_EQ, static_cast<scmp_datum_t>(::getpid()), 0}});  // abort(3)
  for (const int call : {SCMP_SYS(write), SCMP_SYS(writev)})  // a write to the card would be a frame
    allow(call, {scmp_arg_cmp{0, SCMP_CMP_NE, static_cast<scmp_datum_t>(static_cast<unsigned>(capture)), 0}});
  if (const int wrong = seccomp_load(filter.get()); wrong != 0) {
    errno = -wrong;
    refuse("seccomp");
  }
}

}  // namespace

std::vector<std::string> enter_sandbox(const sandbox_config& c) {
  std::vector<std::string> in_force;
  if (::geteuid() == 0 && !c.user.empty()) become(c.user), in_force.emplace_back("user");
  drop_capabilities();
  in_force.emplace_back("capabilities");
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) refuse("no_new_privs");
  if (close_files()) in_force.emplace_back("landlock");
  allow_only_capture(c.capture);
  in_force.emplace_back("seccomp");
  return in_force;
}

}  // namespace mw
