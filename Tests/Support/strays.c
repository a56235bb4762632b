// strays KIND: a process that is hard to find, or that keeps its network namespace without a process inside. It ignores
// SIGTERM.
//   thread     its main thread has ended
//   visitor    only its second thread enters the namespace of the file FILE
//   chain      each process only starts a new session and forks the next one
//   hand       passes something out through the UNIX socket FILE, and ends: a `packet` socket, a `datagram` socket
//              without a port, or a `table` of /proc/net
//   take       receives it, and keeps it
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const char *file;

static void *stay(void *argument) {
  for (;;) pause();
}
static void *visit(void *argument) {
  if (setns(open(file, O_RDONLY), CLONE_NEWNET) < 0) _exit(1);
  puts("ready");
  fflush(stdout);
  return stay(argument);
}
static int socket_at(int (*with)(int, const struct sockaddr *, socklen_t)) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  strncpy(address.sun_path, file, sizeof address.sun_path - 1);
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  if (with(fd, (void *)&address, sizeof address) < 0) _exit(1);
  return fd;
}
static int opened(const char *what) {
  if (!strcmp(what, "packet")) return socket(AF_PACKET, SOCK_RAW, 0);
  if (!strcmp(what, "datagram")) return socket(AF_INET, SOCK_DGRAM, 0);
  return open("/proc/self/net/tcp", O_RDONLY);
}
/// Sends the descriptor `held`, or receives one if `held` is -1.
static void pass(int fd, int held) {
  char byte = 0;
  _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof held)];
  struct iovec data = {&byte, 1};
  struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  if (held < 0) {
    if (recvmsg(fd, &message, 0) < 0) _exit(1);
    return;
  }
  struct cmsghdr *head = CMSG_FIRSTHDR(&message);
  *head = (struct cmsghdr){CMSG_LEN(sizeof held), SOL_SOCKET, SCM_RIGHTS};
  memcpy(CMSG_DATA(head), &held, sizeof held);
  if (sendmsg(fd, &message, 0) < 0) _exit(1);
}

int main(int count, char **arguments) {
  const char *kind = arguments[1];
  file = arguments[2];
  pthread_t thread;
  signal(SIGTERM, SIG_IGN);
  if (!strcmp(kind, "thread")) {
    pthread_create(&thread, NULL, stay, NULL);
    pthread_exit(NULL);
  }
  if (!strcmp(kind, "visitor")) {
    pthread_create(&thread, NULL, visit, NULL);
    stay(NULL);
  }
  if (!strcmp(kind, "hand")) {
    pass(socket_at(connect), opened(arguments[3]));
    return 0;
  }
  if (!strcmp(kind, "take")) {
    int fd = socket_at(bind);
    listen(fd, 1);
    puts("ready");
    fflush(stdout);
    int one = accept(fd, NULL, NULL);
    pass(one, -1);
    stay(NULL);
  }
  // A chain of a million processes ends by itself.
  for (int number = 0; number < 1000000; number++) {
    if (fork() > 0) _exit(0);
    setsid();
  }
}
