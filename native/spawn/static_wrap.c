/*
 * What .NET's native library offers but a static executable cannot do: load shared objects, and ask the host's name
 * services for users and groups (those are shared objects too). Peapod uses neither: it reads /etc/passwd and /etc/group
 * of the container's root itself. The executables link with --wrap for each of these, so that glibc's half-working
 * versions stay out of the file, and the linker's warnings about them off the screen.
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stddef.h>

void *__wrap_dlopen(const char *path, int flags);
int __wrap_getpwnam_r(const char *name, struct passwd *entry, char *buffer, size_t size, struct passwd **result);
int __wrap_getpwuid_r(uid_t uid, struct passwd *entry, char *buffer, size_t size, struct passwd **result);
int __wrap_getgrgid_r(gid_t gid, struct group *entry, char *buffer, size_t size, struct group **result);
int __wrap_getgrouplist(const char *user, gid_t group, gid_t *groups, int *count);

void *__wrap_dlopen(const char *path, int flags)
{
  (void)path, (void)flags;
  return NULL;
}

/* Zero with no result is "no such user": getpwnam_r(3). */
int __wrap_getpwnam_r(const char *name, struct passwd *entry, char *buffer, size_t size, struct passwd **result)
{
  (void)name, (void)entry, (void)buffer, (void)size;
  *result = NULL;
  return 0;
}

int __wrap_getpwuid_r(uid_t uid, struct passwd *entry, char *buffer, size_t size, struct passwd **result)
{
  (void)uid, (void)entry, (void)buffer, (void)size;
  *result = NULL;
  return 0;
}

int __wrap_getgrgid_r(gid_t gid, struct group *entry, char *buffer, size_t size, struct group **result)
{
  (void)gid, (void)entry, (void)buffer, (void)size;
  *result = NULL;
  return 0;
}

int __wrap_getgrouplist(const char *user, gid_t group, gid_t *groups, int *count)
{
  (void)user, (void)group, (void)groups, (void)count;
  errno = ENOSYS;
  return -1;
}
