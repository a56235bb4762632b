#define _GNU_SOURCE
#include "CLinux.h"
#include <errno.h>
#include <asm/ioctls.h>
#include <fcntl.h>
#include <arpa/inet.h>
#include <linux/audit.h>
#include <linux/if_bridge.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/netlink.h>
#include <linux/nsfs.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

_Static_assert(CLONE_NEWNS == 0x00020000 && CLONE_NEWNET == 0x40000000, "CLONE");
_Static_assert(CLONE_NEWUTS == 0x04000000 && CLONE_NEWUSER == 0x10000000, "CLONE");
_Static_assert(O_TMPFILE == 020200000 && O_PATH == 010000000, "O");
_Static_assert(FUTEX_OWNER_DIED == 0x40000000, "FUTEX_OWNER_DIED");
_Static_assert(NSFS_MAGIC == 0x6e736673, "NSFS_MAGIC");
_Static_assert(NETLINK_CAP_ACK == 10 && NETLINK_EXT_ACK == 11 && NETLINK_GET_STRICT_CHK == 12, "NETLINK");

int clinux_unshare(int flags) { return unshare(flags); }
int clinux_setns(int fd, int type) { return setns(fd, type); }

struct owned_network {
  int user, network, limit_error;
};
static int open_own_namespaces(void *argument) {
  struct owned_network *own = argument;
  int limit = open("/proc/sys/user/max_cgroup_namespaces", O_WRONLY | O_CLOEXEC);
  own->limit_error = limit >= 0 && write(limit, "0", 1) == 1 ? 0 : errno;
  if (limit >= 0) close(limit);
  own->user = open("/proc/thread-self/ns/user", O_RDONLY | O_CLOEXEC);
  own->network = own->user < 0 ? -1 : open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  return 0;
}
int clinux_make_owned_network(int *user, int *network, int *limit_error) {
  // CLONE_VM shares the memory and CLONE_VFORK suspends the caller, so nothing is copied, unlike with fork(2).
  _Alignas(16) char stack[16384];
  struct owned_network own = {-1, -1, 0};
  int flags = CLONE_NEWUSER | CLONE_NEWNET | CLONE_FILES | CLONE_VM | CLONE_VFORK;
  errno = ECHILD;
  int pid = clone(open_own_namespaces, stack + sizeof stack, flags, &own);
  int error = errno;
  while (pid > 0 && waitpid(pid, NULL, __WCLONE) < 0 && errno == EINTR) {}
  if (own.network < 0 && own.user >= 0) close(own.user);
  *user = own.network < 0 ? -1 : own.user;
  *network = own.network;
  *limit_error = own.limit_error;
  errno = error;
  return own.network < 0 ? -1 : 0;
}
// unshare(2) would also affect the caller's later children, and a caller without privileges over its previous PID
// namespace could not return to it.
int clinux_fork_init(void) { return (int)syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, NULL, NULL, NULL, NULL); }
int clinux_vfork(void (*body)(void *), void *context) {
  // The child's stack frames lie below this one, so they leave the frame to which the caller returns intact.
  int pid = vfork();
  if (pid != 0) return pid;
  body(context);
  _exit(125);
}
static const int raised[] = {RLIMIT_FSIZE, RLIMIT_NOFILE, RLIMIT_CPU, RLIMIT_DATA, RLIMIT_AS, RLIMIT_STACK};
enum { RAISED = sizeof raised / sizeof *raised };
static struct rlimit before[RAISED];
static int is_known[RAISED], are_raised;
void clinux_raise_limits(void) {
  if (are_raised) return;
  are_raised = 1;
  for (int i = 0; i < RAISED; i++) {
    is_known[i] = getrlimit(raised[i], &before[i]) == 0;
    if (!is_known[i] || before[i].rlim_cur == before[i].rlim_max) continue;
    struct rlimit limit = {before[i].rlim_max, before[i].rlim_max};
    setrlimit(raised[i], &limit);
  }
}
void clinux_restore_limits(void) {
  for (int i = 0; i < RAISED; i++) {
    if (are_raised && is_known[i]) setrlimit(raised[i], &before[i]);
  }
  are_raised = 0;
}
int clinux_start_apart(int pid, int pipe) {
  cpu_set_t own, others, any, given;
  // EINVAL if the machine has more processors than cpu_set_t holds. The kernel then chooses the child's processor.
  int here = sched_getaffinity(0, sizeof own, &own) < 0 || CPU_COUNT(&own) == 1 ? -1 : sched_getcpu();
  if (here >= 0) {
    others = own;
    CPU_CLR(here, &others);
    if (sched_setaffinity(pid, sizeof others, &others) < 0) here = -1;
  }
  ssize_t written;
  while ((written = write(pipe, "", 1)) < 0 && errno == EINTR) {}
  int error = errno;
  if (here >= 0) {
    // An affinity set here limits the processors that a cpuset can grant later; a mask of all processors does not.
    memset(&any, 0xff, sizeof any);
    sched_setaffinity(pid, sizeof any, &any);
    if (sched_getaffinity(pid, sizeof given, &given) < 0 || !CPU_EQUAL(&given, &own))
      sched_setaffinity(pid, sizeof own, &own);
  }
  errno = error;
  return written == 1 ? 0 : -1;
}
static int kill_all_as(int user_namespace, uint32_t user) {
  // A process inside must not be able to trace this one, which still has access to root's files.
  if (prctl(PR_SET_DUMPABLE, 0) < 0 || setns(user_namespace, CLONE_NEWUSER) < 0) return errno;
  if (prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP) < 0) return errno;
  if (syscall(SYS_setresuid, user, user, user) < 0) return errno;
  uid_t real, effective, saved;
  // kill(2) with pid -1 as root would kill every process of root.
  if (getresuid(&real, &effective, &saved) < 0 || real != user || effective != user || saved != user) return EPERM;
  // ESRCH: there is no process to kill.
  return kill(-1, SIGKILL) < 0 && errno != ESRCH ? errno : 0;
}
int clinux_kill_all_in(int user_namespace, uint32_t user) {
  int pid = fork();
  if (pid == 0) _exit(kill_all_as(user_namespace, user));
  return pid;
}
int clinux_pidfd_open(int pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }
union namespace_handle {
  struct file_handle handle;
  char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
};
int clinux_namespace_handle(int fd, int *type, unsigned char *bytes, unsigned int *size) {
  union namespace_handle own = {.handle = {.handle_bytes = *size < MAX_HANDLE_SZ ? *size : MAX_HANDLE_SZ}};
  int mount;
  if (name_to_handle_at(fd, "", &own.handle, &mount, AT_EMPTY_PATH) < 0) return -1;
  *type = own.handle.handle_type;
  *size = own.handle.handle_bytes;
  memcpy(bytes, own.handle.f_handle, *size);
  return 0;
}
int clinux_open_namespace(int type, const unsigned char *bytes, unsigned int size) {
  enum { NSFS_ROOT = -10003 };  // FD_NSFS_ROOT in linux/fcntl.h
  union namespace_handle own = {.handle = {.handle_bytes = size, .handle_type = type}};
  errno = EINVAL;
  if (size > MAX_HANDLE_SZ) return -1;
  memcpy(own.handle.f_handle, bytes, size);
  return open_by_handle_at(NSFS_ROOT, &own.handle, O_RDONLY | O_CLOEXEC);
}
int clinux_namespace_owner(int fd) { return ioctl(fd, NS_GET_USERNS); }
int clinux_namespace_parent(int fd) { return ioctl(fd, NS_GET_PARENT); }
int clinux_namespace_owner_id(int fd, uint32_t *user) { return ioctl(fd, NS_GET_OWNER_UID, user); }

#if defined(__x86_64__)
enum { ARCH = AUDIT_ARCH_X86_64, ARCH32 = AUDIT_ARCH_I386, ADD_KEY32 = 286, KEYCTL32 = 288 };
#elif defined(__aarch64__)
enum { ARCH = AUDIT_ARCH_AARCH64, ARCH32 = AUDIT_ARCH_ARM, ADD_KEY32 = 309, KEYCTL32 = 311 };
#else
#error "the numbers of this architecture's system calls are not known here"
#endif
// request_key lies between add_key and keyctl, so one range covers all three.
_Static_assert(SYS_keyctl == SYS_add_key + 2 && KEYCTL32 == ADD_KEY32 + 2, "SYS_request_key");
// The number on both 32-bit architectures. Numbers from X32 on are x32 calls: those of x86_64 under other numbers.
enum { IOCTL32 = 54, X32 = 0x40000000 };
// The number on all architectures.
enum { CLONE3 = 435 };
_Static_assert(SYS_clone3 == CLONE3, "SYS_clone3");

int clinux_filter_calls(void) {
  // If clone3(2) is missing, C libraries use clone(2), which cannot place a child in a control group.
  enum { IOCTL = 14, ALLOW = 17, LACK, FORBID };
#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define IF(at, test, value, yes, no) \
  [at] = BPF_JUMP(BPF_JMP | BPF_K | BPF_##test, value, (yes) - (at) - 1, (no) - (at) - 1)
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_##what)
  struct sock_filter code[] = {
    [0] = LOAD(arch),
    IF(1, JEQ, ARCH, 3, 2),
    IF(2, JEQ, ARCH32, 9, LACK),
    [3] = LOAD(nr),
    IF(4, JGE, X32, LACK, 5),
    IF(5, JEQ, CLONE3, LACK, 6),
    IF(6, JEQ, SYS_ioctl, IOCTL, 7),
    IF(7, JGE, SYS_add_key, 8, ALLOW),
    IF(8, JGT, SYS_keyctl, ALLOW, LACK),
    [9] = LOAD(nr),
    IF(10, JEQ, CLONE3, LACK, 11),
    IF(11, JEQ, IOCTL32, IOCTL, 12),
    IF(12, JGE, ADD_KEY32, 13, ALLOW),
    IF(13, JGT, KEYCTL32, ALLOW, LACK),
    [IOCTL] = LOAD(args[1]),
    IF(15, JEQ, TIOCSTI, FORBID, 16),
    IF(16, JEQ, TIOCLINUX, FORBID, ALLOW),
    [ALLOW] = RETURN(ALLOW),
    [LACK] = RETURN(ERRNO | ENOSYS),
    [FORBID] = RETURN(ERRNO | EPERM),
  };
  struct sock_fprog program = {sizeof code / sizeof *code, code};
  return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &program);
}

int clinux_open(const char *path, int flags, uint32_t mode) { return open(path, flags, mode); }
int clinux_openat(int directory, const char *path, int flags, uint32_t mode) {
  return openat(directory, path, flags, mode);
}
int clinux_fcntl(int fd, int command, int argument) { return fcntl(fd, command, argument); }
int clinux_set_write_hint(int fd, uint64_t hint) { return fcntl(fd, F_SET_RW_HINT, &hint); }
int clinux_write_hint(int fd, uint64_t *hint) { return fcntl(fd, F_GET_RW_HINT, hint); }
int clinux_pipe(int *ends) { return pipe2(ends, O_CLOEXEC); }

ssize_t clinux_vmsplice(int fd, const void *bytes, uint64_t length) {
  struct iovec vector = {(void *)bytes, length};
  return vmsplice(fd, &vector, 1, 0);
}
int clinux_close_range(unsigned int first, unsigned int last, unsigned int flags) {
  return (int)syscall(SYS_close_range, first, last, flags);
}

int clinux_set_parent_death_signal(int signal) { return prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0); }
int clinux_keep_capabilities(int on) { return prctl(PR_SET_KEEPCAPS, on, 0, 0, 0); }
int clinux_set_no_new_privileges(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); }
int clinux_is_dumpable(void) { return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0); }
int clinux_set_dumpable(int on) { return prctl(PR_SET_DUMPABLE, on, 0, 0, 0); }
int clinux_move_environment(void) {
  size_t count = 0;
  while (environ && environ[count]) count++;
  char **copy = calloc(count + 1, sizeof *copy);
  if (!copy) return -1;
  for (size_t i = 0; i < count; i++) {
    copy[i] = strdup(environ[i]);
    if (!copy[i]) return -1;
    explicit_bzero(environ[i], strlen(environ[i]));
  }
  environ = copy;
  return 0;
}
int clinux_setresuid(uint32_t real, uint32_t effective, uint32_t saved) { return setresuid(real, effective, saved); }
int clinux_setresgid(uint32_t real, uint32_t effective, uint32_t saved) { return setresgid(real, effective, saved); }
int clinux_set_child_subreaper(int on) { return prctl(PR_SET_CHILD_SUBREAPER, on, 0, 0, 0); }

int64_t clinux_file_system_type(int fd) {
  struct statfs status;
  return fstatfs(fd, &status) == 0 ? (int64_t)status.f_type : -1;
}

// From linux/mount.h: the installed header may be older than the kernel.
enum { STATMOUNT = 457, LISTMOUNT = 458, SUPER_BLOCK = 0x1, BASIC = 0x2, ROOT = 0x8, TYPE = 0x20 };
struct mount_request {
  uint32_t size, spare;
  uint64_t id, parameter;
};
_Static_assert(offsetof(struct clinux_mount, text) == 512, "struct statmount");

int clinux_list_mounts(uint64_t after, uint64_t *ids, size_t count) {
  struct mount_request request = {sizeof request, 0, UINT64_MAX, after};
  return (int)syscall(LISTMOUNT, &request, ids, count, 0);
}
int clinux_stat_mount(uint64_t id, struct clinux_mount *mount) {
  uint64_t mask = SUPER_BLOCK | BASIC | ROOT | clinux_STATMOUNT_MNT_POINT | TYPE;
  struct mount_request request = {sizeof request, 0, id, mask};
  return (int)syscall(STATMOUNT, &request, mount, sizeof *mount, 0);
}
const char *clinux_mount_text(const struct clinux_mount *mount, uint32_t offset) { return mount->text + offset; }
int clinux_is_mount_root(const char *path) {
  struct statx status;
  int flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT;
  return statx(AT_FDCWD, path, flags, 0, &status) == 0 && status.stx_attributes & STATX_ATTR_MOUNT_ROOT;
}
int clinux_open_mount(const char *path) {
  return (int)syscall(SYS_open_tree, AT_FDCWD, path, OPEN_TREE_CLOEXEC | AT_NO_AUTOMOUNT);
}
int clinux_copy_mounts(int directory, const char *path) {
  int flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | AT_EMPTY_PATH | AT_NO_AUTOMOUNT;
  return (int)syscall(SYS_open_tree, directory, path, flags);
}
int clinux_protect_mounts(int directory, const char *path, int is_read_only, int is_recursive) {
  struct mount_attr attributes = {.propagation = MS_PRIVATE};
  *(is_read_only ? &attributes.attr_set : &attributes.attr_clr) = MOUNT_ATTR_RDONLY;
  int flags = AT_EMPTY_PATH | (is_recursive ? AT_RECURSIVE : 0);
  return (int)syscall(SYS_mount_setattr, directory, path, flags, &attributes, sizeof attributes);
}
int clinux_move_mount(int from, const char *to, int follows_link) {
  int flags = MOVE_MOUNT_F_EMPTY_PATH | (follows_link ? MOVE_MOUNT_T_SYMLINKS : 0);
  return (int)syscall(SYS_move_mount, from, "", AT_FDCWD, to, flags);
}

int clinux_compare_exchange(uint32_t *word, uint32_t expected, uint32_t desired) {
  return __atomic_compare_exchange_n(word, &expected, desired, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}
int clinux_mark_own_end(uint32_t *word) {
  // This replaces the C library's own list, which serves robust mutexes; this program has none.
  static struct robust_list entry;
  static struct robust_list_head head;
  entry.next = &head.list;
  head.futex_offset = (char *)word - (char *)&entry;
  head.list.next = word ? &entry : &head.list;
  return syscall(SYS_set_robust_list, &head, sizeof head);
}
int32_t clinux_thread_id(void) { return gettid(); }

int clinux_netlink_socket(int protocol) {
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
  if (fd < 0) return -1;
  struct sockaddr_nl address = {.nl_family = AF_NETLINK};
  if (bind(fd, (struct sockaddr *)&address, sizeof address) == 0) return fd;
  int error = errno;
  close(fd);
  errno = error;
  return -1;
}
int clinux_packet_socket(const void *filter, uint16_t length) {
  // A socket without a protocol receives nothing before it is bound.
  int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  struct sock_fprog program = {.len = length, .filter = (struct sock_filter *)filter};
  struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
  if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0 &&
      bind(fd, (struct sockaddr *)&address, sizeof address) == 0)
    return fd;
  int error = errno;
  close(fd);
  errno = error;
  return -1;
}
ssize_t clinux_packet_send(int fd, int link, const void *frame, uint64_t length) {
  struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_ifindex = link};
  return sendto(fd, frame, length, 0, (struct sockaddr *)&address, sizeof address);
}
int clinux_bridge_ports(int fd, const char *bridge, int32_t indices[1024]) {
  unsigned long arguments[4] = {BRCTL_GET_PORT_LIST, (unsigned long)indices, 1024, 0};
  struct ifreq request = {.ifr_data = (void *)arguments};
  strncpy(request.ifr_name, bridge, IFNAMSIZ - 1);
  return ioctl(fd, SIOCDEVPRIVATE, &request);
}
int clinux_link_name(int fd, int32_t link, char *name) {
  struct ifreq request = {.ifr_ifindex = link};
  if (ioctl(fd, SIOCGIFNAME, &request) < 0) return -1;
  memcpy(name, request.ifr_name, IFNAMSIZ);
  return 0;
}
ssize_t clinux_netlink_receive(int fd, void *buffer, uint64_t length, int flags, uint32_t *port) {
  struct sockaddr_nl address = {0};
  socklen_t size = sizeof address;
  ssize_t count = recvfrom(fd, buffer, length, flags, (struct sockaddr *)&address, &size);
  *port = address.nl_pid;
  return count;
}
ssize_t clinux_netlink_send(int fd, const void *buffer, uint64_t length) {
  struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
  return sendto(fd, buffer, length, 0, (struct sockaddr *)&kernel, sizeof kernel);
}

int clinux_exited(int status) { return WIFEXITED(status); }
int clinux_exit_status(int status) { return WEXITSTATUS(status); }
int clinux_signaled(int status) { return WIFSIGNALED(status); }
int clinux_term_signal(int status) { return WTERMSIG(status); }
int clinux_stopped(int status) { return WIFSTOPPED(status); }
int clinux_stop_signal(int status) { return WSTOPSIG(status); }

int clinux_queue_signal(int pid, int signal, int value) {
  return sigqueue(pid, signal, (union sigval){.sival_int = value});
}
int clinux_wait_signal(int wanted, int timeout, int *code, int *sender, int *value) {
  sigset_t set;
  siginfo_t info;
  struct timespec span = {.tv_sec = timeout / 1000, .tv_nsec = timeout % 1000 * 1000000L};
  sigemptyset(&set);
  if (wanted == 0) sigfillset(&set);
  else sigaddset(&set, wanted);
  int signal = sigtimedwait(&set, &info, timeout < 0 ? NULL : &span);
  *code = signal > 0 ? info.si_code : 0;
  *sender = signal > 0 ? info.si_pid : 0;
  *value = signal > 0 && info.si_code == SI_QUEUE ? info.si_value.sival_int : 0;
  return signal;
}
