/*
 * Standard streams that the caller has closed are /dev/null before anything else is opened. Otherwise the first socket or state file would become
 * descriptor 0, 1 or 2: what is meant for standard error would be written into it, and the container's process would inherit it.
 */
#include <fcntl.h>
#include <unistd.h>

/* 101: before the other constructors, which may have something to say. */
__attribute__((constructor(101))) static void open_standard_streams(void)
{
  for (int fd = 0; fd < 3; fd++)
    if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd) {
      static const char message[] = "peapod: a standard stream is closed, and /dev/null cannot be opened in its place\n";
      (void)!write(2, message, sizeof message - 1);
      _exit(1);
    }
}
