/* chain PROGRAM [ARGUMENT...] [-- PROGRAM ...]: the programs one after the other, without a shell between them. */
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

extern char **environ;

int main(int argc, char **argv)
{
  (void)argc;
  for (char **next = argv + 1; *next;) {
    char **program = next;
    while (*next && strcmp(*next, "--") != 0)
      next++;
    if (*next)
      *next++ = NULL;
    pid_t pid;
    int status, error = posix_spawn(&pid, program[0], NULL, NULL, program, environ);
    if (error != 0 || waitpid(pid, &status, 0) < 0 || status != 0) {
      fprintf(stderr, "chain: %s %s failed\n", program[0], program[1] ? program[1] : "");
      return 1;
    }
  }
  return 0;
}
