// inject list COMMAND...
// inject PROCESS CALL NUMBER kill|ERRNO COMMAND...
//
// Runs a command and makes one of its system calls fail, or kills the process that makes the call. PROCESS is 0 for the
// command, and 1, 2... for the processes that it forks, in that order, until they execute another program. CALL and
// NUMBER select one of the process's calls: `0 openat 3 ENOMEM`. The call itself is not carried out, so a kill at every
// call is also a kill after every call. But a close that fails has closed the descriptor, as in the kernel. Descriptor
// 3 gets `injected` if the call was reached; with `list`, it gets a line with process and call for each call, and
// `creating` for a call that may make a file. The exit status is the command's, or 128+N if signal N ended it.
//
// strace can do nearly that, but counts calls in every process separately and injects in all: it cannot select the
// third openat of a child if the parent has made three before.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef __x86_64__
#error "only the registers of x86_64 are known here"
#endif

static const char *const names[] = {
#include "calls.h"
};

enum { PROCESSES = 64, REPORT = 3 };

static pid_t processes[PROCESSES];
static int count;

static void fail(const char *what) {
  perror(what);
  exit(255);
}

/// The number of a process, in the order of forks.
static int number_of(pid_t pid) {
  for (int i = 0; i < count; i++)
    if (processes[i] == pid) return i;
  if (count == PROCESSES) exit(255);
  processes[count] = pid;
  return count++;
}

static const char *name_of(unsigned long long call) {
  return call < sizeof names / sizeof *names && names[call] ? names[call] : "unknown";
}

static int error_named(const char *name) {
  for (int error = 1; error < 134; error++)
    if (strerrorname_np(error) && strcmp(strerrorname_np(error), name) == 0) return error;
  fprintf(stderr, "inject: there is no error %s\n", name);
  exit(255);
}

/// At the entry of a call, replaces it by none; at its exit, makes it a call that has failed.
static void set_registers(pid_t pid, long long call, long long result) {
  struct user_regs_struct registers;
  if (ptrace(PTRACE_GETREGS, pid, 0, &registers) < 0) return;
  registers.orig_rax = call;
  registers.rax = result;
  ptrace(PTRACE_SETREGS, pid, 0, &registers);
}

int main(int argc, char **argv) {
  int lists = argc > 2 && strcmp(argv[1], "list") == 0;
  if (argc < 3 || (!lists && argc < 6)) {
    fprintf(stderr, "usage: inject list COMMAND... | inject PROCESS CALL NUMBER kill|ERRNO COMMAND...\n");
    return 255;
  }
  char **command = argv + (lists ? 2 : 5);
  int target = lists ? -1 : atoi(argv[1]);
  const char *call = lists ? "" : argv[2];
  int number = lists ? 0 : atoi(argv[3]);
  int error = lists || strcmp(argv[4], "kill") == 0 ? 0 : error_named(argv[4]);
  fcntl(REPORT, F_SETFD, FD_CLOEXEC);
  // This process waits for what a killed process leaves: that dies with the killed process, but not at the same moment.
  prctl(PR_SET_CHILD_SUBREAPER, 1);

  pid_t first = fork();
  if (first < 0) fail("fork");
  if (first == 0) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    execvp(command[0], command);
    fail(command[0]);
  }
  // This is the stop after the execution.
  int status;
  if (waitpid(first, &status, 0) < 0) fail("waitpid");
  if (!WIFSTOPPED(status)) return WEXITSTATUS(status);
  long options = PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC;
  if (target != 0) options |= PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE;
  ptrace(PTRACE_SETOPTIONS, first, 0, options);
  number_of(first);
  ptrace(PTRACE_SYSCALL, first, 0, 0);

  int result = 255, is_failing = 0;
  // If the kernel cannot get a lock at once (devinet_sysctl_forward), it restarts the call itself, any number of times.
  // This counts as one call.
  static int restarts[PROCESSES];
  while (1) {
    pid_t pid = waitpid(-1, &status, __WALL);
    if (pid < 0) {
      if (errno == EINTR) continue;
      return result;
    }
    int process = number_of(pid);
    if (!WIFSTOPPED(status)) {
      if (process == 0) result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      continue;
    }
    int event = status >> 16, sent = WSTOPSIG(status);
    // A forked process starts with a stop. A process that executes another program is no longer of interest, nor is the
    // parent once the target exists. A process before the target may be the one that forks the target.
    int starts = event == 0 && sent == SIGSTOP;
    int is_over = event == PTRACE_EVENT_EXEC;
    if (event != 0 && event != PTRACE_EVENT_EXEC) {
      unsigned long forked;
      ptrace(PTRACE_GETEVENTMSG, pid, 0, &forked);
      is_over = number_of((pid_t)forked) == target;
    }
    if (event == 0 && sent == (SIGTRAP | 0x80)) {
      struct __ptrace_syscall_info info;
      ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info);
      int is_again = info.op == PTRACE_SYSCALL_INFO_ENTRY && restarts[process];
      restarts[process] = info.op == PTRACE_SYSCALL_INFO_EXIT && info.exit.rval == -513 /* ERESTARTNOINTR */;
      // Two processes that go on at once would leave no processor to the one that has the lock, for minutes.
      if (restarts[process]) usleep(1000);
      // A process before the target may leave a call of its own, which was carried out, before the target leaves this one.
      if (info.op == PTRACE_SYSCALL_INFO_EXIT && is_failing && process == target) {
        set_registers(pid, -1, -error);
        is_over = 1;
      } else if (is_again) {
        sent = 0;
      } else if (info.op == PTRACE_SYSCALL_INFO_ENTRY && lists) {
        int creates = info.entry.nr == SYS_openat && (info.entry.args[2] & (O_CREAT | O_TRUNC));
        dprintf(REPORT, "%d %s%s\n", process, name_of(info.entry.nr), creates ? " creating" : "");
      } else if (
        info.op == PTRACE_SYSCALL_INFO_ENTRY && process == target && strcmp(name_of(info.entry.nr), call) == 0
        && --number == 0) {
        dprintf(REPORT, "injected\n");
        if (error == 0) {
          kill(pid, SIGKILL);
          continue;
        }
        if (info.entry.nr != SYS_close) set_registers(pid, -1, -ENOSYS);
        is_failing = 1;
      }
      sent = 0;
    } else if (event != 0 || starts) {
      sent = 0;
    }
    ptrace(is_over ? PTRACE_DETACH : PTRACE_SYSCALL, pid, 0, (long)sent);
  }
}
