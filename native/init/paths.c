#include "init.h"

/* Resolves path with the container's root as "/": neither symlinks, "..", nor magic links lead out of it. */
int open_in_root (const char *path, uint64_t flags, uint64_t resolve)
{
  struct open_how how = { .flags = flags | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | resolve };
  long fd;
  do
    fd = SYS (openat2, state.root_fd, path, &how, sizeof how);
  while (fd == -EAGAIN); /* a rename raced with the look-up */
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

bool is_proc (int fd)
{
  struct { long type; long rest[15]; } filesystem;
  return SYS (fstatfs, fd, &filesystem) == 0 && filesystem.type == 0x9fa0 /* PROC_SUPER_MAGIC */;
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
