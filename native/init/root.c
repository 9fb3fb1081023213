#include "init.h"

#define NEW_MOUNTS 0x20000 /* CLONE_NEWNS */
#define MNT_DETACH 2
#define UMOUNT_NOFOLLOW 8

/* Our root becomes that of the mount namespace, which it is not when our caller lives in a chroot: what is done to "/" from then on
   is done to all of the namespace, and whoever joins it later comes to the root that we leave there. */
static int enter_namespace_root (void)
{
  int self = (int) TRY (pidfd_open, SYS (getpid), 0);
  TRY (setns, self, NEW_MOUNTS);
  SYS (close, self);
  return 0;
}

/* a: MS_SHARED, MS_SLAVE, MS_PRIVATE or MS_UNBINDABLE; b: also below the root; c: the root of the mount namespace, and not ours, which
   is where paths begin until the pivot. */
int op_propagation (const operation *op)
{
  struct mount_attr attributes = { .propagation = op->a };
  int root = -1;
  if (op->c)
    {
      root = (int) TRY (openat, AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
      int entered = enter_namespace_root ();
      if (entered < 0)
        return entered;
    }
  TRY (mount_setattr, AT_FDCWD, "/", op->b ? AT_RECURSIVE : 0, &attributes, sizeof attributes);
  if (root >= 0)
    {
      TRY (fchdir, root);
      TRY (chroot, ".");
      SYS (close, root);
    }
  return 0;
}

/* slot: the root file system, a detached mount; path: a directory of the host to hang it on until the pivot. */
int op_attach_root (const operation *op)
{
  state.root_fd = slot (op);
  TRY (move_mount, state.root_fd, "", AT_FDCWD, text (op->path), MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS);
  return 0;
}

/* The root is where we are already (an exec into a container), or at path, or the one that slot holds. */
int op_use_root (const operation *op)
{
  state.root_fd = op->slot >= 0 ? slot (op) : (int) TRY (openat, AT_FDCWD, text (op->path), O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
  state.pivoted = op->path && equal (text (op->path), "/");
  return 0;
}

static long pivot (void)
{
  TRY (fchdir, state.root_fd);
  TRY (pivot_root, ".", ".");
  /* The old root lies stacked over the new one; what hangs on it must not be unmounted elsewhere too: it is a slave. */
  TRY (umount2, ".", MNT_DETACH);
  return 0;
}

int op_pivot (const operation *op)
{
  (void) op;
  int entered = enter_namespace_root ();
  if (entered < 0)
    return entered;
  long result = pivot ();
  if (result < 0)
    return (int) result;
  TRY (chdir, "/");
  state.pivoted = true;
  return 0;
}

/* Whether path is base or lies below it. */
static bool is_below (const char *path, const char *base)
{
  while (*base && *path == *base)
    path++, base++;
  return *base == 0 && (*path == 0 || *path == '/');
}

/* What is told of a mount in proc_pid_mountinfo(5). */
struct mount_line { char root[2], point[4096], type[8]; };

static void put (char *field, size_t size, size_t at, char byte)
{
  if (at < size - 1)
    field[at] = byte, field[at + 1] = 0;
  else
    field[0] = 0; /* longer than what is looked for */
}

/* Turns \040 and its like back into the bytes that they stand for. */
static void unescape (char *path)
{
  char *to = path;
  for (const char *from = path; *from; to++)
    if (from[0] == '\\' && from[1] && from[2] && from[3])
      *to = (char) ((from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0')), from += 4;
    else
      *to = *from++;
  *to = 0;
}

/* The next line of the file; false after the last. */
static bool read_line (int fd, struct mount_line *line)
{
  static char buffer[4096];
  static long used, at;
  enum { ROOT = 3, POINT = 4, OPTIONAL = 6 };
  int field = 0, type = -1; /* the type comes after a lonely hyphen, which the optional fields end with */
  size_t length_of_field = 0;
  bool hyphen = false;
  line->root[0] = line->point[0] = line->type[0] = 0;
  for (;;)
    {
      if (at >= used)
        {
          used = SYS (read, fd, buffer, sizeof buffer);
          at = 0;
          if (used <= 0)
            return false;
        }
      char byte = buffer[at++];
      if (byte == '\n')
        break;
      if (byte == ' ')
        {
          if (type < 0 && field >= OPTIONAL && hyphen && length_of_field == 1)
            type = field + 1;
          field++;
          length_of_field = 0;
          continue;
        }
      hyphen = byte == '-';
      if (field == ROOT)
        put (line->root, sizeof line->root, length_of_field, byte);
      else if (field == POINT)
        put (line->point, sizeof line->point, length_of_field, byte);
      else if (field == type)
        put (line->type, sizeof line->type, length_of_field, byte);
      length_of_field++;
    }
  unescape (line->point);
  return true;
}

/* Puts an empty directory over a proc or sysfs whose mount is locked: who makes mounts of his own is let in only where all of a file
   system is to be seen already, and of this one nothing is any more. */
static int cover (const struct mount_line *line)
{
  if (!equal (line->root, "/") || !(equal (line->type, "proc") || equal (line->type, "sysfs")))
    return 0;
  int target = (int) TRY (openat, AT_FDCWD, line->point, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
  int tmpfs = empty_directory (NULL);
  int result = tmpfs < 0 ? tmpfs : mount_on (tmpfs, target);
  SYS (close, tmpfs);
  SYS (close, target);
  return result;
}

/* Goes through all mounts but those on the way to the container's root, and below it.
   Returns how many it has unmounted. */
static int unmount_others (const char *place, bool covers)
{
  static struct mount_line line;
  int count = 0, result = 0;
  int proc = private_proc ();
  long fd = proc >= 0 ? SYS (openat, proc, "self/mountinfo", O_RDONLY | O_CLOEXEC, 0) : SYS (openat, AT_FDCWD, "/proc/self/mountinfo", O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0)
    return (int) fail ("openat", fd);
  while (result >= 0 && read_line ((int) fd, &line))
    if (line.point[0] && !equal (line.point, "/") && !is_below (place, line.point) && !is_below (line.point, place))
      {
        if (SYS (umount2, line.point, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
          count++;
        else if (covers)
          result = cover (&line);
      }
  SYS (close, fd);
  return result < 0 ? result : count;
}

/* The root is moved over the old one, which stays below it as what a ramdisk is: the files of the host's first file system. All else
   that is mounted on the host goes: who is behind a chroot(2) only shall find nothing there, and whoever mounts a proc file system in a
   user namespace of his own shall not be let in because the host's is to be seen in our namespace. */
static int move_root (void)
{
  static char place[4096];
  TRY (fchdir, state.root_fd);
  long size = TRY (getcwd, place, sizeof place - 1);
  if (size < 2 || place[0] != '/')
    return (int) fail ("getcwd", -ENOENT);
  place[size - 1] = 0;
  int count;
  do
    count = unmount_others (place, false);
  while (count > 0);
  if (count == 0)
    count = unmount_others (place, true);
  if (count < 0)
    return count;
  TRY (move_mount, state.root_fd, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH);
  /* Our own root is the old one still, so that paths lead into it. */
  for (size_t end = length (place); end > 1; end--)
    if (place[end] == 0 || place[end] == '/')
      {
        place[end] = 0;
        while (SYS (umount2, place, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
          ;
      }
  TRY (fchdir, state.root_fd);
  return 0;
}

/* Without pivot_root(2), which a ramdisk's root refuses (--no-pivot), or with chroot(2) only (a: no mount namespace). */
int op_chroot (const operation *op)
{
  int result = 0;
  if (op->a)
    TRY (fchdir, state.root_fd);
  else
    {
      result = enter_namespace_root ();
      if (result == 0 && pivot () < 0)
        result = move_root ();
    }
  if (result < 0)
    return result;
  TRY (chroot, ".");
  TRY (chdir, "/");
  state.pivoted = true;
  return 0;
}
