#include "CStart.h"

#include <CLinux.h>
#include <unistd.h>

// Swift's runtime ends by SIGSEGV where a soft limit leaves it too little memory, or stack, to start.
__attribute__((constructor(102))) static void cstart_raise_limits(void) { clinux_raise_limits(); }

// Swift's runtime, linked statically, looks up its own path in /proc and aborts without it, before main. The lowest
// priority that programs may use comes before that.
__attribute__((constructor(101))) static void cstart_require_proc(void) {
  if (access("/proc/self", F_OK) == 0) return;
  static const char text[] = "nsrun: /proc is not mounted, which nsrun needs: mount -t proc proc /proc\n";
  const ssize_t written = write(STDERR_FILENO, text, sizeof text - 1);
  (void)written;
  _exit(125);
}
