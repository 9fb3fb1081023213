#include "filter.h"

#define NEW_PID 0x20000000ul /* CLONE_NEWPID */
#define OPENER_SECONDS 10

/* All that a process may do whom others in its PID namespace can trace. */
static const struct sock_filter opener_filter[] = {
  FILTER_BEGIN (4),
  FILTER_CALL (clone, 3),
  FILTER_CALL (fsopen, 2),
  FILTER_CALL (sendmsg, 1),
  FILTER_CALL (exit_group, 0),
  FILTER_END (SECCOMP_RET_KILL_PROCESS),
};

/* In the PID namespace. A context is of the namespace of whoever opens it, and of that one's alone. */
static void open_and_send (int socket)
{
  struct descriptor_control control = DESCRIPTOR_CONTROL ((int) SYS (fsopen, "proc", FSOPEN_CLOEXEC));
  char byte = 0;
  __typeof__ (*((struct message_header *) 0)->vectors) vector = { &byte, 1 };
  struct message_header message = { .vectors = &vector, .count = 1, .control = &control, .control_length = sizeof control };
  if (control.fd >= 0)
    SYS (sendmsg, socket, &message, 0x4000 /* MSG_NOSIGNAL */);
  SYS (exit_group, 0);
}

/* Outside still. Its child is born with the one capability that fsopen(2) wants and with a filter that leaves it nothing to do with it:
   who takes it over can send us a descriptor, which is looked at. */
static void bear_opener (int pid_namespace, int socket)
{
  struct { uint32_t version; int pid; } header = { 0x20080522, 0 };
  uint32_t sets[6] = { 1u << 21, 1u << 21, 0, 0, 0, 0 }; /* CAP_SYS_ADMIN */
  struct sock_fprog program = { sizeof opener_filter / sizeof *opener_filter, (struct sock_filter *) opener_filter };
  for (uint64_t capability = 0; SYS (prctl, 24 /* PR_CAPBSET_DROP */, capability, 0, 0, 0) == 0; capability++)
    ;
  if (SYS (setns, pid_namespace, NEW_PID) < 0 || SYS (dup3, socket, 0, 0) < 0 || SYS (close_range, 1, ~0u, 0) < 0)
    SYS (exit_group, 1);
  if (SYS (prctl, 47 /* PR_CAP_AMBIENT */, 4 /* CLEAR_ALL */, 0, 0, 0) < 0 || SYS (capset, &header, sets) < 0
      || SYS (prctl, 38 /* PR_SET_NO_NEW_PRIVS */, 1, 0, 0, 0) < 0 || SYS (seccomp, 1 /* SET_MODE_FILTER */, 0, &program) < 0)
    SYS (exit_group, 1);
  if (SYS (clone, 0x8000 /* CLONE_PARENT */, 0, 0, 0, 0) == 0)
    open_and_send (0);
  SYS (exit_group, 0);
}

static int receive (int socket)
{
  struct descriptor_control control = DESCRIPTOR_CONTROL (-1);
  char byte;
  __typeof__ (*((struct message_header *) 0)->vectors) vector = { &byte, 1 };
  struct message_header message = { .vectors = &vector, .count = 1, .control = &control, .control_length = sizeof control };
  struct { long seconds, microseconds; } limit = { OPENER_SECONDS, 0 };
  TRY (setsockopt, socket, 1 /* SOL_SOCKET */, 20 /* SO_RCVTIMEO */, &limit, sizeof limit);
  long count = SYS (recvmsg, socket, &message, 0x40000000 /* MSG_CMSG_CLOEXEC */);
  if (count < 0)
    return (int) fail (count == -EAGAIN ? "nothing answers in the pid namespace" : "recvmsg", count == -EAGAIN ? -ETIMEDOUT : count);
  return count > 0 && control.fd >= 0 ? control.fd : (int) fail ("fsopen in the pid namespace", -EPERM);
}

/* Before Linux 6.18. */
static int context_from_within (int pid_namespace)
{
  int sockets[2];
  TRY (socketpair, 1 /* AF_UNIX */, 5 | 02000000 /* SOCK_SEQPACKET | SOCK_CLOEXEC */, 0, sockets);
  long pid = TRY (clone, 17 /* SIGCHLD */, 0, 0, 0, 0);
  if (pid == 0)
    bear_opener (pid_namespace, sockets[1]);
  SYS (close, sockets[1]);
  TRY (wait4, pid, 0, 0, 0);
  int context = receive (sockets[0]);
  SYS (close, sockets[0]);
  SYS (wait4, -1, 0, 1 /* WNOHANG */, 0); /* the opener, unless somebody stopped it: whoever reaps for us takes it then */
  return context;
}

/* A file system context of proc for the PID namespace, which is not ours. */
int proc_context (int pid_namespace)
{
  int context = (int) TRY (fsopen, "proc", FSOPEN_CLOEXEC);
  long result = SYS (fsconfig, context, FSCONFIG_SET_FD, "pidns", NULL, pid_namespace);
  if (result >= 0)
    return context;
  SYS (close, context);
  return result == -EINVAL ? context_from_within (pid_namespace) : (int) fail ("fsconfig(pidns)", result);
}
