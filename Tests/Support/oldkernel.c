// oldkernel COMMAND [ARG...]
//
// Executes a command for which the kernel cannot list mounts, as before Linux 6.8: statmount(2) and listmount(2) fail
// with ENOSYS.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { STATMOUNT = 457, LISTMOUNT = 458 };

int main(int count, char **arguments) {
  struct sock_filter code[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    BPF_JUMP(BPF_JMP | BPF_K | BPF_JEQ, STATMOUNT, 1, 0),
    BPF_JUMP(BPF_JMP | BPF_K | BPF_JEQ, LISTMOUNT, 0, 1),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {sizeof code / sizeof *code, code};
  if (count < 2) return fputs("usage: oldkernel COMMAND [ARG...]\n", stderr), 2;
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) return perror("oldkernel: seccomp"), 2;
  if (syscall(LISTMOUNT, 0, 0, 0, 0) != -1 || errno != ENOSYS) return fputs("oldkernel: no effect\n", stderr), 2;
  execvp(arguments[1], arguments + 1);
  perror(arguments[1]);
  return 127;
}
