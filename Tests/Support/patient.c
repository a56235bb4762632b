// patient SECONDS COMMAND [ARG...]
//
// Runs a command, and kills it with its whole process group if it does not end in time. The exit status is then 124;
// otherwise it is the command's, or 128+N if signal N ended it. This is like timeout(1), but the time is counted in
// ticks of this process: while a virtual machine stands still, the command gets no time either.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: patient SECONDS COMMAND [ARG...]\n");
    return 125;
  }
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  sigprocmask(SIG_BLOCK, &child, NULL);
  pid_t pid = fork();
  if (pid < 0) return 125;
  if (pid == 0) {
    setpgid(0, 0);
    sigprocmask(SIG_UNBLOCK, &child, NULL);
    execvp(argv[2], argv + 2);
    perror(argv[2]);
    _exit(127);
  }
  int status, has_ended = 0;
  for (long ticks = atol(argv[1]) * 10; ticks > 0 && !has_ended; ticks--) {
    struct timespec tick = {.tv_nsec = 100000000};
    sigtimedwait(&child, NULL, &tick);
    has_ended = waitpid(pid, &status, WNOHANG) == pid;
  }
  if (has_ended) return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  kill(-pid, SIGKILL);
  waitpid(pid, &status, 0);
  return 124;
}
