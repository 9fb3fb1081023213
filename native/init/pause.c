#include "filter.h"

#define SIGTERM_NUMBER 15
#define SIGINT_NUMBER 2
#define SIGCHLD_NUMBER 17

/* Containers that share their processes may trace ours, which would be of no use to them: it has no capabilities, and these calls. */
static const struct sock_filter pause_filter[] = {
  FILTER_BEGIN (4),
  FILTER_CALL (rt_sigtimedwait, 3),
  FILTER_CALL (wait4, 2),
  FILTER_CALL (exit_group, 1),
  FILTER_CALL (restart_syscall, 0),
  FILTER_END (SECCOMP_RET_ERRNO | EPERM),
};

/* The sandbox's process: holds its namespaces, reaps what is left to it, and ends at SIGTERM or SIGINT. */
int op_pause (const operation *op)
{
  uint64_t awaited = 1ull << (SIGTERM_NUMBER - 1) | 1ull << (SIGINT_NUMBER - 1) | 1ull << (SIGCHLD_NUMBER - 1);
  struct sock_fprog program = { sizeof pause_filter / sizeof *pause_filter, (struct sock_filter *) pause_filter };
  (void) op;
  /* Blocked first, so that none is lost between the report and the wait. */
  SYS (rt_sigprocmask, 0 /* SIG_BLOCK */, &awaited, 0, 8);
  SYS (close_range, 0, ~0u, 0);
  SYS (seccomp, 1 /* SECCOMP_SET_MODE_FILTER */, 0, &program); /* a kernel that has none has none for the containers either */
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
