#include "init.h"

/* Directories deeper than this are refused: each one costs a descriptor and two kilobytes of stack. */
#define DEPTH_LIMIT 128

struct directory_entry { uint64_t inode; int64_t next; uint16_t size; uint8_t type; char name[]; };

static int copy_entries (int from, int to, int depth);

static int copy_content (int from, int to, const char *name)
{
  int source = (int) TRY (openat, from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0);
  int target = (int) TRY (openat, to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  long count;
  do
    count = SYS (sendfile, target, source, 0, 0x7ffff000);
  while (count > 0 || count == -EINTR);
  SYS (close, source);
  SYS (close, target);
  return count < 0 ? (int) fail ("sendfile", count) : 0;
}

static int copy_link (int from, int to, const char *name)
{
  char target[4096];
  long size = TRY (readlinkat, from, name, target, sizeof target - 1);
  target[size] = 0;
  TRY (symlinkat, target, to, name);
  return 0;
}

static int copy_directory (int from, int to, const char *name, int depth)
{
  int source = (int) TRY (openat, from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
  TRY (mkdirat, to, name, 0700);
  int target = (int) TRY (openat, to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
  int result = copy_entries (source, target, depth + 1);
  SYS (close, source);
  SYS (close, target);
  return result;
}

/* One entry with its mode and owner. Sockets are left out: nobody listens on a copy. */
static int copy_entry (int from, int to, const char *name, int depth)
{
  struct statx what;
  TRY (statx, from, name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &what);
  uint64_t major = what.stx_rdev_major, minor = what.stx_rdev_minor;
  int result = 0;
  switch (what.stx_mode & 0170000)
    {
    case 0040000:
      result = copy_directory (from, to, name, depth);
      break;
    case 0100000:
      result = copy_content (from, to, name);
      break;
    case 0120000:
      result = copy_link (from, to, name);
      break;
    case 0140000:
      return 0;
    default:
      result = (int) fail ("mknodat", SYS (mknodat, to, name, what.stx_mode, (minor & 0xff) | (major & 0xfff) << 8 | (minor & ~0xffull) << 12));
      break;
    }
  if (result < 0)
    return result;
  TRY (fchownat, to, name, what.stx_uid, what.stx_gid, AT_SYMLINK_NOFOLLOW);
  if ((what.stx_mode & 0170000) != 0120000)
    TRY (fchmodat, to, name, what.stx_mode & 07777);
  return 0;
}

static int copy_entries (int from, int to, int depth)
{
  uint64_t buffer[256];
  if (depth > DEPTH_LIMIT)
    return (int) fail ("copy", -ELOOP);
  for (;;)
    {
      long size = TRY (getdents64, from, buffer, sizeof buffer);
      if (size == 0)
        return 0;
      for (long at = 0; at < size;)
        {
          const struct directory_entry *entry = (const void *) ((const char *) buffer + at);
          at += entry->size;
          if (equal (entry->name, ".") || equal (entry->name, ".."))
            continue;
          int result = copy_entry (from, to, entry->name, depth);
          if (result < 0)
            return result;
        }
    }
}

/* Both may be open as paths only. */
int copy_tree (int from, int to)
{
  int source = (int) TRY (openat, from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  int target = (int) TRY (openat, to, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  int result = copy_entries (source, target, 0);
  SYS (close, source);
  SYS (close, target);
  return result;
}
