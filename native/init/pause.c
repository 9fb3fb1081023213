#include "init.h"

#define SIGTERM_NUMBER 15
#define SIGINT_NUMBER 2
#define SIGCHLD_NUMBER 17

/* The sandbox's process: holds its namespaces, reaps what is left to it, and ends at SIGTERM or SIGINT. */
int op_pause (const operation *op)
{
  uint64_t awaited = 1ull << (SIGTERM_NUMBER - 1) | 1ull << (SIGINT_NUMBER - 1) | 1ull << (SIGCHLD_NUMBER - 1);
  (void) op;
  /* Blocked first, so that none is lost between the report and the wait. */
  SYS (rt_sigprocmask, 0 /* SIG_BLOCK */, &awaited, 0, 8);
  SYS (close_range, 0, ~0u, 0);
  for (;;)
    {
      long number = SYS (rt_sigtimedwait, &awaited, 0, 0, 8);
      if (number == SIGCHLD_NUMBER)
        while (SYS (wait4, -1, 0, 1 /* WNOHANG */, 0) > 0)
          ;
      else if (number == SIGTERM_NUMBER || number == SIGINT_NUMBER)
        end (0);
    }
}
