/* The clone3 trampoline: the one moment of a spawn in which no managed code may run.
   The child shares the parent's memory until it executes init (CLONE_VM | CLONE_VFORK), so that a managed heap's page
   tables are never copied; it has a stack of its own, no signal handlers, and every signal blocked until the exec. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include "../include/sys.h"

/* linux/sched.h clashes with the C library's sched.h; this is struct clone_args of clone3(2), to its cgroup member. */
struct clone_arguments {
  uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
};

#define CLONE_INTO_CGROUP_FLAG 0x200000000ull

struct spawn_request {
  uint64_t flags;
  int32_t cgroup_fd;        /* with CLONE_INTO_CGROUP */
  int32_t executable_fd;    /* what the child executes */
  const int32_t *inherited; /* descriptors that lose close-on-exec in the child */
  uint32_t inherited_count;
  uint32_t kept; /* descriptors from 3 on that the caller passes; what else it left open ends with the exec */
  int32_t stdio[3]; /* what becomes 0, 1 and 2; -1 leaves the parent's */
  char *const *argv;
  char *const *envp; /* null: the parent's */
  const char *path;  /* what is executed, by path instead; empty: executable_fd */
  int32_t cwd;       /* the working directory; -1 leaves the parent's */
  int32_t pidfd; /* out */
  int32_t error; /* out: errno of the child, 0 when it executed */
};

/* Handlers are reset by exec, but ignored signals stay ignored: .NET ignores SIGPIPE, our caller perhaps SIGHUP. What we make
   starts with none. */
static void default_signals (void)
{
  struct { void *handler; unsigned long flags; void *restorer; uint64_t mask; } action = { 0 };
  for (int number = 1; number <= 64; number++)
    SYS (rt_sigaction, number, &action, 0, 8);
}

static int child (void *argument)
{
  struct spawn_request *request = argument;
  long result = 0;

  for (int i = 0; i < 3 && result >= 0; i++)
    {
      if (request->stdio[i] == i)
        result = SYS (fcntl, i, F_SETFD, 0);
      else if (request->stdio[i] >= 0)
        result = SYS (dup3, request->stdio[i], i, 0);
    }
  if (result >= 0)
    result = SYS (close_range, 3 + request->kept, ~0u, 4 /* CLOSE_RANGE_CLOEXEC */);
  for (uint32_t i = 0; i < request->inherited_count && result >= 0; i++)
    result = SYS (fcntl, request->inherited[i], F_SETFD, 0);
  if (result >= 0 && request->cwd >= 0)
    result = SYS (fchdir, request->cwd);
  default_signals ();
  if (result >= 0)
    {
      uint64_t none = 0;
      result = SYS (rt_sigprocmask, SIG_SETMASK, &none, 0, 8);
    }
  if (result >= 0)
    result = SYS (execveat, request->executable_fd, request->path, request->argv, request->envp ? request->envp : environ, AT_EMPTY_PATH);
  request->error = (int32_t) -result;
  return 127;
}

/* Makes the child and lets it call child (argument) on the stack that arguments names; never returns there. */
static long clone3_call (struct clone_arguments *arguments, void *argument)
{
#if defined(__x86_64__)
  long result;
  register void *r8 __asm__ ("r8") = argument;
  register int (*r9) (void *) __asm__ ("r9") = child;
  __asm__ volatile ("syscall\n\t"
                    "test %%rax, %%rax\n\t"
                    "jnz 1f\n\t"
                    "xor %%ebp, %%ebp\n\t"
                    "mov %%r8, %%rdi\n\t"
                    "call *%%r9\n\t"
                    "mov %%eax, %%edi\n\t"
                    "mov %[exit], %%eax\n\t"
                    "syscall\n\t"
                    "hlt\n"
                    "1:"
                    : "=a"(result)
                    : "a"(__NR_clone3), "D"(arguments), "S"(sizeof *arguments), "r"(r8), "r"(r9), [exit] "i"(__NR_exit)
                    : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register long x0 __asm__ ("x0") = (long) arguments;
  register long x1 __asm__ ("x1") = sizeof *arguments;
  register long x8 __asm__ ("x8") = __NR_clone3;
  register void *x9 __asm__ ("x9") = argument;
  register int (*x10) (void *) __asm__ ("x10") = child;
  __asm__ volatile ("svc 0\n\t"
                    "cbnz x0, 1f\n\t"
                    "mov x29, xzr\n\t"
                    "mov x0, x9\n\t"
                    "blr x10\n\t"
                    "mov x8, %[exit]\n\t"
                    "svc 0\n"
                    "1:"
                    : "+r"(x0)
                    : "r"(x1), "r"(x8), "r"(x9), "r"(x10), [exit] "i"(__NR_exit)
                    : "memory");
  return x0;
#endif
}

/* Returns the child's pid, or a negated errno; request->error tells of a child that could not execute. */
int peapod_spawn (struct spawn_request *request)
{
  _Alignas (16) char stack[16384];
  struct clone_arguments arguments = {
    .flags = request->flags,
    .pidfd = (uint64_t) (uintptr_t) &request->pidfd,
    .exit_signal = SIGCHLD,
    .stack = (uint64_t) (uintptr_t) stack,
    .stack_size = sizeof stack,
    .cgroup = (request->flags & CLONE_INTO_CGROUP_FLAG) ? (uint64_t) request->cgroup_fd : 0,
  };
  uint64_t all = ~0ull, before;

  request->error = 0;
  SYS (rt_sigprocmask, SIG_BLOCK, &all, &before, 8);
  long pid = clone3_call (&arguments, request);
  SYS (rt_sigprocmask, SIG_SETMASK, &before, 0, 8);
  return (int) pid;
}
