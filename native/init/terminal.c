#include "init.h"

#define DEVPTS_MAGIC 0x1cd1
#define PIPEFS_MAGIC 0x50495045

/* Sends the terminal's master side, with its name, as runc does, to the console socket. */
static int send_master (int socket, int master)
{
  static char name[] = "/dev/ptmx";
  struct descriptor_control control = DESCRIPTOR_CONTROL (master);
  __typeof__ (*((struct message_header *) 0)->vectors) vector = { name, sizeof name - 1 };
  struct message_header message = { .vectors = &vector, .count = 1, .control = &control, .control_length = sizeof control };
  TRY (sendmsg, socket, &message, 0x4000 /* MSG_NOSIGNAL */);
  return 0;
}

/* Opens ptmx of the container's own devpts, known by its file system's type and device number, not by its name. */
static int open_master (void)
{
  struct { long type; long rest[15]; } filesystem;
  struct statx what;
  int fd = open_in_root ("dev/pts/ptmx", O_RDWR | O_NOCTTY | O_NOFOLLOW, 0);
  if (fd < 0)
    return fd;
  TRY (fstatfs, fd, &filesystem);
  TRY (statx, fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &what);
  if (filesystem.type != DEVPTS_MAGIC || what.stx_rdev_major != 5 || what.stx_rdev_minor != 2)
    return (int) fail ("dev/pts/ptmx is not a terminal multiplexer", -ENXIO);
  return fd;
}

/* Line ends come out as they are written: who relays them has a terminal that makes CR LF of them. */
static int keep_line_ends (int peer)
{
  struct { unsigned int input, output, control, local; unsigned char line, characters[19]; } settings;
  TRY (ioctl, peer, 0x5401 /* TCGETS */, &settings);
  settings.output &= ~4u /* ONLCR */;
  TRY (ioctl, peer, 0x5402 /* TCSETS */, &settings);
  return 0;
}

/* slot: the console socket; a: rows << 16 | columns, 0 for unset; b: TERMINAL_*; c: owner's uid. */
int op_terminal (const operation *op)
{
  int unlock = 0;
  int master = open_master ();
  if (master < 0)
    return master;
  TRY (ioctl, master, 0x40045431 /* TIOCSPTLCK */, &unlock);
  int peer = (int) TRY (ioctl, master, 0x5441 /* TIOCGPTPEER */, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (op->a)
    {
      struct { unsigned short rows, columns, x, y; } size = { .rows = (unsigned short) (op->a >> 16), .columns = (unsigned short) op->a };
      TRY (ioctl, master, 0x5414 /* TIOCSWINSZ */, &size);
    }
  if (op->b & TERMINAL_RELAYED)
    {
      int result = keep_line_ends (peer);
      if (result < 0)
        return result;
    }
  SYS (fchown, peer, op->c, -1);
  if (op->b & TERMINAL_CONSOLE)
    {
      int target = open_target ("dev/console", false, 0, false, false);
      if (target < 0)
        return target;
      int clone = (int) TRY (open_tree, peer, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
      int result = mount_on (clone, target);
      if (result < 0)
        return result;
      SYS (close, clone);
      SYS (close, target);
    }
  int sent = send_master (slot (op), master);
  if (sent < 0)
    return sent;
  SYS (close, master);
  SYS (close, slot (op));
  if (!(op->b & TERMINAL_LATER))
    TRY (ioctl, peer, 0x540e /* TIOCSCTTY */, 0);
  for (int fd = 0; fd < 3; fd++)
    TRY (dup3, peer, fd, 0);
  SYS (close, peer);
  return 0;
}

static bool is_null (const struct statx *what)
{
  return (what->stx_mode & 0170000) == 0020000 && what->stx_rdev_major == 1 && what->stx_rdev_minor == 3;
}

/* A null device from outside lies on a mount that is not the container's, which criu could not dump: the container's own
   takes its place. Where it has none, or may not open it, the one from outside stays. */
static int reopen_null (int fd)
{
  struct statx what;
  int access = (int) TRY (fcntl, fd, F_GETFL, 0) & O_ACCMODE;
  int own = open_in_root ("dev/null", access | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW, 0);
  if (own < 0)
    return 0;
  TRY (statx, own, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &what);
  if (is_null (&what))
    {
      TRY (fcntl, own, F_SETFL, 0);
      TRY (dup3, own, fd, 0);
    }
  SYS (close, own);
  return 0;
}

/* A pipe without a name: nobody finds it but who has it open, so it may change hands. A file, a named fifo or a terminal of the host may not. */
static bool is_nameless_pipe (int fd, const struct statx *what)
{
  struct { long type; long rest[15]; } filesystem;
  return (what->stx_mode & 0170000) == 0010000 && SYS (fstatfs, fd, &filesystem) == 0 && filesystem.type == PIPEFS_MAGIC;
}

/* a: uid. Pipes that stand for the standard streams become the user's, so that it may reopen /dev/stdout. */
int op_stdio_owner (const operation *op)
{
  struct statx what;
  for (int fd = 0; fd < 3; fd++)
    {
      if (SYS (statx, fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &what) < 0)
        continue;
      if (is_null (&what))
        {
          int result = reopen_null (fd); /* nobody's to own */
          if (result < 0)
            return result;
        }
      else if (what.stx_uid != op->a && is_nameless_pipe (fd, &what))
        {
          /* In a user namespace its owner may be none of that one's users. */
          long result = SYS (fchown, fd, op->a, -1);
          if (result < 0 && result != -EINVAL && result != -EPERM)
            return (int) fail ("fchown", result);
        }
    }
  return 0;
}
