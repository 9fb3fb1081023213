#include "init.h"

#define OUTPUT_SHOWN 180

struct ending { bool timed_out; int status; };

/* What the hook reads: the container's state, in which our number stands between source and data. */
static int state_document (const operation *op)
{
  char pid[24] = "";
  append_number (pid, sizeof pid, (uint64_t) SYS (getpid));
  int fd = (int) TRY (memfd_create, "peapod-state", 1 /* MFD_CLOEXEC */);
  const char *parts[] = { text (op->source), pid, text (op->data) };
  for (int i = 0; i < 3; i++)
    TRY (write, fd, parts[i], length (parts[i]));
  TRY (lseek, fd, 0, 0 /* SEEK_SET */);
  return fd;
}

/* A stream's own file, if there is one; else where what is told of a failure is kept. */
static int output_of (uint32_t number_and_one, int output)
{
  return number_and_one ? slot_number (number_and_one) : output;
}

static _Noreturn void become_hook (const operation *op, char **argv, char **envp, int input, int output, int failure)
{
  int streams[3] = { input, output_of (HOOK_OUTPUT (op->c), output), output_of (HOOK_ERROR (op->c), output) };
  for (int fd = 0; fd < 3; fd++)
    SYS (dup3, streams[fd], fd, 0);
  SYS (close_range, 3, ~0u, 4 /* CLOSE_RANGE_CLOEXEC */);
  if (!state.in_cwd)
    SYS (fchdir, state.root_fd); /* where runc's and crun's createContainer hooks begin */
  apply_umask ();
  int error = (int) -SYS (execve, text (op->path), argv, envp);
  SYS (write, failure, &error, sizeof error);
  SYS (exit_group, 127);
  __builtin_unreachable ();
}

/* Waits so many seconds, or for ever when there are none, and kills what has not ended by then. */
static int await (long pid, uint64_t seconds, struct ending *ending)
{
  struct { int64_t seconds, nanoseconds; } left = { (int64_t) seconds, 0 };
  struct { int fd; short events, happened; } entry = { .events = 1 /* POLLIN */ };
  long ready;
  entry.fd = (int) TRY (pidfd_open, pid, 0);
  do
    ready = SYS (ppoll, &entry, 1, seconds ? &left : 0, 0, 8); /* what is left is kept in left */
  while (ready == -EINTR);
  ending->timed_out = ready == 0;
  if (ready <= 0)
    SYS (kill, pid, 9 /* SIGKILL */);
  SYS (close, entry.fd);
  TRY (wait4, pid, &ending->status, 0, 0);
  return 0;
}

/* Tells the end in words, and below them the beginning of what the hook wrote. */
static int tell (const operation *op, const struct ending *ending, int output)
{
  static char detail[232];
  char written[OUTPUT_SHOWN + 1];
  int number = ending->status & 0x7f;
  detail[0] = 0;
  append (detail, sizeof detail, ending->timed_out ? "did not end within " : number ? "was killed by signal " : "ended with exit status ");
  append_number (detail, sizeof detail, ending->timed_out ? op->b : (uint64_t) (number ? number : ending->status >> 8));
  if (ending->timed_out)
    append (detail, sizeof detail, op->b == 1 ? " second" : " seconds");
  long count = SYS (pread64, output, written, OUTPUT_SHOWN, 0);
  if (count > 0)
    {
      written[count] = 0;
      append (detail, sizeof detail, "\n");
      append (detail, sizeof detail, written);
    }
  return (int) fail (detail, -ECHILD);
}

/* path: a program, looked up where we are by now; list: its arguments; a: the offset of its environment; b: seconds before it
   is killed, or 0; c: HOOK_*; source, data: the state that it reads, around our number. */
int op_hook (const operation *op)
{
  char **argv = list (op), **envp = environment (op, op->c & HOOK_INHERITS);
  struct ending ending = { 0 };
  int failure[2], error = 0;
  int input = state_document (op);
  if (input < 0)
    return input;
  int output = (int) TRY (memfd_create, "peapod-hook", 1 /* MFD_CLOEXEC */);
  TRY (pipe2, failure, O_CLOEXEC);
  long pid = TRY (clone, 17 /* SIGCHLD */, 0, 0, 0, 0);
  if (pid == 0)
    become_hook (op, argv, envp, input, output, failure[1]);
  SYS (close, failure[1]);
  int waited = await (pid, op->b, &ending);
  if (waited < 0)
    return waited;
  if (SYS (read, failure[0], &error, sizeof error) == sizeof error)
    return (int) fail ("execve", -error);
  if (ending.timed_out || ending.status)
    return tell (op, &ending, output);
  SYS (close, failure[0]);
  SYS (close, input);
  SYS (close, output);
  return 0;
}
