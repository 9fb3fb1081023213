#include "init.h"

/* path: the working directory; a: a refusal is not the last word, for the user may be let in where root is not.
   Where we end up must lie under our root: a descriptor of the host's left open would not. */
int op_cwd (const operation *op)
{
  char buffer[4096];
  if (state.in_cwd)
    return 0;
  long entered = SYS (chdir, text (op->path));
  if (entered == -EACCES && op->a)
    return 0;
  if (entered < 0)
    return (int) fail ("chdir", entered);
  state.in_cwd = true;
  long size = TRY (getcwd, buffer, sizeof buffer);
  if (size < 1 || buffer[0] != '/')
    return (int) fail ("getcwd", -ENOENT);
  return 0;
}

/* One line of passwd(5), cut at its ends: is it uid's, and what is its sixth field? */
static const char *home_of (char *line, uint64_t uid)
{
  char *fields[7];
  int count = 0;
  fields[count++] = line;
  for (char *at = line; *at && count < 7; at++)
    if (*at == ':')
      {
        *at = 0;
        fields[count++] = at + 1;
      }
  if (count < 7 || !fields[2][0])
    return NULL;
  uint64_t number = 0;
  for (const char *digit = fields[2]; *digit; digit++)
    {
      if (*digit < '0' || *digit > '9' || number > UINT32_MAX)
        return NULL;
      number = number * 10 + (uint64_t) (*digit - '0');
    }
  return number == uid && fields[5][0] == '/' ? fields[5] : NULL;
}

/* a: uid. HOME from the container's own passwd, "/" when it names none: what runc does when the environment lacks it. */
int op_home (const operation *op)
{
  static char home[1024];
  char buffer[4096 + 1];
  size_t used = 0;
  append (home, sizeof home, "HOME=");
  state.home = home;

  int fd = open_in_root ("etc/passwd", 00 /* O_RDONLY */ | 04000 /* O_NONBLOCK */ | O_NOCTTY, 0);
  for (int chunks = 0; fd >= 0 && chunks < 256; chunks++)
    {
      long count = SYS (read, fd, buffer + used, sizeof buffer - 1 - used);
      bool ends = count <= 0;
      if (ends)
        buffer[used] = '\n'; /* the last line may lack it */
      used += ends ? 1 : (size_t) count;
      size_t start = 0;
      for (size_t at = 0; at < used; at++)
        if (buffer[at] == '\n')
          {
            buffer[at] = 0;
            const char *found = home_of (buffer + start, op->a);
            if (found && append (home, sizeof home, found))
              {
                SYS (close, fd);
                return 0;
              }
            start = at + 1;
          }
      if (ends)
        break;
      /* Keep the unfinished line; one that fills the whole buffer is nobody's. */
      size_t rest = start == 0 && used == sizeof buffer - 1 ? 0 : used - start;
      for (size_t at = 0; at < rest; at++)
        buffer[at] = buffer[start + at];
      used = rest;
    }
  if (fd >= 0)
    SYS (close, fd);
  append (home, sizeof home, "/");
  return 0;
}

static long runnable (const char *path)
{
  struct statx what;
  long result = SYS (statx, AT_FDCWD, path, 0, STATX_BASIC_STATS, &what);
  if (result < 0)
    return result;
  if ((what.stx_mode & 0170000) == 0040000)
    return -EISDIR;
  return SYS (faccessat2, AT_FDCWD, path, 1 /* X_OK */, 0x200 /* AT_EACCESS */);
}

/* path: args[0]; source: PATH of the container's environment. Finds what op_exec will execute, before anybody waits for it. */
int op_find_executable (const operation *op)
{
  static char candidate[4096];
  const char *name = text (op->path), *directories = text (op->source);
  for (const char *at = name; *at; at++)
    if (*at == '/')
      {
        state.executable = name;
        return (int) fail ("stat", runnable (name));
      }

  long best = -ENOENT;
  while (directories && *directories)
    {
      size_t size = 0;
      while (directories[size] && directories[size] != ':')
        size++;
      if (size + 2 + length (name) < sizeof candidate)
        {
          __builtin_memcpy (candidate, directories, size);
          candidate[size] = 0;
          append (candidate, sizeof candidate, size ? "/" : "./");
          append (candidate, sizeof candidate, name);
          long result = runnable (candidate);
          if (result == 0)
            {
              state.executable = candidate;
              return 0;
            }
          if (result == -EACCES)
            best = result;
        }
      directories += size;
      directories += *directories == ':';
    }
  return (int) fail ("PATH", best);
}

/* The list at a, with HOME behind it when op_home found one: the plan leaves room for it. */
char **environment (const operation *op, bool with_home)
{
  operation strings = { .list = (uint32_t) op->a };
  char **envp = list (&strings), **end = envp;
  while (*end)
    end++;
  if (with_home && state.home)
    {
      end[0] = state.home;
      end[1] = NULL;
    }
  return envp;
}

/* path: args[0]; list: args, then a null is put behind; a: the offset of the environment's list. */
int op_exec (const operation *op)
{
  char **argv = list (op), **envp = environment (op, true);
  apply_umask ();
  return (int) fail ("execve", SYS (execve, state.executable, argv, envp));
}
