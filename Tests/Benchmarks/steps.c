// steps LOW HIGH COMMAND [ARG...]: runs a command and its children instruction by instruction, each until it executes
// another program. Prints the addresses from LOW to HIGH (hexadecimal, 16 digits each) that they reached, each once, in
// order.
#define _GNU_SOURCE
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef __x86_64__
#error "the register with the address of the next instruction has another name here"
#endif

int main(int count, char **arguments) {
  if (count < 4) return 2;
  unsigned long low = strtoul(arguments[1], NULL, 16), high = strtoul(arguments[2], NULL, 16);
  unsigned char *seen = calloc(high - low, 1);
  pid_t first = fork();
  if (first == 0) {
    dup2(2, 1);  // The command's output is not part of the result.
    ptrace(PTRACE_TRACEME);
    raise(SIGSTOP);
    execv(arguments[3], arguments + 3);
    _exit(127);
  }
  int status, isStarted = 0;
  waitpid(first, &status, 0);
  ptrace(PTRACE_SETOPTIONS, first, 0,
         PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC);
  ptrace(PTRACE_CONT, first, 0, 0);
  for (pid_t process; (process = waitpid(-1, &status, __WALL)) > 0;) {
    if (process == first && WIFEXITED(status) && WEXITSTATUS(status) != 0) return 1;
    if (!WIFSTOPPED(status)) continue;
    int signal = WSTOPSIG(status), event = status >> 16;
    if (event == PTRACE_EVENT_EXEC && isStarted++) {
      ptrace(PTRACE_DETACH, process, 0, 0);
      continue;
    }
    if (signal == SIGTRAP && event == 0) {
      unsigned long at = ptrace(PTRACE_PEEKUSER, process, offsetof(struct user_regs_struct, rip), 0);
      if (at >= low && at < high && !seen[at - low]) {
        seen[at - low] = 1;
        printf("%016lx\n", at);
      }
    }
    if (signal == SIGTRAP || signal == SIGSTOP) signal = 0;
    ptrace(PTRACE_SINGLESTEP, process, 0, signal);
  }
  return 0;
}
