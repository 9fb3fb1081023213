/* Signals for managed code: a handler that only writes the signal's number into a pipe. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <unistd.h>

static volatile int target = -1;

static void note (int number)
{
  int saved = errno;
  unsigned char byte = (unsigned char) number;
  if (write (target, &byte, 1) < 0)
    {
      /* A full pipe holds this signal's likes already. */
    }
  errno = saved;
}

/* From now on each of these signals becomes a byte in fd (non-blocking). Returns 0 or errno. */
int peapod_signals_to_pipe (int fd, const int *numbers, int count)
{
  struct sigaction action = { .sa_handler = note, .sa_flags = SA_RESTART };
  sigfillset (&action.sa_mask);
  target = fd;
  for (int i = 0; i < count; i++)
    if (sigaction (numbers[i], &action, NULL) != 0)
      return errno;
  return 0;
}
