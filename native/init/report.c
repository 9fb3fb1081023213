#include "init.h"

static void send (uint32_t kind, uint32_t number, int error)
{
  struct report report = { .kind = kind, .operation = number, .error = error, .remaining = state.header->operation_count - 1 - state.current };
  if (state.detail)
    append (report.detail, sizeof report.detail, state.detail);
  SYS (write, state.report_fd, &report, sizeof report);
}

_Noreturn void end (int status)
{
  SYS (exit_group, status);
  for (;;)
    __builtin_trap ();
}

_Noreturn void report_and_exit (int error)
{
  send (REPORT_FAILED, state.current, error);
  end (1);
}

void report_stage (uint32_t stage, int value)
{
  state.detail = NULL;
  send (REPORT_SYNC, stage, value);
}

/* Waits for the parent's leave to go on; a parent that is gone ends us. */
void await_leave (void)
{
  unsigned char leave;
  long count;
  do
    count = SYS (read, state.report_fd, &leave, 1);
  while (count == -EINTR);
  if (count <= 0)
    end (1);
}

int await_descriptor (void)
{
  struct descriptor_control control = DESCRIPTOR_CONTROL (-1);
  unsigned char leave;
  __typeof__ (*((struct message_header *) 0)->vectors) vector = { &leave, 1 };
  struct message_header message = { .vectors = &vector, .count = 1, .control = &control, .control_length = sizeof control };
  long count;
  do
    count = SYS (recvmsg, state.report_fd, &message, 0x40000000 /* MSG_CMSG_CLOEXEC */);
  while (count == -EINTR);
  if (count <= 0)
    end (1);
  return control.fd >= 0 ? control.fd : (int) fail ("recvmsg", -EPROTO);
}

int op_sync (const operation *op)
{
  report_stage ((uint32_t) op->a, 0);
  await_leave ();
  return 0;
}

/* slot: the fifo, open for reading and writing, so that opening it for writing succeeds for others just as long as we wait.
   a: the slot of the file that takes a report of what fails after the start, when no parent listens any more. */
int op_wait_start (const operation *op)
{
  unsigned char byte;
  long count;

  if (op->b)
    {
      report_stage ((uint32_t) op->b, 0);
      await_leave ();
    }
  SYS (close, state.report_fd);
  state.report_fd = ((const int32_t *) (state.plan + state.header->fds))[op->a];
  do
    count = SYS (read, slot (op), &byte, 1);
  while (count == -EINTR);
  return count < 0 ? (int) fail ("read", count) : 0;
}
