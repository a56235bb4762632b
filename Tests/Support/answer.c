// Prints "ready", and "caught" for each signal of these names that it gets. SIGRTMAX ends it with status 5, after it has
// printed "end" and how many it has caught. A shell with a trap may wait for its next line while a signal is pending.
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int count, char **names) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGRTMAX);
  for (int i = 1; i < count; i++)
    for (int number = 1; number < SIGRTMIN; number++) {
      const char *name = sigabbrev_np(number);
      if (name && strcmp(name, names[i]) == 0) sigaddset(&set, number);
    }
  // The C library calls it by its older name.
  for (int i = 1; i < count; i++)
    if (strcmp(names[i], "IO") == 0) sigaddset(&set, SIGIO);
  sigprocmask(SIG_BLOCK, &set, NULL);
  puts("ready");
  fflush(stdout);
  int caught = 0, number;
  while (sigwait(&set, &number) == 0 && number != SIGRTMAX) {
    caught++;
    puts("caught");
    fflush(stdout);
  }
  printf("end %d\n", caught);
  return 5;
}
