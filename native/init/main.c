#include "init.h"

struct state state = { .root_fd = -1, .proc_fd = -1, .mask_directory = -1, .mask_file = -1 };

static int (*const handlers[PLAN_CODES]) (const operation *) = {
#define X(name, handler) [PLAN_##name] = handler,
  PLAN_OPERATIONS (X)
#undef X
};

char **list (const operation *op)
{
  uint64_t *items = (uint64_t *) (state.plan + op->list);
  for (uint64_t *item = items; *item; item++)
    *item += (uint64_t) (uintptr_t) state.plan;
  return (char **) items;
}

static void map_plan (int fd)
{
  struct plan_header header;
  if (SYS (pread64, fd, &header, sizeof header, 0) != sizeof header || header.magic != PLAN_MAGIC || header.version != PLAN_VERSION)
    SYS (exit_group, 125);
  long address = SYS (mmap, 0, header.size, 3 /* PROT_READ | PROT_WRITE */, 2 /* MAP_PRIVATE */, fd, 0);
  if (address < 0 && address > -4096)
    SYS (exit_group, 125);
  state.plan = (unsigned char *) address;
  state.header = (const struct plan_header *) address;
  state.report_fd = state.header->report_fd;
}

/* Our parent hands three streams on. Were one closed, what we open first would take its place, and the process would have it. */
static void open_streams (void)
{
  for (int fd = 0; fd < 3; fd++)
    if (SYS (fcntl, fd, F_GETFD) < 0 && SYS (openat, AT_FDCWD, "/dev/null", O_RDWR) != fd)
      SYS (exit_group, 125);
}

/* argv: { "peapod-init", the plan's descriptor in decimal }. */
static int number (const char *digits)
{
  int value = 0;
  while (*digits >= '0' && *digits <= '9')
    value = value * 10 + (*digits++ - '0');
  return value;
}

__attribute__ ((used)) _Noreturn void init_main (long *stack)
{
  char **argv = (char **) (stack + 1);
  SYS (prctl, 4 /* PR_SET_DUMPABLE */, 0, 0, 0, 0);
  if (stack[0] < 2)
    SYS (exit_group, 125);

  open_streams ();

  /* Nothing that was handed over may outlive the exec; operations open what is meant to stay. */
  SYS (close_range, 3, ~0u, 4 /* CLOSE_RANGE_CLOEXEC */);
  map_plan (number (argv[1]));
  state.umask = SYS (umask, 0); /* what is made gets the modes that the plan says */

  const operation *operations = (const operation *) (state.plan + state.header->operations);
  for (state.current = 0; state.current < state.header->operation_count; state.current++)
    {
      const operation *op = &operations[state.current];
      int result = op->code < PLAN_CODES ? handlers[op->code](op) : -ENOSYS;
      if (result < 0)
        report_and_exit (-result);
    }
  end (125);
}

#if defined(__x86_64__)
__asm__ (".globl _start\n_start:\n\txor %ebp, %ebp\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall init_main\n\thlt\n");
#elif defined(__aarch64__)
__asm__ (".globl _start\n_start:\n\tmov x29, xzr\n\tmov x30, xzr\n\tmov x0, sp\n\tbl init_main\n\tbrk 0\n");
#endif
