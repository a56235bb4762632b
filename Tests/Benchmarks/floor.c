// floor NAME COMMAND [ARG...]: the least that any program can do to give a command its own network on an existing
// bridge. `nsrun --net br0 -- COMMAND` is compared with it.
//
// It makes a network namespace with a name, a veth pair from the bridge br0 into it, an address, a default route via
// 10.99.0.1, and a mount namespace with the /sys of the new network namespace. Then it runs the command, and removes
// the name; the veth pair disappears with the namespace. It checks and chooses nothing: it has one fixed address
// (10.99.0.2, or that of the variable IP), no lease, no firewall and no record, and it leaves things behind if it is
// ended half way. With USERNS in the environment, a user namespace that maps every id to itself owns the network
// namespace.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void fail(const char *what) {
  perror(what);
  exit(125);
}

// Several netlink requests, sent in one call.
static struct {
  _Alignas(NLMSG_ALIGNTO) char bytes[4096];
  int length;
  int requests;
  struct nlmsghdr *last;
} batch;

static void *append(const void *data, int size) {
  char *place = batch.bytes + batch.length;
  memset(place, 0, NLMSG_ALIGN(size));
  if (data) memcpy(place, data, size);
  batch.length += NLMSG_ALIGN(size);
  if (batch.last) batch.last->nlmsg_len = batch.bytes + batch.length - (char *)batch.last;
  return place;
}

static void request(int type, int flags, const void *fixed, int size) {
  struct nlmsghdr header = {.nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags, .nlmsg_seq = 1};
  batch.last = NULL;
  struct nlmsghdr *place = append(&header, sizeof header);
  batch.last = place;
  append(fixed, size);
  batch.requests++;
}

static struct rtattr *attribute(int type, const void *data, int size) {
  struct rtattr header = {.rta_type = type, .rta_len = RTA_LENGTH(size)};
  struct rtattr *place = append(&header, sizeof header);
  if (size) append(data, size);
  return place;
}

// Ends a nested attribute, which reaches to the end of what has been appended.
static void close_nest(struct rtattr *nest) { nest->rta_len = batch.bytes + batch.length - (char *)nest; }

// Sends the batch, and waits until the kernel has carried out all of it.
static void perform(int socket) {
  struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
  if (sendto(socket, batch.bytes, batch.length, 0, (void *)&kernel, sizeof kernel) < 0) fail("netlink send");
  while (batch.requests > 0) {
    _Alignas(NLMSG_ALIGNTO) char reply[8192];
    int length = recv(socket, reply, sizeof reply, 0);
    if (length < 0) fail("netlink receive");
    for (struct nlmsghdr *m = (void *)reply; NLMSG_OK(m, length); m = NLMSG_NEXT(m, length)) {
      if (m->nlmsg_type != NLMSG_ERROR) continue;
      errno = -((struct nlmsgerr *)NLMSG_DATA(m))->error;
      if (errno) fail("netlink request");
      batch.requests--;
    }
  }
  batch.length = 0;
  batch.last = NULL;
}

static void make_veth(int socket, unsigned bridge, int namespace) {
  char host_end[IFNAMSIZ];
  snprintf(host_end, sizeof host_end, "floor%d", getpid());
  struct ifinfomsg up = {.ifi_flags = IFF_UP, .ifi_change = IFF_UP}, peer = {0};
  request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &up, sizeof up);
  attribute(IFLA_IFNAME, host_end, strlen(host_end) + 1);
  attribute(IFLA_MASTER, &bridge, sizeof bridge);
  struct rtattr *info = attribute(IFLA_LINKINFO, NULL, 0);
  attribute(IFLA_INFO_KIND, "veth", strlen("veth"));
  struct rtattr *data = attribute(IFLA_INFO_DATA, NULL, 0);
  struct rtattr *other_end = attribute(VETH_INFO_PEER, &peer, sizeof peer);
  attribute(IFLA_IFNAME, "eth0", sizeof "eth0");
  // The peer is made inside: to move it there later takes milliseconds.
  attribute(IFLA_NET_NS_FD, &namespace, sizeof namespace);
  close_nest(other_end);
  close_nest(data);
  close_nest(info);
  perform(socket);
}

// Maps all ids of a child's user namespace to themselves.
static void map_ids(pid_t child, const char *map) {
  char file[64], text[] = "0 0 4294967295";
  snprintf(file, sizeof file, "/proc/%d/%s", child, map);
  int descriptor = open(file, O_WRONLY | O_CLOEXEC);
  if (descriptor < 0 || write(descriptor, text, strlen(text)) < 0) fail(file);
  close(descriptor);
}

static void configure(int socket, unsigned eth0) {
  struct ifinfomsg lo_up = {.ifi_index = 1, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
  struct ifinfomsg eth0_up = {.ifi_index = eth0, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
  struct ifaddrmsg on_eth0 = {.ifa_family = AF_INET, .ifa_prefixlen = 24, .ifa_index = eth0};
  struct rtmsg to_all = {.rtm_family = AF_INET, .rtm_table = RT_TABLE_MAIN, .rtm_protocol = RTPROT_BOOT,
                         .rtm_scope = RT_SCOPE_UNIVERSE, .rtm_type = RTN_UNICAST};
  struct in_addr address, gateway;
  inet_pton(AF_INET, getenv("IP") ? getenv("IP") : "10.99.0.2", &address);
  inet_pton(AF_INET, "10.99.0.1", &gateway);
  request(RTM_NEWLINK, 0, &lo_up, sizeof lo_up);
  request(RTM_NEWLINK, 0, &eth0_up, sizeof eth0_up);
  request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &on_eth0, sizeof on_eth0);
  attribute(IFA_LOCAL, &address, sizeof address);
  attribute(IFA_ADDRESS, &address, sizeof address);
  request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, &to_all, sizeof to_all);
  attribute(RTA_GATEWAY, &gateway, sizeof gateway);
  attribute(RTA_OIF, &eth0, sizeof eth0);
  perform(socket);
}

int main(int count, char **arguments) {
  if (count < 3) return fputs("usage: floor NAME COMMAND [ARG...]\n", stderr), 125;
  char name[256], of_child[64], signal = 0;
  snprintf(name, sizeof name, "/run/netns/%s", arguments[1]);
  int route = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  unsigned bridge = if_nametoindex("br0");
  if (route < 0 || home < 0 || !bridge) fail("br0");
  mkdir("/run/netns", 0755);
  int file = open(name, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0);
  if (file < 0) fail(name);
  close(file);

  int ready[2], go[2];
  if (pipe2(ready, O_CLOEXEC) || pipe2(go, O_CLOEXEC)) fail("pipe");
  pid_t child = fork();
  if (child < 0) fail("fork");
  if (child == 0) {
    close(go[1]);
    if (unshare(CLONE_NEWNET | (getenv("USERNS") ? CLONE_NEWUSER : 0))) fail("unshare");
    if (write(ready[1], &signal, 1) != 1) _exit(125);
    // While the parent builds the network, the child makes the mount namespace.
    if (unshare(CLONE_NEWNS)) fail("unshare");
    if (mount("", "/", NULL, MS_SLAVE | MS_REC, NULL)) fail("/");
    if (mount("sysfs", "/sys", "sysfs", 0, NULL)) fail("/sys");
    if (read(go[0], &signal, 1) != 1) _exit(125);
    execvp(arguments[2], arguments + 2);
    _exit(127);
  }
  if (read(ready[0], &signal, 1) != 1) fail("child");

  if (getenv("USERNS")) {
    map_ids(child, "uid_map");
    map_ids(child, "gid_map");
  }
  snprintf(of_child, sizeof of_child, "/proc/%d/ns/net", child);
  if (mount(of_child, name, NULL, MS_BIND, NULL)) fail(name);
  int namespace = open(of_child, O_RDONLY | O_CLOEXEC);
  make_veth(route, bridge, namespace);
  // A socket stays in the namespace in which it was opened.
  if (setns(namespace, CLONE_NEWNET)) fail("setns");
  int inside = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  unsigned eth0 = if_nametoindex("eth0");
  if (setns(home, CLONE_NEWNET)) fail("setns");
  configure(inside, eth0);

  int status;
  if (write(go[1], &signal, 1) != 1 || waitpid(child, &status, 0) != child) fail("child");
  if (umount2(name, MNT_DETACH) || unlink(name)) fail(name);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
