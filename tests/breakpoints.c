/* Ends with 0 when a debugger's hardware breakpoint stops a process here, with 1 when it does not, as in some virtual machines.
   ptrace(2), PTRACE_POKEUSER; criu(8) waits for such a stop for ever. */
#include <signal.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__x86_64__)
static __attribute__ ((noinline)) void reached (void)
{
  __asm__ volatile ("");
}

static int poke (pid_t process, int number, unsigned long value)
{
  return (int) ptrace (PTRACE_POKEUSER, process, offsetof (struct user, u_debugreg) + sizeof (long) * (size_t) number, value);
}

int main (void)
{
  int status;
  pid_t process = fork ();
  if (process == 0)
    {
      ptrace (PTRACE_TRACEME, 0, 0, 0);
      raise (SIGSTOP);
      reached ();
      _exit (0);
    }
  waitpid (process, &status, 0);
  if (poke (process, 0, (unsigned long) &reached) != 0 || poke (process, 7, 1) != 0)
    return 1;
  ptrace (PTRACE_CONT, process, 0, 0);
  waitpid (process, &status, 0);
  kill (process, SIGKILL);
  return WIFSTOPPED (status) && WSTOPSIG (status) == SIGTRAP ? 0 : 1;
}
#else
int main (void)
{
  return 0;
}
#endif
