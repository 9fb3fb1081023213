#include "init.h"

#define NEW_LISTENER (1u << 3)
#define SYS_ADMIN (1u << 21)
#define STAGE_LISTENER 5

struct filter_program { unsigned short count; const void *instructions; };

/* data: the filter, struct sock_filter[c]; a: SECCOMP_FILTER_FLAG_*; b: 0, or SECCOMP_PRIVILEGED to install it by
   CAP_SYS_ADMIN, which is permitted here and not effective, and is given up then unless SECCOMP_KEEP is there too.
   With a listener, the parent takes it from us before we go on. */
int op_seccomp (const operation *op)
{
  struct { uint32_t version; int pid; } header = { 0x20080522, 0 };
  uint32_t sets[6]; /* effective, permitted, inheritable; then their upper halves */
  struct filter_program program = { (unsigned short) op->c, state.plan + op->data };

  apply_umask ();
  if (op->b & SECCOMP_PRIVILEGED)
    {
      TRY (capget, &header, sets);
      uint32_t effective = sets[0];
      sets[0] |= sets[1] & SYS_ADMIN;
      TRY (capset, &header, sets);
      sets[0] = effective;
    }
  long listener = TRY (seccomp, 1 /* SECCOMP_SET_MODE_FILTER */, op->a, &program);
  if (op->b & SECCOMP_PRIVILEGED)
    {
      if (!(op->b & SECCOMP_KEEP))
        sets[1] &= ~SYS_ADMIN;
      /* The parent holds off a filter that would refuse this. */
      TRY (capset, &header, sets);
    }
  if (op->a & NEW_LISTENER)
    {
      report_stage (STAGE_LISTENER, (int) listener);
      await_leave ();
      SYS (close, listener);
    }
  return 0;
}
