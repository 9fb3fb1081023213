#include "init.h"

#define NEW_USER 0x10000000ul /* CLONE_NEWUSER */

/* slot: a namespace, or a pidfd; a: CLONE_NEW*; b: SETNS_*; source: the supplementary groups are kept, which else go before we enter a
   user namespace that may not let us drop them. */
int op_setns (const operation *op)
{
  if (op->b == SETNS_REST && state.joined & op->a)
    return 0;
  if (op->a & NEW_USER && !op->source)
    SYS (setgroups, 0, NULL);
  long result = SYS (setns, slot (op), op->a);
  if (result == -EPERM && op->b == SETNS_TRY)
    return 0;
  if (result == 0)
    state.joined |= op->a;
  return (int) fail ("setns", result);
}

/* a: CLONE_NEW* of what clone3 must not make: a cgroup namespace's root is the cgroup that its maker is in by then. */
int op_unshare (const operation *op)
{
  TRY (unshare, op->a);
  return 0;
}

/* The time namespace that op_unshare made is our children's; this makes it ours. Once a process is in it, its offsets are fixed. */
int op_enter_time (const operation *op)
{
  (void) op;
  int proc = private_proc ();
  if (proc < 0)
    return proc;
  int fd = (int) TRY (openat, proc, "self/ns/time_for_children", O_RDONLY | O_CLOEXEC, 0);
  TRY (setns, fd, 0x80 /* CLONE_NEWTIME */);
  SYS (close, fd);
  return 0;
}

/* a: CLONE_NEW*; b: the stage at which the parent learns the new process's number.
   A user namespace must be entered before those that it shall own are made: so the process that goes on is a sibling, a child of
   our parent too, which does the rest of the plan. */
int op_spawn (const operation *op)
{
  struct { uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls; } arguments = { .flags = op->a | 0x8000 /* CLONE_PARENT */ };
  long pid = TRY (clone3, &arguments, sizeof arguments);
  if (pid)
    {
      report_stage ((uint32_t) op->b, (int) pid);
      SYS (exit_group, 0);
    }
  await_leave ();
  return 0;
}

/* The process that goes on is born here, with a filter, capabilities, ids and descriptors that are the container's already: what we
   did to be like that, nobody saw in the PID namespace that it is born into. Only clone(2) is left to us, whose flags filters know.
   a: BIRTH_*; b: the stage at which the parent learns its number. */
int op_birth (const operation *op)
{
  long pid = TRY (clone, 0x8000 /* CLONE_PARENT */, 0, 0, 0, 0);
  if (pid)
    {
      report_stage ((uint32_t) op->b, (int) pid);
      end (0);
    }
  await_leave ();
  if (op->a & BIRTH_SESSION)
    TRY (setsid, 0);
  if (op->a & BIRTH_TERMINAL)
    TRY (ioctl, 0, 0x540e /* TIOCSCTTY */, 0);
  return 0;
}

/* The parent writes the maps of our new user namespace at stage a; then we become its root, or the first of its users when it has none:
   whose files are made is somebody then. c: the user, and the group << 32; b: every group is gone. */
int op_map_users (const operation *op)
{
  report_stage ((uint32_t) op->a, 0);
  await_leave ();
  uint32_t user = (uint32_t) op->c, group = (uint32_t) (op->c >> 32);
  TRY (setresgid, group, group, group);
  TRY (setresuid, user, user, user);
  if (op->b)
    TRY (setgroups, 0, 0);
  SYS (prctl, 4 /* PR_SET_DUMPABLE */, 0, 0, 0, 0);
  return 0;
}

/* a: the terminal that is standard input becomes the new session's. */
int op_setsid (const operation *op)
{
  TRY (setsid, 0);
  if (op->a)
    TRY (ioctl, 0, 0x540e /* TIOCSCTTY */, 0);
  return 0;
}

int op_hostname (const operation *op)
{
  TRY (sethostname, text (op->data), length (text (op->data)));
  return 0;
}

int op_domainname (const operation *op)
{
  TRY (setdomainname, text (op->data), length (text (op->data)));
  return 0;
}

/* path: below /proc/sys; data: the value. */
int op_sysctl (const operation *op)
{
  struct open_how how = { .flags = O_WRONLY | O_CLOEXEC, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV };
  int proc = private_proc ();
  if (proc < 0)
    return proc;
  int directory = (int) TRY (openat, proc, "sys", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
  int fd = (int) TRY (openat2, directory, text (op->path), &how, sizeof how);
  TRY (write, fd, text (op->data), length (text (op->data)));
  SYS (close, fd);
  SYS (close, directory);
  return 0;
}

/* Sets lo up, as runc does for a network namespace of the container's own. netdevice(7). */
int op_loopback (const operation *op)
{
  struct { char name[16]; short flags; char pad[22]; } request = { .name = "lo" };
  (void) op;
  int fd = (int) TRY (socket, 2 /* AF_INET */, 2 | 02000000 /* SOCK_DGRAM | SOCK_CLOEXEC */, 0);
  TRY (ioctl, fd, 0x8913 /* SIOCGIFFLAGS */, &request);
  request.flags |= 1 /* IFF_UP */;
  TRY (ioctl, fd, 0x8914 /* SIOCSIFFLAGS */, &request);
  SYS (close, fd);
  return 0;
}
