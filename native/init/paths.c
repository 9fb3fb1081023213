#include "init.h"

/* A ".." met while anything on the host is renamed has to be looked up anew; who renames without end shall not hold us for ever. */
#define LOOKUPS 100000

/* Resolves path with the container's root as "/": neither symlinks, "..", nor magic links lead out of it. */
int open_in_root (const char *path, uint64_t flags, uint64_t resolve)
{
  struct open_how how = { .flags = flags | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | resolve };
  long fd = -EAGAIN;
  for (int tries = 0; tries < LOOKUPS && fd == -EAGAIN; tries++)
    fd = SYS (openat2, state.root_fd, path, &how, sizeof how);
  return (int) fail ("openat2", fd);
}

/* Makes one missing component below its open parent, and opens it; a symlink in its place leads nowhere and is refused. */
static int make_component (int parent, const char *name, bool directory)
{
  struct open_how how = { .flags = O_PATH | O_CLOEXEC | O_NOFOLLOW | (directory ? O_DIRECTORY : 0), .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS };
  if (directory)
    {
      long made = SYS (mkdirat, parent, name, 0755);
      if (made < 0 && made != -EEXIST)
        return (int) fail ("mkdirat", made);
    }
  else
    {
      long made = SYS (openat, parent, name, O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0755);
      /* It was not there when it was looked up, so what is in its place now is a link that leads nowhere. */
      if (made < 0)
        return (int) (made == -EEXIST ? fail ("dangling symlink", -ELOOP) : fail ("openat", made));
      SYS (close, made);
    }
  long fd = SYS (openat2, parent, name, &how, sizeof how);
  if (fd == -ELOOP || fd == -ENOTDIR)
    return (int) fail ("dangling symlink", -ELOOP);
  return (int) fail ("openat2", fd);
}

/* Opens path as a place to mount on, making what is missing: directories, and at its end a directory or an empty file. */
int make_in_root (const char *path, bool directory, uint64_t resolve)
{
  char prefix[4096];
  int fd = open_in_root (path, O_PATH, resolve);
  if (fd != -ENOENT)
    return fd;

  size_t size = length (path), at = 0;
  if (size >= sizeof prefix)
    return (int) fail ("openat2", -ENAMETOOLONG);

  int parent = open_in_root (".", O_PATH | O_DIRECTORY, 0);
  while (parent >= 0)
    {
      while (path[at] == '/')
        at++;
      size_t start = at;
      while (path[at] && path[at] != '/')
        at++;
      if (start == at)
        return parent;

      size_t rest = at;
      while (path[rest] == '/')
        rest++;
      bool last = path[rest] == 0;

      __builtin_memcpy (prefix, path, at);
      prefix[at] = 0;
      int next = open_in_root (prefix, O_PATH, resolve);
      if (next == -ENOENT)
        next = make_component (parent, prefix + start, directory || !last);
      SYS (close, parent);
      parent = next;
    }
  return parent;
}

/* Opens path as make_in_root does; in_proc: it may be a part of a proc file system, which nothing else may feign. */
int open_target (const char *path, bool directory, uint64_t resolve, bool in_proc)
{
  int target = make_in_root (path, directory, resolve);
  return target >= 0 && !in_proc && is_proc (target) ? (int) fail ("inside proc", -EPERM) : target;
}

/* Opens what lies in the file system that is mounted on the first component of path, which is no other than one of that type:
   so "not there" is said by that file system, and not by a directory that took its place. */
static int open_below_mount (const char *path, uint64_t flags, uint64_t type)
{
  static char first[64]; /* outlives us: the report names it */
  struct open_how how = { .flags = flags | O_CLOEXEC, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };
  size_t at = 0, size = 0;
  while (path[at] == '/')
    at++;
  while (path[at] && path[at] != '/' && size < sizeof first - 1)
    first[size++] = path[at++];
  first[size] = 0;
  while (path[at] == '/')
    at++;
  int mount = open_in_root (first, O_PATH | O_DIRECTORY, RESOLVE_NO_SYMLINKS);
  if (mount < 0)
    return (int) fail (first, mount == -ENOENT ? -ESTALE : mount);
  if (!is_type (mount, type))
    return (int) fail (first, -ESTALE);
  long fd = SYS (openat2, mount, path + at, &how, sizeof how);
  SYS (close, mount);
  return (int) fail ("openat2", fd);
}

/* type: the file system that path's first component must be the root of, 0 for any. */
int open_closed (const char *path, uint64_t type)
{
  return type ? open_below_mount (path, O_PATH, type) : open_in_root (path, O_PATH, 0);
}

/* Opens the directory that holds path's last component, making it if need be, and points name at that component. */
int open_parent_in_root (const char *path, const char **name)
{
  char prefix[4096];
  size_t end = length (path);
  while (end && path[end - 1] != '/')
    end--;
  *name = path + end;
  if (end >= sizeof prefix)
    return (int) fail ("openat2", -ENAMETOOLONG);
  if (end == 0)
    return open_in_root (".", O_PATH | O_DIRECTORY, 0);
  __builtin_memcpy (prefix, path, end);
  prefix[end] = 0;
  return make_in_root (prefix, true, 0);
}

int mount_on (int mount_fd, int target_fd)
{
  return (int) fail ("move_mount", SYS (move_mount, mount_fd, "", target_fd, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH));
}

bool is_type (int fd, uint64_t type)
{
  struct { long type; long rest[15]; } filesystem;
  return SYS (fstatfs, fd, &filesystem) == 0 && (uint64_t) filesystem.type == type;
}

bool is_proc (int fd)
{
  return is_type (fd, 0x9fa0 /* PROC_SUPER_MAGIC */);
}

/* A procfs of this PID namespace that no path leads to and nobody can mount over. */
int private_proc (void)
{
  if (state.proc_fd < 0)
    {
      int context = (int) TRY (fsopen, "proc", FSOPEN_CLOEXEC);
      TRY (fsconfig, context, FSCONFIG_CMD_CREATE, 0, 0, 0);
      state.proc_fd = (int) TRY (fsmount, context, FSMOUNT_CLOEXEC, 0);
      SYS (close, context);
    }
  return state.proc_fd;
}
