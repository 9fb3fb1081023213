/* Tries the system calls that it is given the names of and says how each ended: "keyctl EPERM". */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static long try_one (const char *name)
{
  if (!strcmp (name, "keyctl"))
    return syscall (SYS_keyctl, 0, -3, 0, 0, 0);
  if (!strcmp (name, "add_key"))
    return syscall (SYS_add_key, "user", "peapod", "x", 1, -2);
  if (!strcmp (name, "request_key"))
    return syscall (SYS_request_key, "user", "peapod", NULL, 0);
  if (!strcmp (name, "mount"))
    return mount ("none", "/tmp", "tmpfs", 0, NULL);
  if (!strcmp (name, "unshare"))
    return unshare (CLONE_NEWUSER);
  if (!strcmp (name, "clone"))
    {
      long pid = syscall (SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
      if (pid == 0)
        _exit (0);
      return pid;
    }
  if (!strcmp (name, "clone3"))
    return syscall (SYS_clone3, NULL, 0);
  if (!strcmp (name, "bpf"))
    return syscall (SYS_bpf, 0, NULL, 0);
  if (!strcmp (name, "userfaultfd"))
    return syscall (SYS_userfaultfd, 0);
  if (!strcmp (name, "io_uring_setup"))
    return syscall (SYS_io_uring_setup, 1, NULL);
  if (!strcmp (name, "kexec_load"))
    return syscall (SYS_kexec_load, 0, 0, NULL, 0);
  if (!strcmp (name, "open_by_handle_at"))
    return syscall (SYS_open_by_handle_at, -1, NULL, 0);
  if (!strcmp (name, "vsock"))
    return socket (40 /* AF_VSOCK */, SOCK_STREAM, 0);
  if (!strcmp (name, "alg"))
    return socket (38 /* AF_ALG */, SOCK_SEQPACKET, 0);
  if (!strcmp (name, "algpair"))
    {
      int pair[2];
      return socketpair (38, SOCK_SEQPACKET, 0, pair);
    }
#ifdef __x86_64__
  if (!strcmp (name, "socketcall"))
    {
      /* As a 32-bit program: the number in eax, what it points to below 4 GB. */
      unsigned *arguments = mmap ((void *) 0x10000, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
      long result;
      arguments[0] = 40, arguments[1] = SOCK_STREAM, arguments[2] = 0;
      __asm__ volatile ("int $0x80" : "=a" (result) : "a" (102), "b" (1), "c" (arguments) : "memory");
      errno = (int) -result;
      return result < 0 ? -1 : result;
    }
#endif
  if (!strcmp (name, "personality"))
    return syscall (SYS_personality, 0x0040000 /* ADDR_NO_RANDOMIZE */);
  if (!strcmp (name, "ptrace"))
    {
      pid_t pid = fork ();
      if (pid == 0)
        for (;;)
          pause ();
      long result = ptrace (PTRACE_SEIZE, pid, 0, 0);
      int error = errno;
      kill (pid, SIGKILL);
      waitpid (pid, NULL, 0);
      errno = error;
      return result;
    }
  errno = EDOM;
  return -1;
}

int main (int argc, char **argv)
{
  for (int i = 1; i < argc; i++)
    printf ("%s %s\n", argv[i], try_one (argv[i]) >= 0 ? "done" : strerrorname_np (errno));
  return 0;
}
