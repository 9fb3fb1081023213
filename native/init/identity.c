#include "init.h"

/* a: RLIMIT_*; b: soft; c: hard. */
int op_rlimit (const operation *op)
{
  uint64_t limit[2] = { op->b, op->c };
  TRY (prlimit64, 0, op->a, limit, 0);
  return 0;
}

/* data: a struct sched_attr. */
int op_scheduler (const operation *op)
{
  TRY (sched_setattr, 0, state.plan + op->data, 0);
  return 0;
}

/* a: the class, 13 bits up, and the priority in it. */
int op_io_priority (const operation *op)
{
  TRY (ioprio_set, 1 /* IOPRIO_WHO_PROCESS */, 0, op->a);
  return 0;
}

/* a: PER_*. */
int op_personality (const operation *op)
{
  TRY (personality, op->a);
  return 0;
}

/* data: a set of CPUs, one bit each; a: its size in bytes. */
int op_affinity (const operation *op)
{
  TRY (sched_setaffinity, 0, op->a, state.plan + op->data);
  return 0;
}

/* a: MPOL_* with MPOL_F_*; data: a set of memory nodes, one bit each; b: the number of bits. */
int op_memory_policy (const operation *op)
{
  /* The kernel looks at one bit less than it is told of. */
  TRY (set_mempolicy, op->a, op->b ? state.plan + op->data : NULL, op->b ? op->b + 1 : 0);
  return 0;
}

/* slot: a procfs of ours, attached nowhere; path: a file in it; data: the security label that our exec takes. The parent made
   that procfs: one that we would make in a user namespace is refused when parts of the container's /proc are masked. */
int op_label (const operation *op)
{
  struct open_how how = { .flags = O_WRONLY | O_CLOEXEC, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV };
  if (!is_proc (slot (op)))
    return (int) fail ("fstatfs", -EPERM);
  int fd = (int) TRY (openat2, slot (op), text (op->path), &how, sizeof how);
  TRY (write, fd, text (op->data), length (text (op->data)));
  SYS (close, fd);
  SYS (close, slot (op));
  return 0;
}

/* data: the name of a session keyring, new or that of the container's first process; a kernel without keyrings, or a full
   quota, leaves the old one. */
int op_keyring (const operation *op)
{
  long keyring = SYS (keyctl, 1 /* KEYCTL_JOIN_SESSION_KEYRING */, text (op->data), 0, 0, 0);
  if (keyring == -ENOSYS || keyring == -EDQUOT)
    return 0;
  if (keyring < 0)
    return (int) fail ("keyctl", keyring);
  /* Whoever joins it later by its name must be allowed to search it: the usual rights, and KEY_USR_SEARCH. */
  SYS (keyctl, 5 /* KEYCTL_SETPERM */, keyring, 0x3f1b0000, 0, 0);
  return 0;
}

/* b: how many descriptors after 2 the process keeps; slot, a: those that op_wait_start works on; c: HOOK_*, what hooks that are
   still to run write to. Close-on-exec would not do for the
   rest: pidfd_getfd(2) takes a descriptor from whoever waits for the exec. */
int op_close_fds (const operation *op)
{
  int kept[5] = { state.report_fd, slot (op), op->slot < 0 ? -1 : slot_number ((uint32_t) op->a + 1), slot_number (HOOK_OUTPUT (op->c)), slot_number (HOOK_ERROR (op->c)) };
  for (uint64_t fd = 3; fd < 3 + op->b; fd++)
    TRY (fcntl, fd, 2 /* F_SETFD */, 0);
  for (uint32_t from = 3 + (uint32_t) op->b; from;)
    {
      uint32_t next = ~0u;
      for (int i = 0; i < 5; i++)
        if (kept[i] >= 0 && (uint32_t) kept[i] >= from && (uint32_t) kept[i] < next)
          next = (uint32_t) kept[i];
      if (next > from)
        TRY (close_range, from, next == ~0u ? next : next - 1, 0);
      from = next + 1;
    }
  state.root_fd = state.proc_fd = state.mask_directory = state.mask_file = -1;
  return 0;
}

/* a: the capabilities that stay in the bounding set; b: the highest that the kernel knows. */
int op_bounding (const operation *op)
{
  for (uint64_t capability = 0; capability < 64; capability++)
    if (!(op->a >> capability & 1))
      {
        long result = SYS (prctl, 24 /* PR_CAPBSET_DROP */, capability, 0, 0, 0);
        if (result == -EINVAL)
          break; /* the kernel knows no more */
        if (result < 0)
          return (int) fail ("prctl(PR_CAPBSET_DROP)", result);
      }
  return 0;
}

/* A user namespace may deny setgroups(2): that there are none to have and none left will do, too. */
static long set_groups (uint64_t count, const void *groups)
{
  long result = SYS (setgroups, count, groups);
  return result == -EPERM && count == 0 && SYS (getgroups, 0, NULL) == 0 ? 0 : result;
}

/* a: uid; b: gid; list of groups in data as uint32_t[c], unless source says that they stay. Capabilities are kept until
   op_capabilities sets them. */
int op_user (const operation *op)
{
  TRY (prctl, 8 /* PR_SET_KEEPCAPS */, 1, 0, 0, 0);
  if (op->source == 0)
    {
      long result = set_groups (op->c, op->data ? state.plan + op->data : NULL);
      if (result < 0)
        return (int) fail ("setgroups", result);
    }
  TRY (setresgid, op->b, op->b, op->b);
  TRY (setresuid, op->a, op->a, op->a);
  TRY (prctl, 8, 0, 0, 0, 0);
  return 0;
}

/* a: effective; b: permitted; c: inheritable; list in data: one uint64_t, ambient. */
int op_capabilities (const operation *op)
{
  struct { uint32_t version; int pid; } header = { 0x20080522, 0 };
  uint32_t sets[6] = { (uint32_t) op->a, (uint32_t) op->b, (uint32_t) op->c, (uint32_t) (op->a >> 32), (uint32_t) (op->b >> 32), (uint32_t) (op->c >> 32) };
  uint64_t ambient = *(const uint64_t *) (state.plan + op->data);
  TRY (capset, &header, sets);
  TRY (prctl, 47 /* PR_CAP_AMBIENT */, 4 /* CLEAR_ALL */, 0, 0, 0);
  for (uint64_t capability = 0; capability < 64; capability++)
    if (ambient >> capability & 1)
      {
        long result = SYS (prctl, 47, 2 /* RAISE */, capability, 0, 0);
        if (result < 0)
          return (int) fail ("prctl(PR_CAP_AMBIENT)", result);
      }
  SYS (prctl, 4 /* PR_SET_DUMPABLE */, 0, 0, 0, 0); /* another user made it what fs.suid_dumpable says */
  return 0;
}

int op_no_new_privileges (const operation *op)
{
  (void) op;
  TRY (prctl, 38 /* PR_SET_NO_NEW_PRIVS */, 1, 0, 0, 0);
  return 0;
}

void apply_umask (void)
{
  if (state.umask >= 0)
    SYS (umask, state.umask);
  state.umask = -1;
}

int op_umask (const operation *op)
{
  state.umask = (long) op->a;
  return 0;
}
