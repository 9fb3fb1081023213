/*
 * peapod-keeper: starts a pod's supervisor, and another one as soon as that dies. It is parent of the supervisor and sub-reaper of the
 * pod's processes, so it learns how those end whose supervisor has died; and it keeps descriptors that must not die with a supervisor (terminals,
 * standard inputs, the reading ends of logs), as systemd's descriptor store does. It decides nothing and allocates nothing.
 *
 * argv: the name, the pod's key, then as decimal numbers the descriptors of the supervisor's executable, of its arguments (NUL-separated), and of
 * the caller's cgroup.procs (-1 for none); and, when it takes the place of a keeper that has died, a socket to the supervisor and that one's number.
 */
#include <errno.h>
#include <linux/stat.h>
#include <stdbool.h>
#include "../include/sys.h"

/* Messages, both ways, on a SOCK_SEQPACKET socket. src/Peapod.Shim/Keeping/KeeperMessage.cs has the same. */
enum kind { STORE = 1, DROP = 2, FETCH = 3, EXITED = 4, READY = 5, DONE = 6 };

struct message {
  uint32_t kind;
  int32_t pid;    /* EXITED: to the supervisor: has ended; from it: is known there, and can be forgotten */
  int32_t status; /* as wait4 has it */
  char name[116]; /* STORE, DROP: the descriptor's */
};

enum { MOST_DESCRIPTORS = 1024, MOST_ENDED = 1024, MOST_ARGUMENTS = 32, ARGUMENTS_SIZE = 16384, SOCKET_OF_SUPERVISOR = 3 };

#define CLOEXEC 0x80000
#define AT_FDCWD_ -100
#define SIGCHLD_BIT (1ull << (17 - 1))

static struct { int fd; char name[116]; } stored[MOST_DESCRIPTORS];
static struct { int32_t pid, status; } ended[MOST_ENDED];
static unsigned stored_count, ended_next;
static char arguments_text[ARGUMENTS_SIZE];
static char *arguments[MOST_ARGUMENTS];
static char *environment[] = { "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "PEAPOD_KEEPER=3", 0 };
static char **cgroups; /* after the supervisor's arguments: directories to be removed when the pod is over */

static int executable = -1, home = -1, supervisor_socket = -1, supervisor_pidfd = -1;
static int32_t supervisor_pid;
static bool ready, done;

struct iovec_ { void *base; size_t length; };
struct msghdr_ { void *name; uint32_t name_length; struct iovec_ *vectors; size_t count; void *control; size_t control_length; int flags; };
struct control { size_t length; int level, type, fd, padding; };
struct pollfd_ { int fd; short events, returned; };
struct timespec_ { int64_t seconds, nanoseconds; };

void *memset (void *target, int value, size_t size)
{
  for (size_t i = 0; i < size; i++)
    ((volatile char *) target)[i] = (char) value;
  return target;
}

void *memcpy (void *target, const void *source, size_t size)
{
  for (size_t i = 0; i < size; i++)
    ((volatile char *) target)[i] = ((const char *) source)[i];
  return target;
}

static _Noreturn void end (int status)
{
  for (;;)
    SYS (exit_group, status);
}

static bool same (const char *a, const char *b)
{
  while (*a && *a == *b)
    a++, b++;
  return *a == *b;
}

static int number (const char *digits)
{
  int value = 0;
  if (*digits == '-')
    return -1;
  while (*digits >= '0' && *digits <= '9')
    value = value * 10 + (*digits++ - '0');
  return value;
}

/* Milliseconds of a clock that only goes on. */
static int64_t now (void)
{
  struct timespec_ time = { 0 };
  SYS (clock_gettime, 1 /* CLOCK_MONOTONIC */, &time);
  return time.seconds * 1000 + time.nanoseconds / 1000000;
}

static void close_fd (int *fd)
{
  if (*fd >= 0)
    SYS (close, *fd);
  *fd = -1;
}

static long send_message (struct message *message, int fd, int flags)
{
  struct iovec_ vector = { message, sizeof *message };
  struct control control = { 20, 1 /* SOL_SOCKET */, 1 /* SCM_RIGHTS */, fd, 0 };
  struct msghdr_ header = { .vectors = &vector, .count = 1, .control = fd < 0 ? 0 : &control, .control_length = fd < 0 ? 0 : sizeof control };
  return SYS (sendmsg, supervisor_socket, &header, 0x4000 /* MSG_NOSIGNAL */ | flags);
}

/* descriptors */

static void drop (const char *name)
{
  for (unsigned i = 0; i < stored_count; i++)
    if (same (stored[i].name, name))
      {
        SYS (close, stored[i].fd);
        stored[i] = stored[--stored_count];
        return;
      }
}

static void store (const char *name, int fd)
{
  if (fd < 0)
    return;
  drop (name);
  if (stored_count == MOST_DESCRIPTORS)
    {
      SYS (close, fd);
      return;
    }
  stored[stored_count].fd = fd;
  memcpy (stored[stored_count++].name, name, sizeof stored[0].name);
}

/* ends of processes */

static void note_end (int32_t pid, int32_t status)
{
  unsigned place = MOST_ENDED;
  for (unsigned i = 0; i < MOST_ENDED && place == MOST_ENDED; i++)
    if (ended[i].pid == pid)
      place = i;
  for (unsigned i = 0; i < MOST_ENDED && place == MOST_ENDED; i++)
    if (ended[i].pid == 0)
      place = i;
  if (place == MOST_ENDED)
    place = ended_next++ % MOST_ENDED;
  ended[place].pid = pid;
  ended[place].status = status;
}

static void forget_end (int32_t pid)
{
  for (unsigned i = 0; i < MOST_ENDED; i++)
    if (ended[i].pid == pid)
      ended[i].pid = 0;
}

/* Whatever has no other parent any more. The supervisor's own children are the supervisor's to reap. */
static void reap (void)
{
  int32_t status;
  long pid;
  while ((pid = SYS (wait4, -1, &status, 1 /* WNOHANG */ | 0x40000000 /* __WALL */, 0)) > 0)
    {
      if (pid == supervisor_pid)
        continue;
      note_end ((int32_t) pid, status);
      struct message message = { .kind = EXITED, .pid = (int32_t) pid, .status = status };
      if (supervisor_socket >= 0)
        send_message (&message, -1, 0x40 /* MSG_DONTWAIT: it asks for all of them when it begins */);
    }
}

static void answer_fetch (void)
{
  reap ();
  for (unsigned i = 0; i < stored_count; i++)
    {
      struct message message = { .kind = STORE };
      memcpy (message.name, stored[i].name, sizeof message.name);
      if (send_message (&message, stored[i].fd, 0) < 0)
        return;
    }
  for (unsigned i = 0; i < MOST_ENDED; i++)
    if (ended[i].pid)
      {
        struct message message = { .kind = EXITED, .pid = ended[i].pid, .status = ended[i].status };
        if (send_message (&message, -1, 0) < 0)
          return;
      }
  struct message last = { .kind = FETCH };
  send_message (&last, -1, 0);
}

/* Returns whether there was a message. */
static bool take_message (void)
{
  struct message message = { 0 };
  struct iovec_ vector = { &message, sizeof message };
  struct control control = { 0 };
  struct msghdr_ header = { .vectors = &vector, .count = 1, .control = &control, .control_length = sizeof control };
  long count = SYS (recvmsg, supervisor_socket, &header, 0x40 /* MSG_DONTWAIT */ | 0x40000000 /* MSG_CMSG_CLOEXEC */);
  if (count == 0 || (count < 0 && count != -EAGAIN && count != -EINTR))
    close_fd (&supervisor_socket); /* it has ended, or is about to */
  if (count != sizeof message)
    return count > 0;
  int fd = header.control_length >= 20 && control.type == 1 ? control.fd : -1;
  message.name[sizeof message.name - 1] = 0;
  switch (message.kind)
    {
    case STORE:
      store (message.name, fd);
      return true;
    case DROP:
      drop (message.name);
      break;
    case FETCH:
      answer_fetch ();
      break;
    case EXITED:
      forget_end (message.pid);
      break;
    case READY:
      ready = true;
      break;
    case DONE:
      done = true;
      break;
    }
  close_fd (&fd);
  return true;
}

/* the supervisor */

static void start_supervisor (void)
{
  int pair[2];
  ready = false;
  if (SYS (socketpair, 1 /* AF_UNIX */, 5 /* SOCK_SEQPACKET */ | CLOEXEC, 0, pair) < 0)
    return;
  long pid = SYS (clone, 0x1000 /* CLONE_PIDFD */ | 17 /* SIGCHLD */, 0, &supervisor_pidfd);
  if (pid == 0)
    {
      uint64_t none = 0;
      SYS (rt_sigprocmask, 2 /* SIG_SETMASK */, &none, 0, 8);
      SYS (dup3, pair[1], SOCKET_OF_SUPERVISOR, 0);
      SYS (execveat, executable, "", arguments, environment, 0x1000 /* AT_EMPTY_PATH */);
      end (127);
    }
  SYS (close, pair[1]);
  if (pid < 0)
    {
      SYS (close, pair[0]);
      supervisor_pidfd = -1;
      return;
    }
  supervisor_pid = (int32_t) pid;
  supervisor_socket = pair[0];
  /* Only the first one has somebody to report to. */
  SYS (dup3, 1, 0, 0);
}

/* The pod is gone, and its cgroup is empty but for this process, which leaves it for that of whoever started the pod. */
static void remove_cgroups (void)
{
  if (home < 0)
    return;
  /* Whoever waits for this process to leave may unmount what it had open. */
  SYS (close_range, 0, home - 1, 0);
  SYS (close_range, home + 1, ~0u, 0);
  if (SYS (write, home, "0", 1) != 1)
    return;
  for (char **path = cgroups; *path; path++)
    if (SYS (lgetxattr, *path, "trusted.peapod", 0, 0) < 0 && path != cgroups)
      return;
    else if (SYS (unlinkat, AT_FDCWD_, *path, 0x200 /* AT_REMOVEDIR */) < 0)
      return;
}

/* How many arguments the supervisor has, these, and the cgroups' directories. */
static void read_arguments (int fd)
{
  static char *texts[MOST_ARGUMENTS];
  long size = SYS (pread64, fd, arguments_text, sizeof arguments_text - 1, 0);
  unsigned count = 0;
  for (long at = 0; at < size && count < MOST_ARGUMENTS - 1; at++)
    {
      texts[count++] = arguments_text + at;
      while (arguments_text[at])
        at++;
    }
  unsigned own = count > 0 ? (unsigned) number (texts[0]) : count;
  if (own >= count)
    end (125);
  for (unsigned i = 0; i < own; i++)
    arguments[i] = texts[i + 1];
  cgroups = texts + 1 + own;
}

/* Out of the way of the supervisor's socket. */
static int moved (int fd)
{
  if (fd < 0)
    return -1;
  long high = SYS (fcntl, fd, 1030 /* F_DUPFD_CLOEXEC */, 10);
  SYS (close, fd);
  return (int) high;
}

static void settle (void)
{
  struct { uint64_t soft, hard; } files = { MOST_DESCRIPTORS + 64, MOST_DESCRIPTORS + 64 };
  SYS (prctl, 4 /* PR_SET_DUMPABLE */, 0, 0, 0, 0);
  SYS (prctl, 15 /* PR_SET_NAME */, "peapod-keeper", 0, 0, 0);
  SYS (prctl, 36 /* PR_SET_CHILD_SUBREAPER */, 1, 0, 0, 0);
  SYS (prlimit64, 0, 7 /* RLIMIT_NOFILE */, &files, 0);
  SYS (setsid);
  SYS (chdir, "/");
  long score = SYS (openat, AT_FDCWD_, "/proc/self/oom_score_adj", 1 | CLOEXEC, 0);
  if (score >= 0)
    {
      SYS (write, score, "-999", 4);
      SYS (close, score);
    }
}

/* Milliseconds before the next supervisor is started: none, unless they die one after the other. */
static int64_t pause_of (int64_t lived, bool was_ready, unsigned *failures)
{
  if (was_ready)
    {
      *failures = 0;
      return lived < 1000 ? 100 : 0;
    }
  *failures += *failures < 5;
  return 200ll << *failures;
}

/* first: the command that makes the pod waits for the supervisor, and starts no other when that fails. */
static void watch (int signals, bool first)
{
  int64_t started = now (), start_at = 0;
  unsigned failures = 0;
  for (;;)
    {
      if (supervisor_pidfd < 0 && now () >= start_at)
        {
          started = now ();
          start_supervisor ();
          start_at = now () + 1000;
        }
      struct pollfd_ entries[3] = { { signals, 1, 0 }, { supervisor_pidfd, 1, 0 }, { supervisor_socket, 1, 0 } };
      struct timespec_ left = { 0 };
      int64_t wait = start_at - now ();
      if (wait > 0)
        left = (struct timespec_) { wait / 1000, wait % 1000 * 1000000 };
      SYS (ppoll, entries, 3, supervisor_pidfd < 0 ? &left : 0, 0, 0);

      char info[128];
      SYS (read, signals, info, sizeof info);
      bool over = entries[1].returned != 0;
      if (supervisor_socket >= 0)
        while (supervisor_socket >= 0 && take_message ())
          ;
      reap ();
      if (!over)
        continue;

      close_fd (&supervisor_pidfd);
      close_fd (&supervisor_socket);
      supervisor_pid = 0;
      if (done || (first && !ready))
        return;
      first = false;
      start_at = now () + pause_of (now () - started, ready, &failures);
    }
}

/* The supervisor that has started this keeper. It may have ended since: then it has left word, or another one is to be started. */
static void take_over (int pid)
{
  ready = true;
  supervisor_pidfd = (int) SYS (pidfd_open, pid, 0);
  if (supervisor_pidfd >= 0 && SYS (getppid) == pid)
    {
      supervisor_pid = pid;
      return;
    }
  close_fd (&supervisor_pidfd);
  while (supervisor_socket >= 0 && take_message ())
    ;
  close_fd (&supervisor_socket);
}

__attribute__ ((used)) _Noreturn void keeper_main (long *stack)
{
  char **argv = (char **) (stack + 1);
  uint64_t child = SIGCHLD_BIT;
  if (stack[0] < 5)
    end (125);
  settle ();
  executable = moved (number (argv[2]));
  int text = moved (number (argv[3]));
  read_arguments (text);
  close_fd (&text);
  home = moved (number (argv[4]));
  if (stack[0] >= 7)
    {
      supervisor_socket = moved (number (argv[5]));
      take_over (number (argv[6]));
    }
  SYS (rt_sigprocmask, 0 /* SIG_BLOCK */, &child, 0, 8);
  int signals = (int) SYS (signalfd4, -1, &child, 8, CLOEXEC | 0x800 /* SFD_NONBLOCK */);
  if (!done)
    watch (signals, stack[0] < 7);
  if (done)
    remove_cgroups ();
  end (0);
}

#if defined(__x86_64__)
__asm__ (".globl _start\n_start:\n\txor %ebp, %ebp\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall keeper_main\n\thlt\n");
#elif defined(__aarch64__)
__asm__ (".globl _start\n_start:\n\tmov x29, xzr\n\tmov x30, xzr\n\tmov x0, sp\n\tbl keeper_main\n\tbrk 0\n");
#endif
