// attack CALL [ARGUMENT...]
//
// Makes one system call that a sandbox must not be allowed to make, in a way that does no harm: it writes what is there
// already, or the kernel refuses the request for another reason after it has checked the permission. The exit status is
// 0 if the call was carried out; otherwise 1, with the name of the error on standard error.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/keyctl.h>
#include <linux/net_namespace.h>
#include <linux/perf_event.h>
#include <linux/rtnetlink.h>
#include <linux/sched.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/uio.h>
#include <unistd.h>

/// Exits with the result of a call.
static void tell(long result) {
  if (result < 0) fprintf(stderr, "%s\n", strerrorname_np(errno));
  exit(result < 0);
}

static long bpf(int command, union bpf_attr *attributes) {
  return syscall(SYS_bpf, command, attributes, sizeof *attributes);
}
static long keyctl(int operation, unsigned long a, unsigned long b, unsigned long c, unsigned long d) {
  return syscall(SYS_keyctl, operation, a, b, c, d);
}

/// A netlink request about a link, with attributes of 32 bits.
struct request {
  struct nlmsghdr header;
  union {
    struct ifinfomsg link;
    struct rtgenmsg general;
  };
  char attributes[256];
};
static void add(struct request *request, int type, int value) {
  struct rtattr *attribute = (struct rtattr *)((char *)request + NLMSG_ALIGN(request->header.nlmsg_len));
  attribute->rta_type = type;
  attribute->rta_len = RTA_LENGTH(sizeof value);
  memcpy(RTA_DATA(attribute), &value, sizeof value);
  request->header.nlmsg_len = NLMSG_ALIGN(request->header.nlmsg_len) + RTA_ALIGN(attribute->rta_len);
}
static union {
  struct nlmsghdr header;
  char bytes[32768];
} reply;
/// Sends a request and receives the first reply; -1 with errno if the kernel answers with an error.
static int ask(struct request *request) {
  static int fd = -1;
  if (fd < 0) fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
  // These requests have their own answer, and need no acknowledgement.
  int gets = request->header.nlmsg_type == RTM_GETLINK || request->header.nlmsg_type == RTM_GETNSID;
  request->header.nlmsg_flags = NLM_F_REQUEST | (gets ? 0 : NLM_F_ACK);
  if (send(fd, request, request->header.nlmsg_len, 0) < 0 || recv(fd, &reply, sizeof reply, 0) < 0) return -1;
  if (reply.header.nlmsg_type != NLMSG_ERROR) return 0;
  errno = -((struct nlmsgerr *)NLMSG_DATA(&reply.header))->error;
  return errno ? -1 : 0;
}
static struct request link_request(int type, int index) {
  struct request request = {.header = {.nlmsg_len = NLMSG_LENGTH(sizeof request.link), .nlmsg_type = type}};
  request.link.ifi_index = index;
  return request;
}
static struct request namespace_request(int type, int pid) {
  struct request request = {.header = {.nlmsg_len = NLMSG_LENGTH(sizeof request.general), .nlmsg_type = type}};
  add(&request, NETNSA_PID, pid);
  return request;
}
/// The id that the network namespace of a process has in the caller's: a new id, or the existing one.
static int number_namespace(int pid) {
  struct request new = namespace_request(RTM_NEWNSID, pid), old = namespace_request(RTM_GETNSID, pid);
  add(&new, NETNSA_NSID, 7);
  if (ask(&new) == 0) return 7;
  if (errno != EEXIST || ask(&old) < 0) return -1;
  int number;
  memcpy(&number, reply.bytes + NLMSG_LENGTH(NLMSG_ALIGN(sizeof(struct rtgenmsg))) + RTA_LENGTH(0), sizeof number);
  return number;
}

int main(int argc, char **argv) {
  const char *call = argc > 1 ? argv[1] : "", *text = argc > 2 ? argv[2] : "";
  long number = strtol(text, NULL, 0);

  // A link of the host, by an id of its network namespace. Index 1 is lo, which stays up or down as it is.
  if (!strcmp(call, "read-link") || !strcmp(call, "change-link")) {
    int namespace = number_namespace(number);
    if (namespace < 0) tell(-1);
    struct request request = link_request(call[0] == 'r' ? RTM_GETLINK : RTM_NEWLINK, 1);
    add(&request, IFLA_TARGET_NETNSID, namespace);
    tell(ask(&request));
  }
  // No process may move lo.
  if (!strcmp(call, "move-link")) {
    struct request request = link_request(RTM_NEWLINK, if_nametoindex(argv[3]));
    add(&request, IFLA_NET_NS_PID, number);
    tell(ask(&request));
  }

  // None of the arguments is a module, a swap file, or a system to boot.
  if (!strcmp(call, "finit_module")) tell(syscall(SYS_finit_module, open("/dev/null", O_RDONLY), "", 0));
  if (!strcmp(call, "init_module")) tell(syscall(SYS_init_module, "", 0, ""));
  if (!strcmp(call, "delete_module")) tell(syscall(SYS_delete_module, "none", O_NONBLOCK));
  if (!strcmp(call, "swapon")) tell(swapon("/dev/null", 0));
  if (!strcmp(call, "reboot")) tell(syscall(SYS_reboot, 0, 0, 0, NULL));
  if (!strcmp(call, "acct")) tell(syscall(SYS_acct, "/none"));
  if (!strcmp(call, "syslog")) tell(syscall(SYS_syslog, 8 /* SYSLOG_ACTION_CONSOLE_LEVEL */, NULL, 0));
  if (!strcmp(call, "adjtimex")) {
    struct timex time = {0};
    adjtimex(&time);
    time.modes = ADJ_FREQUENCY;
    tell(adjtimex(&time));
  }
  if (!strcmp(call, "perf_event_open")) {
    struct perf_event_attr event = {.type = PERF_TYPE_SOFTWARE, .size = sizeof event};
    tell(syscall(SYS_perf_event_open, &event, -1, 0, -1, 0));
  }
  if (!strcmp(call, "ptrace")) tell(ptrace(PTRACE_SEIZE, (pid_t)number, 0, 0));
  if (!strcmp(call, "read-memory")) {
    char byte;
    struct iovec here = {&byte, 1}, there = {(void *)strtoul(argv[3], NULL, 0), 1};
    tell(process_vm_readv(number, &here, 1, &there, 1, 0));
  }
  if (!strcmp(call, "clone3")) {
    struct clone_args arguments = {.exit_signal = SIGCHLD};
    long child = syscall(SYS_clone3, &arguments, sizeof arguments);
    if (child == 0) _exit(0);
    tell(child);
  }
  // This works even if /proc does not show the process.
  if (!strcmp(call, "setns")) tell(setns(syscall(SYS_pidfd_open, (pid_t)number, 0), CLONE_NEWNET));
  if (!strcmp(call, "pidfd_getfd")) tell(syscall(SYS_pidfd_getfd, syscall(SYS_pidfd_open, (pid_t)number, 0), 0, 0));
  // Opens for writing, but writes nothing.
  if (!strcmp(call, "open")) tell(open(text, O_WRONLY));

  // A namespace, or a file, by a handle that was made outside.
  if (!strcmp(call, "name-handle") || !strcmp(call, "open-handle")) {
    struct {
      struct file_handle head;
      unsigned char bytes[MAX_HANDLE_SZ];
    } handle = {.head.handle_bytes = MAX_HANDLE_SZ};
    int mount;
    if (call[0] == 'n') {
      if (name_to_handle_at(AT_FDCWD, text, &handle.head, &mount, AT_SYMLINK_FOLLOW) < 0) tell(-1);
      printf("%d ", handle.head.handle_type);
      for (unsigned i = 0; i < handle.head.handle_bytes; i++) printf("%02x", handle.bytes[i]);
      return puts(""), 0;
    }
    handle.head.handle_type = atoi(argv[3]);
    handle.head.handle_bytes = strlen(argv[4]) / 2;
    for (unsigned i = 0; i < handle.head.handle_bytes; i++) sscanf(argv[4] + 2 * i, "%2hhx", &handle.bytes[i]);
    tell(open_by_handle_at(open(text, O_RDONLY), &handle.head, O_RDONLY));
  }

  // Executes a command in a session with its own keyring, which contains a key.
  if (!strcmp(call, "in-session")) {
    if (keyctl(KEYCTL_JOIN_SESSION_KEYRING, 0, 0, 0, 0) < 0) tell(-1);
    if (syscall(SYS_add_key, "user", "nsrun-secret", "secret", 6, KEY_SPEC_SESSION_KEYRING) < 0) tell(-1);
    execvp(text, argv + 2);
    tell(-1);
  }
  // Types into the terminal.
  if (!strcmp(call, "type")) tell(ioctl(open("/dev/tty", O_RDWR), TIOCSTI, "x"));

  // Prints the ids of root's own keyring and of a key in it.
  if (!strcmp(call, "make-key")) {
    long keyring = keyctl(KEYCTL_GET_KEYRING_ID, KEY_SPEC_USER_KEYRING, 1, 0, 0);
    long key = syscall(SYS_add_key, "user", "nsrun-secret", "secret", 6, keyring);
    if (keyring < 0 || key < 0) tell(-1);
    return printf("%ld %ld\n", keyring, key), 0;
  }
  if (!strcmp(call, "unlink-key")) tell(keyctl(KEYCTL_UNLINK, atol(argv[3]), number, 0, 0));
  if (!strcmp(call, "describe-key")) tell(keyctl(KEYCTL_DESCRIBE, number, 0, 0, 0));
  if (!strcmp(call, "request_key")) tell(syscall(SYS_request_key, "user", "nsrun-secret", NULL, 0));
  if (!strcmp(call, "search-key"))
    tell(keyctl(KEYCTL_SEARCH, number, (uintptr_t) "user", (uintptr_t) "nsrun-secret", 0));
  // Reads a key that only a possessor may read, after a link to its keyring in the process's own keyring.
  if (!strcmp(call, "link-keyring")) {
    if (keyctl(KEYCTL_LINK, number, (unsigned long)KEY_SPEC_PROCESS_KEYRING, 0, 0) < 0) tell(-1);
    tell(keyctl(KEYCTL_READ, atol(argv[3]), 0, 0, 0));
  }
#ifdef __x86_64__
  // keyctl of the i386 and the x32 ABI.
  if (!strcmp(call, "keyctl-i386")) {
    int result = 288;
    __asm__ volatile("int $0x80" : "+a"(result) : "b"(KEYCTL_DESCRIBE), "c"(number), "d"(0), "S"(0) : "memory");
    errno = -result;
    tell(result < 0 ? -1 : 0);
  }
  if (!strcmp(call, "keyctl-x32")) tell(syscall(0x40000000 + SYS_keyctl, KEYCTL_DESCRIBE, number, 0, 0, 0));
#endif

  if (!strcmp(call, "bpf-map") || !strcmp(call, "bpf-pin")) {
    union bpf_attr attributes = {.map_type = BPF_MAP_TYPE_STACK_TRACE, .key_size = 4, .value_size = 8, .max_entries = 1};
    long map = bpf(BPF_MAP_CREATE, &attributes);
    if (map < 0 || call[4] == 'm') tell(map);
    memset(&attributes, 0, sizeof attributes);
    attributes.pathname = (uintptr_t)text;
    attributes.bpf_fd = map;
    tell(bpf(BPF_OBJ_PIN, &attributes));
  }
  if (!strcmp(call, "bpf-program")) {
    struct bpf_insn code[] = {{.code = 0xb7}, {.code = 0x95}};
    union bpf_attr attributes = {
      .prog_type = BPF_PROG_TYPE_SCHED_CLS, .insns = (uintptr_t)code, .insn_cnt = 2, .license = (uintptr_t) "GPL"};
    tell(bpf(BPF_PROG_LOAD, &attributes));
  }
  if (!strcmp(call, "bpf-get")) {
    union bpf_attr attributes = {.pathname = (uintptr_t)text};
    tell(bpf(BPF_OBJ_GET, &attributes));
  }
  if (!strcmp(call, "bpf-next") || !strcmp(call, "bpf-by-id")) {
    union bpf_attr attributes = {.start_id = 0};
    if (bpf(BPF_MAP_GET_NEXT_ID, &attributes) < 0 || call[4] == 'n') tell(errno ? -1 : 0);
    attributes.map_id = attributes.next_id;
    attributes.next_id = 0;
    tell(bpf(BPF_MAP_GET_FD_BY_ID, &attributes));
  }
  fprintf(stderr, "attack: there is no %s\n", call);
  return 255;
}
