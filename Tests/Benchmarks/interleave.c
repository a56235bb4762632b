// interleave RUNS LABEL [@PID] COMMAND [ARG...] [@@ LABEL [@PID] COMMAND [ARG...]]...
//
// Compares commands: starts them in turn, RUNS times each, and prints a row of a Markdown table for each of them: the
// median and the 90th percentile of the time from its start to its end, in milliseconds, and the median of the ratio of
// this time to the first command's time in the same turn. What disturbs the machine for a while disturbs all commands
// alike.
//
// With @PID, the command starts in the network and mount namespaces of that process: on another throwaway host.
//
// The kernel tears a network namespace down after the namespace's last process has ended, and this delays work on links
// or namespaces. So that no command pays for the previous one, there is a pause of PAUSE milliseconds (50) between
// them.
//
// The output of the commands is discarded. If a command fails, this program counts and reports that, and exits with 1.
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { MOST_COMMANDS = 16, WARM_UPS = 3 };

struct command {
  const char *label;
  char **arguments;
  const char *host;
  double *times, *ratios;
  int failures;
};

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

static unsigned pause_microseconds = 50000;

// Enters the namespaces of a process.
static void enter(const char *process) {
  static const struct { const char *name; int type; } namespaces[] = {{"net", CLONE_NEWNET}, {"mnt", CLONE_NEWNS}};
  char path[2][64];
  int files[2];
  for (int i = 0; i < 2; i++) {
    snprintf(path[i], sizeof path[i], "/proc/%s/ns/%s", process, namespaces[i].name);
    files[i] = open(path[i], O_RDONLY | O_CLOEXEC);
  }
  for (int i = 0; i < 2; i++) {
    if (setns(files[i], namespaces[i].type)) perror(path[i]), exit(2);
    close(files[i]);
  }
}

// Runs a command once, after a pause, and returns its time in milliseconds.
static double run(struct command *command) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
  pid_t child;
  int status;
  usleep(pause_microseconds);
  if (command->host) enter(command->host);
  double start = now();
  int error = posix_spawnp(&child, command->arguments[0], &files, NULL, command->arguments, environ);
  if (error) {
    fprintf(stderr, "interleave: %s: %s\n", command->arguments[0], strerror(error));
    exit(2);
  }
  waitpid(child, &status, 0);
  double time = now() - start;
  posix_spawn_file_actions_destroy(&files);
  if (status) command->failures++;
  return time;
}

static int ascending(const void *left, const void *right) {
  double a = *(const double *)left, b = *(const double *)right;
  return (a > b) - (a < b);
}

static double percentile(double *values, int count, int percent) {
  qsort(values, count, sizeof *values, ascending);
  return values[count * percent / 100];
}

int main(int count, char **arguments) {
  int runs = count > 3 ? atoi(arguments[1]) : 0, commands = 0, failed = 0;
  if (runs < 1) return fputs("usage: interleave RUNS LABEL [@PID] COMMAND [ARG...] [@@ ...]...\n", stderr), 2;
  if (getenv("PAUSE")) pause_microseconds = 1000 * atoi(getenv("PAUSE"));
  struct command all[MOST_COMMANDS] = {0};
  for (int i = 2; i < count && commands < MOST_COMMANDS; i++) {
    if (i + 1 >= count) return fprintf(stderr, "interleave: no command for %s\n", arguments[i]), 2;
    struct command *command = &all[commands++];
    *command = (struct command){.label = arguments[i], .arguments = &arguments[i + 1]};
    if (*command->arguments[0] == '@') command->host = *command->arguments++ + 1;
    command->times = calloc(runs, sizeof(double));
    command->ratios = calloc(runs, sizeof(double));
    while (i < count && strcmp(arguments[i], "@@")) i++;
    if (i < count) arguments[i] = NULL;
  }
  for (int turn = -WARM_UPS; turn < runs; turn++)
    for (int i = 0; i < commands; i++) {
      double time = run(&all[i]);
      if (turn < 0) continue;
      all[i].times[turn] = time;
      all[i].ratios[turn] = time / all[0].times[turn];
    }
  for (int i = 0; i < commands; i++) {
    struct command *command = &all[i];
    printf("| %s | %.2f | %.2f | %.2f |\n", command->label, percentile(command->times, runs, 50),
           percentile(command->times, runs, 90), percentile(command->ratios, runs, 50));
    if (command->failures) {
      fprintf(stderr, "interleave: '%s' failed %d times\n", command->label, command->failures);
      failed = 1;
    }
  }
  return failed;
}
