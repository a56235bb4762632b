#include "CStart.h"

#include <CLinux.h>
#include <unistd.h>

// If a soft limit leaves too little memory or stack, Swift's runtime crashes with SIGSEGV at startup.
__attribute__((constructor(102))) static void cstart_raise_limits(void) { clinux_raise_limits(); }

// Swift's statically linked runtime looks up its own path in /proc before main and aborts without it. Priority 101, the
// lowest that programs may use, runs earlier.
__attribute__((constructor(101))) static void cstart_require_proc(void) {
  if (access("/proc/self", F_OK) == 0) return;
  static const char text[] = "nsrun: /proc is not mounted, which nsrun needs: mount -t proc proc /proc\n";
  const ssize_t written = write(STDERR_FILENO, text, sizeof text - 1);
  (void)written;
  _exit(125);
}
