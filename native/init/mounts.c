#include "init.h"

#define DEVICE(major, minor) ((uint64_t) (major) << 32 | (minor))

static int status (int fd, struct statx *result)
{
  return (int) fail ("statx", SYS (statx, fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, result));
}

static int configure (int context, char **parameters)
{
  for (char **item = parameters; *item; item++)
    {
      char *value = *item;
      while (*value && *value != '=')
        value++;
      bool flag = *value == 0;
      if (!flag)
        *value++ = 0;
      long result = SYS (fsconfig, context, flag ? FSCONFIG_SET_FLAG : FSCONFIG_SET_STRING, *item, flag ? NULL : value, 0);
      if (result < 0)
        return (int) fail (*item, result);
    }
  return 0;
}

static int configure_mode (int context, int directory)
{
  struct statx what;
  char octal[] = "0000";
  int result = status (directory, &what);
  if (result < 0)
    return result;
  for (int digit = 0; digit < 4; digit++)
    octal[digit] = (char) ('0' + (what.stx_mode >> (9 - 3 * digit) & 7));
  TRY (fsconfig, context, FSCONFIG_SET_STRING, "mode", octal, 0);
  return 0;
}

static int label_root (int mount_fd, const char *label)
{
  int root = (int) TRY (openat, mount_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  TRY (fsetxattr, root, "security.selinux", label, length (label), 0);
  SYS (close, root);
  return 0;
}

/* A mount on the root is the root from now on, as for everybody who looks up its path. */
static void finish_mount (int mount_fd, int target)
{
  bool root = is_root (target);
  SYS (close, target);
  if (root)
    state.root_fd = mount_fd;
  else
    SYS (close, mount_fd);
}

/* The parameters are changed in place: this comes once. */
static int make_mount (const operation *op, int target, bool was_there)
{
  int context = op->slot < 0 ? (int) fail ("fsopen", SYS (fsopen, text (op->source), FSOPEN_CLOEXEC)) : proc_context (slot (op));
  if (context < 0)
    return context;
  int result = configure (context, list (op));
  if (result == 0 && was_there)
    result = configure_mode (context, target);
  if (result == 0)
    result = (int) fail (text (op->source), SYS (fsconfig, context, FSCONFIG_CMD_CREATE, 0, 0, 0));
  if (result == 0)
    result = (int) fail ("fsmount", SYS (fsmount, context, FSMOUNT_CLOEXEC, op->a));
  SYS (close, context);
  return result;
}

static int ask_for_mount (void)
{
  report_stage (STAGE_SOURCE, 0);
  return await_descriptor ();
}

/* slot: the PID namespace of a proc that is not ours, or -1; source: the file system's type; list: "key=value" or "flag", first the source as "source=..."; a: MOUNT_ATTR_*;
   b: RESOLVE_* beyond the usual; c: MS_SHARED and its like, and NEW_MOUNT_*; path: the target; data: the SELinux label of its
   root, when the file system takes none as a parameter. */
int op_new_mount (const operation *op)
{
  bool was_there = op->c & NEW_MOUNT_MODE && SYS (close, open_in_root (text (op->path), O_PATH, op->b)) == 0;
  int target = open_target (text (op->path), true, op->b, op->c & NEW_MOUNT_IN_PROC, false);
  if (target < 0)
    return target;

  int mount_fd = make_mount (op, target, was_there);
  if (mount_fd == -EPERM && op->c & NEW_MOUNT_FOREIGN)
    mount_fd = ask_for_mount ();
  if (mount_fd < 0)
    return mount_fd;
  if (op->slot >= 0 && !is_proc (mount_fd))
    return (int) fail ("the file system that came from the pid namespace", -EPERM);

  int result = op->data ? label_root (mount_fd, text (op->data)) : 0;
  if (result == 0 && op->c & NEW_MOUNT_COPY)
    result = copy_tree (target, mount_fd);
  if (result == 0)
    result = mount_on (mount_fd, target);
  if (result == 0 && (uint32_t) op->c)
    {
      struct mount_attr attributes = { .propagation = (uint32_t) op->c };
      TRY (mount_setattr, mount_fd, "", AT_EMPTY_PATH, &attributes, sizeof attributes);
    }
  finish_mount (mount_fd, target);
  return result;
}

/* source: a symlink; path: where one like it is made. One that is there already is left, another file is not touched. */
static int copy_link (const operation *op, int source)
{
  char wanted[4096], found[4096];
  const char *name;
  long size = TRY (readlinkat, source, "", wanted, sizeof wanted - 1);
  wanted[size] = 0;
  int parent = open_parent_in_root (text (op->path), &name);
  if (parent < 0)
    return parent;
  long result = SYS (symlinkat, wanted, parent, name);
  if (result == -EEXIST)
    {
      size = SYS (readlinkat, parent, name, found, sizeof found - 1);
      found[size < 0 ? 0 : size] = 0;
      result = size > 0 && equal (wanted, found) ? 0 : -EEXIST;
    }
  SYS (close, parent);
  return (int) fail ("symlinkat", result);
}

static int attach (const operation *op, int source)
{
  struct statx what;
  int result = status (source, &what);
  if (result < 0)
    return result;
  if (op->a & ATTACH_COPY_LINK && (what.stx_mode & 0170000) == 0120000)
    {
      result = copy_link (op, source);
      SYS (close, source);
      return result;
    }
  int target = open_target (text (op->path), (what.stx_mode & 0170000) == 0040000, op->b, op->a & ATTACH_IN_PROC, op->a & ATTACH_ON_LINK);
  if (target < 0)
    return target;
  result = mount_on (source, target);
  finish_mount (source, target);
  return result;
}

/* slot: a detached mount, which the parent is asked for when it is not there yet; path: the target, made as the mount's own root
   is: a directory or a file; a: ATTACH_*; b: RESOLVE_* beyond the usual. */
int op_attach (const operation *op)
{
  int source = slot (op);
  if (source < 0)
    source = ask_for_mount ();
  return source < 0 ? source : attach (op, source);
}

int empty_directory (const char *context)
{
  static char option[4096];
  int tmpfs = (int) TRY (fsopen, "tmpfs", FSOPEN_CLOEXEC);
  TRY (fsconfig, tmpfs, FSCONFIG_SET_FLAG, "ro", NULL, 0);
  TRY (fsconfig, tmpfs, FSCONFIG_SET_STRING, "size", "4k", 0);
  TRY (fsconfig, tmpfs, FSCONFIG_SET_STRING, "nr_inodes", "1", 0);
  TRY (fsconfig, tmpfs, FSCONFIG_SET_STRING, "mode", "0555", 0);
  option[0] = 0;
  if (context && append (option, sizeof option, context))
    {
      char *parameters[] = { option, NULL };
      int result = configure (tmpfs, parameters);
      if (result < 0)
        return result;
    }
  TRY (fsconfig, tmpfs, FSCONFIG_CMD_CREATE, 0, 0, 0);
  int mount_fd = (int) TRY (fsmount, tmpfs, FSMOUNT_CLOEXEC, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
  SYS (close, tmpfs);
  return mount_fd;
}

/* Hides path, if it is there: a directory under one empty read-only tmpfs that all share, anything else under the host's
   /dev/null (slot); a: the type of the file system that the path's first
   component must be the root of, 0 for any; data: that tmpfs's SELinux label, as its parameter "key=label". The first of each kind is attached itself, the next ones are clones of it. */
int op_mask (const operation *op)
{
  struct statx what;
  int target = open_closed (text (op->path), op->a);
  if (target == -ENOENT || target == -ENOTDIR)
    return 0;
  if (target < 0)
    return target;
  int result = status (target, &what);
  if (result < 0)
    return result;

  bool directory = (what.stx_mode & 0170000) == 0040000;
  int *cover = directory ? &state.mask_directory : &state.mask_file;
  if (*cover < 0)
    {
      *cover = directory ? empty_directory (text (op->data)) : slot (op);
      result = *cover < 0 ? *cover : mount_on (*cover, target);
    }
  else
    {
      int clone = (int) TRY (open_tree, *cover, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
      result = mount_on (clone, target);
      SYS (close, clone);
    }
  SYS (close, target);
  return result;
}

/* Makes path, if it is there, a read-only mount of itself, with all that is mounted below; a: as in op_mask. */
int op_readonly (const operation *op)
{
  struct mount_attr attributes = { .attr_set = MOUNT_ATTR_RDONLY };
  int target = open_closed (text (op->path), op->a);
  if (target == -ENOENT || target == -ENOTDIR)
    return 0;
  if (target < 0)
    return target;
  int clone = (int) TRY (open_tree, target, "", AT_EMPTY_PATH | AT_RECURSIVE | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
  TRY (mount_setattr, clone, "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes, sizeof attributes);
  int result = mount_on (clone, target);
  SYS (close, clone);
  SYS (close, target);
  return result;
}

int op_mkdir (const operation *op)
{
  int fd = make_in_root (text (op->path), true, 0);
  if (fd >= 0)
    SYS (close, fd);
  return fd < 0 ? fd : 0;
}

static bool is_device (const struct statx *what, const operation *op)
{
  return (what->stx_mode & 0170000) == (op->a & 0170000) && DEVICE (what->stx_rdev_major, what->stx_rdev_minor) == op->b;
}

/* Where mknod is refused (a user namespace, a device program), the host's own device is bound in its place: read-only, so
   that it can be written to and its inode, which is the host's, cannot be changed. */
static int bind_host_device (const operation *op)
{
  struct mount_attr attributes = { .attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC };
  struct statx what;
  int target = open_target (text (op->path), false, 0, false, false);
  if (target < 0)
    return target;
  int clone = (int) TRY (open_tree, AT_FDCWD, text (op->source), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
  int result = status (clone, &what);
  if (result < 0)
    return result;
  if (!is_device (&what, op))
    return (int) fail ("device number", -ENODEV);
  TRY (mount_setattr, clone, "", AT_EMPTY_PATH, &attributes, sizeof attributes);
  result = mount_on (clone, target);
  SYS (close, clone);
  SYS (close, target);
  return result;
}

static int attach_device (const operation *op)
{
  int target = open_target (text (op->path), false, 0, false, false);
  if (target < 0)
    return target;
  int result = mount_on (slot (op), target);
  SYS (close, target);
  SYS (close, slot (op));
  return result;
}

/* path: the device in the container; slot: a detached mount of the device, if the parent could make one; source: its path on the
   host; a: type and mode; b: major << 32 | minor; c: uid << 32 | gid. */
int op_mknod (const operation *op)
{
  if (slot (op) >= 0)
    return attach_device (op);
  const char *name;
  struct statx what;
  uint64_t major = op->b >> 32, minor = (uint32_t) op->b;
  uint64_t number = (minor & 0xff) | (major & 0xfff) << 8 | (minor & ~0xffull) << 12 | (major & ~0xfffull) << 32;
  int parent = open_parent_in_root (text (op->path), &name);
  if (parent < 0)
    return parent;
  long result = SYS (mknodat, parent, name, op->a, number);
  if (result == -EEXIST)
    {
      result = SYS (statx, parent, name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &what);
      if (result == 0 && is_device (&what, op))
        return (int) SYS (close, parent);
      return (int) fail ("mknodat", -EEXIST);
    }
  if (result == -EPERM)
    {
      SYS (close, parent);
      return bind_host_device (op);
    }
  if (result < 0)
    return (int) fail ("mknodat", result);
  int fd = (int) TRY (openat, parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
  result = status (fd, &what);
  if (result == 0 && !is_device (&what, op))
    result = fail ("another file took the device's place", -ESTALE); /* and shall not get its owner */
  if (result < 0)
    return (int) result;
  TRY (fchownat, fd, "", op->c >> 32, (uint32_t) op->c, AT_EMPTY_PATH);
  SYS (close, fd);
  SYS (close, parent);
  return 0;
}

/* path: the link; source: its target; a: replace what is there. */
int op_symlink (const operation *op)
{
  const char *name;
  int parent = open_parent_in_root (text (op->path), &name);
  if (parent < 0)
    return parent;
  if (op->a)
    SYS (unlinkat, parent, name, 0);
  long result = SYS (symlinkat, text (op->source), parent, name);
  SYS (close, parent);
  return result == -EEXIST ? 0 : (int) fail ("symlinkat", result);
}

/* path: a mount's root, none for the root file system's; a: MOUNT_ATTR_* to set on it, once nothing more is made there. */
int op_mount_attributes (const operation *op)
{
  struct mount_attr attributes = { .attr_set = op->a };
  int fd = op->path ? open_in_root (text (op->path), O_PATH, 0) : state.root_fd;
  if (fd < 0)
    return fd;
  TRY (mount_setattr, fd, "", AT_EMPTY_PATH, &attributes, sizeof attributes);
  return 0;
}

/* path: what is mounted there is taken away, with all that is mounted below. The root itself stays. slot: a procfs of ours, attached
   nowhere, in which a descriptor has a path. */
int op_unmount (const operation *op)
{
  static char place[32];
  struct statx what;
  int target = open_in_root (text (op->path), O_PATH, 0);
  if (target < 0)
    return target;
  int result = status (target, &what);
  if (result == 0 && (is_root (target) || !(what.stx_attributes & STATX_ATTR_MOUNT_ROOT)))
    result = (int) fail ("umount2", -EINVAL);
  if (result < 0)
    return result;
  append (place, sizeof place, "self/fd/");
  append_number (place, sizeof place, (uint64_t) target);
  TRY (fchdir, slot (op));
  TRY (umount2, place, 2 /* MNT_DETACH */);
  SYS (close, target);
  return 0;
}
