/*
 * What an attacker does in the security tests; each mode prints what it achieved, nothing otherwise.
 *   exchange DIR A B...    swaps DIR/A with each B, as fast as it can, until it is killed
 *   spy SECONDS            in a container: tries to look into and to seize every process that appears in its PID namespace
 *   overwrite SECONDS      in a container: tries to write to the executable of every process that appears
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char own_mounts[64];
static unsigned long long own_capabilities;
static unsigned long looked_at;

static void link_of (int pid, const char *what, char *target, size_t size)
{
  char path[64];
  snprintf (path, sizeof path, "/proc/%d/%s", pid, what);
  ssize_t length = readlink (path, target, size - 1);
  target[length < 0 ? 0 : length] = 0;
}

static unsigned long long capabilities_of (int pid)
{
  char path[64], line[256];
  unsigned long long permitted = 0;
  snprintf (path, sizeof path, "/proc/%d/status", pid);
  FILE *file = fopen (path, "r");
  while (file && fgets (line, sizeof line, file))
    sscanf (line, "CapPrm: %llx", &permitted);
  if (file)
    fclose (file);
  return permitted;
}

/* What others of the PID namespace have that we have not: another mount namespace, another root, more capabilities, a directory
   that is not ours below a descriptor. */
static void spy (int pid)
{
  char mounts[64], executable[256], path[64];
  struct stat what, root;
  looked_at++;
  unsigned long long capabilities = capabilities_of (pid);
  link_of (pid, "exe", executable, sizeof executable);
  link_of (pid, "ns/mnt", mounts, sizeof mounts);
  if (mounts[0] && strcmp (mounts, own_mounts))
    printf ("process %d (%s) is in another mount namespace\n", pid, executable);
  if (capabilities & ~own_capabilities)
    printf ("process %d (%s) has the capabilities %llx\n", pid, executable, capabilities);
  stat ("/", &root);
  snprintf (path, sizeof path, "/proc/%d/root", pid);
  if (stat (path, &what) == 0 && (what.st_dev != root.st_dev || what.st_ino != root.st_ino))
    printf ("process %d (%s) has another root\n", pid, executable);
  snprintf (path, sizeof path, "/proc/%d/cwd", pid);
  if (stat (path, &what) == 0 && (what.st_dev != root.st_dev || what.st_ino != root.st_ino))
    printf ("process %d (%s) has another working directory\n", pid, executable);
  for (int fd = 3; fd < 32; fd++)
    {
      snprintf (path, sizeof path, "/proc/%d/fd/%d", pid, fd);
      if (stat (path, &what) == 0 && S_ISDIR (what.st_mode) && (what.st_dev != root.st_dev || what.st_ino != root.st_ino))
        printf ("process %d (%s) holds a directory as %d\n", pid, executable, fd);
    }
  if (ptrace (PTRACE_SEIZE, pid, 0, 0) == 0)
    {
      int status;
      ptrace (PTRACE_INTERRUPT, pid, 0, 0);
      waitpid (pid, &status, __WALL);
      capabilities = capabilities_of (pid);
      if (capabilities & ~own_capabilities)
        printf ("process %d was seized with the capabilities %llx\n", pid, capabilities);
      ptrace (PTRACE_DETACH, pid, 0, 0);
    }
  fflush (stdout);
}

static void overwrite (int pid)
{
  char path[64];
  looked_at++;
  snprintf (path, sizeof path, "/proc/%d/exe", pid);
  int fd = open (path, O_WRONLY);
  if (fd >= 0)
    printf ("the executable of %d was opened for writing\n", pid), fflush (stdout), close (fd);
  else if (errno != ENOENT && errno != ETXTBSY && errno != EPERM && errno != EACCES && errno != EROFS && errno != ESRCH)
    printf ("the executable of %d: %s\n", pid, strerror (errno)), fflush (stdout);
}

static void watch (int seconds, void (*act) (int))
{
  int last = 0;
  time_t end = time (NULL) + seconds;
  link_of (getpid (), "ns/mnt", own_mounts, sizeof own_mounts);
  own_capabilities = capabilities_of (getpid ());
  while (time (NULL) < end)
    {
      DIR *proc = opendir ("/proc");
      struct dirent *entry;
      while (proc && (entry = readdir (proc)))
        {
          int pid = atoi (entry->d_name);
          if (pid > 1 && pid != getpid ())
            act (pid);
          last = pid > last ? pid : last;
        }
      closedir (proc);
      for (int next = last + 1; next < last + 4; next++)
        if (kill (next, 0) == 0)
          act (next);
    }
  printf ("looked at %s\n", looked_at > 20 ? "many" : "few");
}

int main (int argc, char **argv)
{
  if (argc >= 5 && !strcmp (argv[1], "exchange"))
    {
      int directory = open (argv[2], O_PATH | O_DIRECTORY);
      for (;;)
        for (int i = 4; i < argc; i++)
          {
            syscall (SYS_renameat2, directory, argv[3], directory, argv[i], 2 /* RENAME_EXCHANGE */);
            syscall (SYS_renameat2, directory, argv[3], directory, argv[i], 2);
          }
    }
  if (argc == 3 && !strcmp (argv[1], "spy"))
    return watch (atoi (argv[2]), spy), 0;
  if (argc == 3 && !strcmp (argv[1], "overwrite"))
    return watch (atoi (argv[2]), overwrite), 0;
  return 2;
}
