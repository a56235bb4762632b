// What Swift cannot import from Glibc: GNU-only declarations, variadic functions, function-like macros, and system
// calls without a wrapper. Most functions are one call with the kernel's own arguments; those that are more run in a
// child between fork(2) or clone(2) and its end, or before a program is executed, where Swift's runtime has no place.
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

/// The type that statfs(2) gives for a namespace file (linux/magic.h).
static const int64_t clinux_NSFS_MAGIC = 0x6e736673;

/// Options of SOL_NETLINK (linux/netlink.h).
static const int32_t clinux_NETLINK_CAP_ACK = 10;
static const int32_t clinux_NETLINK_EXT_ACK = 11;
static const int32_t clinux_NETLINK_GET_STRICT_CHK = 12;

int clinux_unshare(int flags);
int clinux_setns(int fd, int type);
/// clone(2) with CLONE_NEWUSER and CLONE_NEWNET of a process that only opens its two namespaces, in the descriptor table
/// of the caller, close-on-exec, and ends: the caller stays where it is. -1 in both on failure. No cgroup namespace can
/// be made in the user namespace, unless *limit_error is an error number.
int clinux_make_owned_network(int *user, int *network, int *limit_error);
/// clone(2) with CLONE_NEWPID, otherwise as fork(2) but for its handlers (pthread_atfork(3)): 0 in the child, which is
/// process 1 of a new PID namespace. The caller, which must have one thread only, makes no other process there.
int clinux_fork_init(void);
/// name_to_handle_at(2) of a namespace, Linux 6.18: a name that no other one has before the machine is restarted.
int clinux_namespace_handle(int fd, int *type, unsigned char *bytes, unsigned int *size);
/// open_by_handle_at(2): -1 with ESTALE where the namespace is gone, or the caller has no power over it.
int clinux_open_namespace(int type, const unsigned char *bytes, unsigned int size);
/// ioctl_ns(2), NS_GET_USERNS: a descriptor, close-on-exec, of the user namespace that owns a namespace.
int clinux_namespace_owner(int fd);
/// ioctl_ns(2), NS_GET_PARENT: a descriptor, close-on-exec, of the user namespace that one was made in.
int clinux_namespace_parent(int fd);
/// fork(2) of a process that moves into a user namespace, becomes the user, who must be nobody on the host, with all
/// capabilities there, and ends all processes that these give it power over (kill(2) with -1): it gives 0 then, else an
/// error number.
int clinux_kill_all_in(int user_namespace, uint32_t user);
/// Raises the soft limits of what nsrun needs (sizes of files, descriptors, processor time, memory, stack) to the hard ones.
/// Each call before ``clinux_restore_limits`` but the first does nothing.
void clinux_raise_limits(void);
/// Gives the process the limits back that it had.
void clinux_restore_limits(void);
/// Writes a byte into the pipe that a new child waits for, and lets it start on another processor than the caller's. The
/// kernel of a virtual machine takes an idle processor that has halted for one that is not to be had (vcpu_is_preempted),
/// so both would take turns on one. Which processors the child may use stays as it is.
int clinux_start_apart(int pid, int pipe);
/// vfork(2): runs a function in a child that shares the memory, until it executes a program or exits. The caller waits.
int clinux_vfork(void (*body)(void *), void *context);
/// pidfd_open(2), close-on-exec: readable when the process has ended.
int clinux_pidfd_open(int pid);
/// ioctl_ns(2), NS_GET_OWNER_UID: the user who made a user namespace, as the caller's own numbers it.
int clinux_namespace_owner_id(int fd, uint32_t *user);
/// seccomp(2): for the calling thread and its descendants there are neither keyrings nor clone3(2), which puts a child
/// into a control group past a read-only mount (ENOSYS), and nobody types into a terminal (EPERM for TIOCSTI and
/// TIOCLINUX), whatever the architecture of the call.
int clinux_filter_calls(void);
int clinux_open(const char *path, int flags, uint32_t mode);
int clinux_openat(int directory, const char *path, int flags, uint32_t mode);
int clinux_fcntl(int fd, int command, int argument);
/// fcntl(2), F_SET_RW_HINT and F_GET_RW_HINT, Linux 4.13: a number that the kernel keeps with a file in memory, as long as
/// something has that open or mounted; 0 without one. Filesystems take it for advice.
int clinux_set_write_hint(int fd, uint64_t hint);
int clinux_write_hint(int fd, uint64_t *hint);
/// pipe2(O_CLOEXEC).
int clinux_pipe(int *ends);
/// vmsplice(2) of one vector: the bytes may not change before they are read.
ssize_t clinux_vmsplice(int fd, const void *bytes, uint64_t length);
int clinux_close_range(unsigned int first, unsigned int last, unsigned int flags);

/// prctl(PR_SET_PDEATHSIG): the signal the calling process gets when its parent ends.
int clinux_set_parent_death_signal(int signal);
/// prctl(PR_SET_KEEPCAPS): whether permitted capabilities outlast the change from root to another user.
int clinux_keep_capabilities(int on);
int clinux_set_no_new_privileges(void);
/// prctl(PR_GET_DUMPABLE) and PR_SET_DUMPABLE: whether the calling process, until it executes a program, may be traced and
/// looked into by who has power over it but not over the user namespace in which its own program was executed.
int clinux_is_dumpable(void);
int clinux_set_dumpable(int on);
/// Overwrites what /proc/PID/environ shows of the calling process; its environment is a copy from then on.
int clinux_move_environment(void);
int clinux_setresuid(uint32_t real, uint32_t effective, uint32_t saved);
int clinux_setresgid(uint32_t real, uint32_t effective, uint32_t saved);
/// prctl(PR_SET_CHILD_SUBREAPER): orphaned descendants become children of the calling process.
int clinux_set_child_subreaper(int on);

/// Replaces a word in memory that processes share, if it has the value expected.
int clinux_compare_exchange(uint32_t *word, uint32_t expected, uint32_t desired);
/// set_robust_list(2): when the calling thread ends, however it ends, and the word has its id (gettid(2)), the kernel
/// replaces that by clinux_FUTEX_OWNER_DIED. One word only; none (NULL) any more.
int clinux_mark_own_end(uint32_t *word);
static const uint32_t clinux_FUTEX_OWNER_DIED = 0x40000000;
int32_t clinux_thread_id(void);

/// listmount(2), Linux 6.8: the ids of the mounts of this mount namespace that come after one, 0 for all.
int clinux_list_mounts(uint64_t after, uint64_t *ids, size_t count);
/// struct statmount as of Linux 6.8, with room for texts. The mask tells what of it is filled in.
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
/// statmount(2), Linux 6.8: where a mount is, what of which file system it shows, how it spreads, and its type.
int clinux_stat_mount(uint64_t id, struct clinux_mount *mount);
/// One of the texts, by an offset as in `point`.
const char *clinux_mount_text(const struct clinux_mount *mount, uint32_t offset);
/// statx(2), Linux 5.8: whether something is mounted on a path, which is not followed as a link.
int clinux_is_mount_root(const char *path);
/// open_tree(2), Linux 5.2: what is mounted on a path, and below it, where it is.
int clinux_open_mount(const char *path);
/// The same as a detached copy; of the directory's own descriptor where the path is empty.
int clinux_copy_mounts(int directory, const char *path);
/// mount_setattr(2), Linux 5.12: makes a mount MS_PRIVATE, and MOUNT_ATTR_RDONLY or not; that of the directory's own
/// descriptor where the path is empty.
int clinux_protect_mounts(int directory, const char *path, int is_read_only, int is_recursive);
/// move_mount(2), Linux 5.2: attaches what open_tree gave; a link as the target is followed.
int clinux_move_mount(int from, const char *to, int follows_link);

/// The f_type of fstatfs(2), -1 on failure.
int64_t clinux_file_system_type(int fd);

/// Socket of AF_NETLINK, SOCK_RAW, CLOEXEC, bound to a port the kernel chooses.
int clinux_netlink_socket(int protocol);
/// recvfrom(2) on a netlink socket; the sender's port in *port (0 is the kernel).
ssize_t clinux_netlink_receive(int fd, void *buffer, uint64_t length, int flags, uint32_t *port);
/// sendto(2) to the kernel's netlink port 0.
ssize_t clinux_netlink_send(int fd, const void *buffer, uint64_t length);

/// Socket of AF_PACKET, SOCK_RAW, CLOEXEC, that receives of the frames of all links those which a program of classic BPF
/// (struct sock_filter, `length` instructions) lets in.
int clinux_packet_socket(const void *filter, uint16_t length);
/// sendto(2) on a packet socket, by one link.
ssize_t clinux_packet_send(int fd, int link, const void *frame, uint64_t length);
/// netdevice(7), BRCTL_GET_PORT_LIST: the indices of a bridge's links by the numbers of its ports, 0 where there is none.
int clinux_bridge_ports(int fd, const char *bridge, int32_t indices[1024]);
/// netdevice(7), SIOCGIFNAME: the name of a link, 16 bytes with the 0 at its end.
int clinux_link_name(int fd, int32_t link, char *name);

/// WIFEXITED and its kin are macros.
int clinux_exited(int status);
int clinux_exit_status(int status);
int clinux_signaled(int status);
int clinux_term_signal(int status);
int clinux_stopped(int status);
int clinux_stop_signal(int status);

/// sigtimedwait(2) for a blocked signal, with 0 for any; a negative timeout in milliseconds waits
/// for ever. Gives the signal, its si_code and si_pid, and the value that it was queued with, else 0; -1 with EAGAIN after
/// the timeout.
int clinux_wait_signal(int wanted, int timeout, int *code, int *sender, int *value);
/// sigqueue(3)
int clinux_queue_signal(int pid, int signal, int value);
