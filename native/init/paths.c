#include "init.h"

/* A ".." met while anything on the host is renamed has to be looked up anew; who renames without end shall not hold us for ever. */
#define LOOKUPS 100000

/* Both as the kernel has them. */
#define PATH_SIZE 4096
#define LINKS 40

/* Resolves path with the container's root as "/": neither symlinks, "..", nor magic links lead out of it. */
int open_in_root (const char *path, uint64_t flags, uint64_t resolve)
{
  struct open_how how = { .flags = flags | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | resolve };
  long fd = -EAGAIN;
  for (int tries = 0; tries < LOOKUPS && fd == -EAGAIN; tries++)
    fd = SYS (openat2, state.root_fd, path, &how, sizeof how);
  return (int) fail ("openat2", fd);
}

/* Makes one missing component below its open parent, and opens it. A symlink that took its place meanwhile is refused. */
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
      if (made < 0)
        return (int) fail ("openat", made);
      SYS (close, made);
    }
  return (int) fail ("openat2", SYS (openat2, parent, name, &how, sizeof how));
}

/* If name, the end of path, is a symlink below parent, puts what it says in its place, with rest after it: 1 then, 0 if it is none. */
static int follow_link (int parent, char *path, size_t name, const char *rest)
{
  char target[PATH_SIZE], joined[PATH_SIZE];
  long size = SYS (readlinkat, parent, path + name, target, sizeof target);
  if (size == -EINVAL || size == -ENOENT)
    return 0;
  if (size < 0)
    return (int) fail ("readlinkat", size);
  if ((size_t) size == sizeof target)
    return (int) fail ("readlinkat", -ENAMETOOLONG);
  target[size] = 0;

  __builtin_memcpy (joined, path, name);
  joined[target[0] == '/' ? 0 : name] = 0;
  if (!append (joined, sizeof joined, target) || (*rest && !append (joined, sizeof joined, "/")) || !append (joined, sizeof joined, rest))
    return (int) fail ("readlinkat", -ENAMETOOLONG);
  __builtin_memcpy (path, joined, length (joined) + 1);
  return 1;
}

/* Opens path as a place to mount on, making what is missing: directories, and at its end a directory or an empty file. Where a
   symlink leads to nothing, what it leads to is made: inside the root, where the link's text is looked up like any path. */
int make_in_root (const char *path, bool directory, uint64_t resolve)
{
  char walk[PATH_SIZE] = "";
  int fd = open_in_root (path, O_PATH, resolve);
  if (fd != -ENOENT)
    return fd;
  if (!append (walk, sizeof walk, path))
    return (int) fail ("openat2", -ENAMETOOLONG);

  int links = 0;
  size_t at = 0;
  int parent = open_in_root (".", O_PATH | O_DIRECTORY, 0);
  while (parent >= 0)
    {
      while (walk[at] == '/')
        at++;
      size_t name = at;
      while (walk[at] && walk[at] != '/')
        at++;
      if (name == at)
        return parent;

      size_t rest = at;
      while (walk[rest] == '/')
        rest++;
      bool last = walk[rest] == 0;
      char separator = walk[at];
      walk[at] = 0;

      int next = open_in_root (walk, O_PATH, resolve);
      if (next == -ENOENT)
        {
          int followed = links++ < LINKS ? follow_link (parent, walk, name, walk + rest) : (int) fail ("openat2", -ELOOP);
          if (followed == 0)
            next = make_component (parent, walk + name, directory || !last);
          else
            next = followed < 0 ? followed : open_in_root (".", O_PATH | O_DIRECTORY, 0);
          if (followed > 0)
            at = 0, separator = walk[0];
        }
      walk[at] = separator;
      SYS (close, parent);
      parent = next;
    }
  return parent;
}

/* Opens path as make_in_root does. in_proc: it may be a part of a proc file system, which nothing else may feign; on_link: a symlink
   at its end is the target itself. */
int open_target (const char *path, bool directory, uint64_t resolve, bool in_proc, bool on_link)
{
  int target = on_link ? open_in_root (path, O_PATH | O_NOFOLLOW, resolve) : -ENOENT;
  if (target == -ENOENT)
    target = make_in_root (path, directory, resolve);
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
  char prefix[PATH_SIZE];
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

/* What is mounted there becomes the root. */
bool is_root (int fd)
{
  struct statx root, what;
  if (SYS (statx, fd, "", AT_EMPTY_PATH, STATX_INO | STATX_MNT_ID, &what) < 0
      || SYS (statx, state.root_fd, "", AT_EMPTY_PATH, STATX_INO | STATX_MNT_ID, &root) < 0)
    return false;
  return what.stx_mnt_id == root.stx_mnt_id && what.stx_ino == root.stx_ino;
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
