/* peapod-init: does the plan that peapod made, operation by operation, and becomes the container's process.
   It decides nothing, allocates nothing and links no library. */
#ifndef PEAPOD_INIT_H
#define PEAPOD_INIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "../include/plan.h"
#include "../include/sys.h"

#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/stat.h>

/* What the operations hand on to one another. */
struct state {
  unsigned char *plan;
  const struct plan_header *header;
  int report_fd;
  uint32_t current;    /* the operation being done */
  const char *detail;  /* the call that failed, for the report */
  int root_fd;         /* the container's root directory */
  bool pivoted;        /* "/" is the container's root */
  int proc_fd;         /* a private procfs, attached nowhere, or -1 */
  int mask_directory;  /* the read-only tmpfs over masked directories, or -1 */
  int mask_file;       /* the /dev/null over masked files, or -1 */
  char *home;          /* "HOME=..." found in the container's passwd, or null */
  const char *executable;
  long umask;          /* the caller's, which the process gets unless the plan gives another; -1 once it is set */
  bool in_cwd;         /* the working directory is entered */
  uint64_t joined;     /* CLONE_NEW* of the namespaces that op_setns has joined */
};

extern struct state state;

typedef struct plan_operation operation;

/* struct msghdr, and a control message that carries one descriptor (SCM_RIGHTS). unix(7). */
struct message_header { void *name; unsigned int name_length; struct { void *base; size_t length; } *vectors; size_t count; void *control; size_t control_length; int flags; };
struct descriptor_control { size_t length; int level, type, fd, pad; };
#define DESCRIPTOR_CONTROL(number) { .length = 20, .level = 1 /* SOL_SOCKET */, .type = 1 /* SCM_RIGHTS */, .fd = (number) }

/* Notes which call failed and passes a negative result on: return fail ("openat2", fd). The report reads the name later,
   so it must be no local array. */
static inline long fail (const char *call, long result)
{
  state.detail = call;
  return result;
}

#define TRY(name, ...) \
  ({ \
    long try_result = SYS (name, __VA_ARGS__); \
    if (try_result < 0) \
      return (int) fail (#name, try_result); \
    try_result; \
  })

static inline const char *text (uint32_t offset)
{
  return offset ? (const char *) state.plan + offset : NULL;
}

static inline int slot (const operation *op)
{
  return op->slot < 0 ? -1 : ((const int32_t *) (state.plan + state.header->fds))[op->slot];
}

/* The descriptor in the slot of that number, less 1; -1 for 0. */
static inline int slot_number (uint32_t number_and_one)
{
  return number_and_one ? ((const int32_t *) (state.plan + state.header->fds))[number_and_one - 1] : -1;
}

/* A list of strings, its offsets turned into pointers in place; ended by a null. */
char **list (const operation *op);
char **environment (const operation *op, bool with_home);

/* report.c */
/* Ends the process, even under a filter that refuses to. */
_Noreturn void end (int status);
_Noreturn void report_and_exit (int error);
void report_stage (uint32_t stage, int value);
void await_leave (void);
/* The parent's leave, with a descriptor. */
int await_descriptor (void);

/* identity.c: gives the process the umask it is to have; before a filter could refuse it */
void apply_umask (void);

/* strings.c */
size_t length (const char *text);
bool equal (const char *a, const char *b);
/* Appends to a buffer of that size; false when it does not fit. */
bool append (char *buffer, size_t size, const char *text);
void append_number (char *buffer, size_t size, uint64_t number);

/* paths.c: everything below the container's root, by descriptor only */
int open_in_root (const char *path, uint64_t flags, uint64_t resolve);
int make_in_root (const char *path, bool directory, uint64_t resolve);
int open_target (const char *path, bool directory, uint64_t resolve, bool in_proc, bool on_link);
int open_closed (const char *path, uint64_t type);
int open_parent_in_root (const char *path, const char **name);
int mount_on (int mount_fd, int target_fd);
bool is_root (int fd);
int private_proc (void);
bool is_type (int fd, uint64_t type);
bool is_proc (int fd);

/* mounts.c: an empty read-only tmpfs, attached nowhere */
int empty_directory (const char *context);

/* procfs.c */
int proc_context (int pid_namespace);

/* copy.c: what the directory from holds, into the directory to */
int copy_tree (int from, int to);

#define X(name, handler) int handler (const operation *op);
PLAN_OPERATIONS (X)
#undef X

#endif
