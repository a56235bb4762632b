// Functions that Swift cannot import from Glibc: GNU-only declarations, variadic functions, function-like macros, and
// system calls without a wrapper. Most functions make one call with the kernel's own arguments. The longer ones run in
// a child between fork(2) or clone(2) and its end, or before a program is executed, where Swift's runtime cannot be
// used.
//
// _GNU_SOURCE must not be defined in this header: Glibc's own module is built without it, and the two would disagree
// about types they share. The constants that need it are repeated here and checked in CLinux.c.
#pragma once
#include <stdint.h>
#include <sys/types.h>

static const int32_t clinux_CLONE_NEWNS = 0x00020000;
static const int32_t clinux_CLONE_NEWUTS = 0x04000000;
static const int32_t clinux_CLONE_NEWUSER = 0x10000000;
static const int32_t clinux_CLONE_NEWNET = 0x40000000;

static const int32_t clinux_O_TMPFILE = 020200000;
static const int32_t clinux_O_PATH = 010000000;

/// The file system type that statfs(2) reports for a namespace file (linux/magic.h).
static const int64_t clinux_NSFS_MAGIC = 0x6e736673;

/// Options of SOL_NETLINK (linux/netlink.h).
static const int32_t clinux_NETLINK_CAP_ACK = 10;
static const int32_t clinux_NETLINK_EXT_ACK = 11;
static const int32_t clinux_NETLINK_GET_STRICT_CHK = 12;

int clinux_unshare(int flags);
int clinux_setns(int fd, int type);
/// clone(2) with CLONE_NEWUSER and CLONE_NEWNET: makes a user namespace, and a network namespace that it owns. The
/// child only opens both namespaces, close-on-exec, in the descriptor table that it shares with the caller, and ends.
/// The caller stays in its own namespaces. On failure both descriptors are -1. Processes cannot make cgroup namespaces
/// in the user namespace, unless *limit_error is an error number.
int clinux_make_owned_network(int *user, int *network, int *limit_error);
/// clone(2) with CLONE_NEWPID; otherwise like fork(2), but without the handlers of pthread_atfork(3). Returns 0 in the
/// child, which is process 1 of a new PID namespace. The caller must have only one thread. It makes no other process in
/// that namespace.
int clinux_fork_init(void);
/// name_to_handle_at(2) for a namespace, Linux 6.18: an identifier that no other namespace gets before the machine
/// restarts.
int clinux_namespace_handle(int fd, int *type, unsigned char *bytes, unsigned int *size);
/// open_by_handle_at(2): returns -1 with ESTALE if the namespace is gone or the caller has no privileges over it.
int clinux_open_namespace(int type, const unsigned char *bytes, unsigned int size);
/// ioctl_ns(2), NS_GET_USERNS: a close-on-exec descriptor of the user namespace that owns a namespace.
int clinux_namespace_owner(int fd);
/// ioctl_ns(2), NS_GET_PARENT: a close-on-exec descriptor of the parent of a user namespace.
int clinux_namespace_parent(int fd);
/// Forks a process that enters a user namespace, takes the user id `user` with all capabilities there, and kills every
/// process that these capabilities reach (kill(2) with pid -1). The id must not be in use on the host. The child exits
/// with 0 on success, else with an error number. Returns what fork(2) returns.
int clinux_kill_all_in(int user_namespace, uint32_t user);
/// Raises the soft limits that matter to nsrun (file size, descriptors, processor time, memory, stack) to the hard
/// limits. Further calls before ``clinux_restore_limits`` do nothing.
void clinux_raise_limits(void);
/// Restores the limits that the process had before ``clinux_raise_limits``.
void clinux_restore_limits(void);
/// Writes a byte to the pipe on which a new child waits, and makes the child start on another processor than the
/// caller's. In a virtual machine the kernel regards an idle, halted processor as unavailable (vcpu_is_preempted), so
/// both processes would take turns on one. The set of processors that the child may use does not change.
int clinux_start_apart(int pid, int pipe);
/// vfork(2): runs `body` in a child that shares the memory, until the child executes a program or exits. The caller
/// waits.
int clinux_vfork(void (*body)(void *), void *context);
/// pidfd_open(2), close-on-exec: the descriptor is readable once the process has ended.
int clinux_pidfd_open(int pid);
/// ioctl_ns(2), NS_GET_OWNER_UID: the user who made a user namespace, as an id of the caller's own user namespace.
int clinux_namespace_owner_id(int fd, uint32_t *user);
/// seccomp(2): filters the system calls of the calling thread and its descendants, for every architecture of a call.
/// Keyring calls and clone3(2) fail with ENOSYS: clone3(2) could place a child in a control group despite a read-only
/// mount. TIOCSTI and TIOCLINUX, which type into a terminal, fail with EPERM.
int clinux_filter_calls(void);
int clinux_open(const char *path, int flags, uint32_t mode);
int clinux_openat(int directory, const char *path, int flags, uint32_t mode);
int clinux_fcntl(int fd, int command, int argument);
/// fcntl(2), F_SET_RW_HINT and F_GET_RW_HINT, Linux 4.13: a number that the kernel keeps with a file in memory, as long
/// as the file is open or mounted somewhere; 0 if none was set. File systems treat it as advice.
int clinux_set_write_hint(int fd, uint64_t hint);
int clinux_write_hint(int fd, uint64_t *hint);
/// pipe2(O_CLOEXEC).
int clinux_pipe(int *ends);
/// vmsplice(2) of one vector. The bytes must not change before they are read.
ssize_t clinux_vmsplice(int fd, const void *bytes, uint64_t length);
int clinux_close_range(unsigned int first, unsigned int last, unsigned int flags);

/// prctl(PR_SET_PDEATHSIG): the signal that the calling process gets when its parent ends.
int clinux_set_parent_death_signal(int signal);
/// prctl(PR_SET_KEEPCAPS): whether permitted capabilities survive the change from root to another user.
int clinux_keep_capabilities(int on);
int clinux_set_no_new_privileges(void);
/// prctl(PR_GET_DUMPABLE) and PR_SET_DUMPABLE. While it is 0, only a process with privileges over the user namespace in
/// which the calling process executed its program may trace or inspect the calling process. The setting lasts until the
/// calling process executes a program.
int clinux_is_dumpable(void);
int clinux_set_dumpable(int on);
/// Moves the environment of the calling process to a copy, and overwrites the original, which /proc/PID/environ shows.
int clinux_move_environment(void);
int clinux_setresuid(uint32_t real, uint32_t effective, uint32_t saved);
int clinux_setresgid(uint32_t real, uint32_t effective, uint32_t saved);
/// prctl(PR_SET_CHILD_SUBREAPER): orphaned descendants become children of the calling process.
int clinux_set_child_subreaper(int on);

/// Replaces a word in memory that processes share, if it has the expected value. Returns nonzero if it did.
int clinux_compare_exchange(uint32_t *word, uint32_t expected, uint32_t desired);
/// set_robust_list(2): if the word holds the id of the calling thread (gettid(2)) when the thread ends, for whatever
/// reason, the kernel replaces the id with clinux_FUTEX_OWNER_DIED. Only one word at a time; NULL removes it.
int clinux_mark_own_end(uint32_t *word);
static const uint32_t clinux_FUTEX_OWNER_DIED = 0x40000000;
int32_t clinux_thread_id(void);

/// listmount(2), Linux 6.8: the ids of the mounts in this mount namespace after the id `after`; 0 lists all.
int clinux_list_mounts(uint64_t after, uint64_t *ids, size_t count);
/// struct statmount as of Linux 6.8, with room for its strings. The mask tells which fields are filled in.
struct clinux_mount {
  uint32_t size, spare1;
  uint64_t mask;
  uint32_t device_major, device_minor;
  uint64_t magic;
  uint32_t super_flags, type;
  uint64_t id, parent;
  uint32_t old_id, old_parent;
  uint64_t attributes, propagation, peer_group, master, source;
  uint32_t root, point;
  uint64_t spare2[50];
  char text[8192];
};
static const uint64_t clinux_STATMOUNT_MNT_POINT = 0x10;
static const uint64_t clinux_MS_SHARED = 0x100000;
/// statmount(2), Linux 6.8: the mount point, file system, root in that file system, propagation and type of a mount.
int clinux_stat_mount(uint64_t id, struct clinux_mount *mount);
/// A string of a mount, by its offset, such as `point`.
const char *clinux_mount_text(const struct clinux_mount *mount, uint32_t offset);
/// statx(2), Linux 5.8: whether a path is a mount point. A symbolic link in the last component is not followed.
int clinux_is_mount_root(const char *path);
/// open_tree(2), Linux 5.2: opens the mount at a path, with the mounts below it, in its place.
int clinux_open_mount(const char *path);
/// The same as a detached copy. With an empty path it copies what `directory` refers to.
int clinux_copy_mounts(int directory, const char *path);
/// mount_setattr(2), Linux 5.12: makes a mount MS_PRIVATE, and sets or clears MOUNT_ATTR_RDONLY. With an empty path it
/// changes the mount that `directory` refers to.
int clinux_protect_mounts(int directory, const char *path, int is_read_only, int is_recursive);
/// move_mount(2), Linux 5.2: attaches a mount from open_tree(2). `follows_link`: whether a link as the target is
/// followed.
int clinux_move_mount(int from, const char *to, int follows_link);

/// The f_type from fstatfs(2); -1 on failure.
int64_t clinux_file_system_type(int fd);

/// An AF_NETLINK socket (SOCK_RAW, CLOEXEC), bound to a port that the kernel chooses.
int clinux_netlink_socket(int protocol);
/// recvfrom(2) on a netlink socket. *port is set to the sender's port; 0 is the kernel.
ssize_t clinux_netlink_receive(int fd, void *buffer, uint64_t length, int flags, uint32_t *port);
/// sendto(2) to the kernel's netlink port 0.
ssize_t clinux_netlink_send(int fd, const void *buffer, uint64_t length);

/// An AF_PACKET socket (SOCK_RAW, CLOEXEC) that receives those frames of all links that a classic BPF program accepts
/// (struct sock_filter, `length` instructions).
int clinux_packet_socket(const void *filter, uint16_t length);
/// sendto(2) on a packet socket, through one link.
ssize_t clinux_packet_send(int fd, int link, const void *frame, uint64_t length);
/// netdevice(7), BRCTL_GET_PORT_LIST: the interface index of each port of a bridge, by port number; 0 for a free
/// number.
int clinux_bridge_ports(int fd, const char *bridge, int32_t indices[1024]);
/// netdevice(7), SIOCGIFNAME: the name of a link, 16 bytes including the final NUL.
int clinux_link_name(int fd, int32_t link, char *name);

/// WIFEXITED and related macros.
int clinux_exited(int status);
int clinux_exit_status(int status);
int clinux_signaled(int status);
int clinux_term_signal(int status);
int clinux_stopped(int status);
int clinux_stop_signal(int status);

/// sigtimedwait(2) for the blocked signal `wanted`, or for any signal if it is 0. The timeout is in milliseconds; a
/// negative one waits forever. Returns the signal and sets its si_code, si_pid and queued value, which is 0 for a
/// signal that was not queued. Returns -1 with EAGAIN after the timeout.
int clinux_wait_signal(int wanted, int timeout, int *code, int *sender, int *value);
/// sigqueue(3)
int clinux_queue_signal(int pid, int signal, int value);
