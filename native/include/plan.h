/* The plan as peapod writes it and peapod-init reads it. The C# side is src/Peapod.Container/Plans/PlanEncoder.cs;
   a change here is a change there, and PLAN_VERSION goes up with it. */
#ifndef PEAPOD_PLAN_H
#define PEAPOD_PLAN_H

#include <stdint.h>

#define PLAN_MAGIC 0x6e616c70u /* "plan" */
#define PLAN_VERSION 10u

/* One line an operation: its code's name and the function that does it, in the order of their numbers. */
#define PLAN_OPERATIONS(X) \
  X (SYNC, op_sync) \
  X (SETNS, op_setns) \
  X (UNSHARE, op_unshare) \
  X (ENTER_TIME, op_enter_time) \
  X (SPAWN, op_spawn) \
  X (MAP_USERS, op_map_users) \
  X (SETSID, op_setsid) \
  X (PROPAGATION, op_propagation) \
  X (ATTACH_ROOT, op_attach_root) \
  X (USE_ROOT, op_use_root) \
  X (NEW_MOUNT, op_new_mount) \
  X (ATTACH, op_attach) \
  X (MASK, op_mask) \
  X (READONLY, op_readonly) \
  X (MKDIR, op_mkdir) \
  X (MKNOD, op_mknod) \
  X (SYMLINK, op_symlink) \
  X (MOUNT_ATTRIBUTES, op_mount_attributes) \
  X (UNMOUNT, op_unmount) \
  X (PIVOT, op_pivot) \
  X (CHROOT, op_chroot) \
  X (HOSTNAME, op_hostname) \
  X (DOMAINNAME, op_domainname) \
  X (SYSCTL, op_sysctl) \
  X (LOOPBACK, op_loopback) \
  X (TERMINAL, op_terminal) \
  X (STDIO_OWNER, op_stdio_owner) \
  X (RLIMIT, op_rlimit) \
  X (SCHEDULER, op_scheduler) \
  X (IO_PRIORITY, op_io_priority) \
  X (PERSONALITY, op_personality) \
  X (AFFINITY, op_affinity) \
  X (MEMORY_POLICY, op_memory_policy) \
  X (LABEL, op_label) \
  X (KEYRING, op_keyring) \
  X (CLOSE_FDS, op_close_fds) \
  X (BOUNDING, op_bounding) \
  X (USER, op_user) \
  X (CAPABILITIES, op_capabilities) \
  X (NO_NEW_PRIVILEGES, op_no_new_privileges) \
  X (UMASK, op_umask) \
  X (CWD, op_cwd) \
  X (HOME, op_home) \
  X (FIND_EXECUTABLE, op_find_executable) \
  X (SECCOMP, op_seccomp) \
  X (BIRTH, op_birth) \
  X (WAIT_START, op_wait_start) \
  X (HOOK, op_hook) \
  X (EXEC, op_exec) \
  X (PAUSE, op_pause)

enum plan_code {
#define X(name, handler) PLAN_##name,
  PLAN_OPERATIONS (X)
#undef X
  PLAN_CODES
};

/* SETNS's b. */
#define SETNS_TRY 1u  /* a refusal is not the last word: it comes again, with other rights */
#define SETNS_REST 2u /* unless it was joined before */

/* ATTACH's a. */
#define ATTACH_IN_PROC 1u   /* it may lie in a proc file system */
#define ATTACH_ON_LINK 2u   /* a target that is a symlink is mounted on itself */
#define ATTACH_COPY_LINK 4u /* a symlink in the slot is made anew at the target */

/* NEW_MOUNT's c, above the propagation. */
#define NEW_MOUNT_MODE (1ull << 32)    /* the root's mode is that of the directory it is mounted on */
#define NEW_MOUNT_COPY (1ull << 33)    /* it begins with a copy of that directory */
#define NEW_MOUNT_IN_PROC (1ull << 34) /* it may lie in a proc file system */
#define NEW_MOUNT_FOREIGN (1ull << 35) /* the parent makes it when we may not */

/* HOOK's c, and CLOSE_FDS's. */
#define HOOK_INHERITS 1u                              /* the environment is the process's, with its HOME */
#define HOOK_OUTPUT(c) ((uint32_t) (c) >> 8 & 0xfff)  /* the slot of standard output, and 1; 0 for none */
#define HOOK_ERROR(c) ((uint32_t) (c) >> 20 & 0xfff)  /* the same of standard error */

/* TERMINAL's b. */
#define TERMINAL_CONSOLE 1u /* it is bound over /dev/console */
#define TERMINAL_LATER 2u   /* SETSID makes it the controlling one */
#define TERMINAL_RELAYED 4u /* its output goes to another terminal */

/* SECCOMP's b. */
#define SECCOMP_PRIVILEGED 1u /* by CAP_SYS_ADMIN, not by having given up new privileges */
#define SECCOMP_KEEP 2u       /* which stays permitted: the configuration says so */

/* BIRTH's a. */
#define BIRTH_SESSION 1u  /* the filter lets the newborn begin a session */
#define BIRTH_TERMINAL 2u /* and make the terminal that is standard input its own */

/* All offsets count bytes from the start of the header; 0 stands for "none". */
struct plan_header {
  uint32_t magic, version, size;
  uint32_t operation_count, operations; /* struct plan_operation[] */
  uint32_t fd_count, fds;               /* int32_t[]: the descriptor in each slot, -1 for one that init asks for */
  int32_t report_fd;                    /* the socket to the parent */
};

struct plan_operation {
  uint32_t code;
  int32_t slot; /* index into fds, or -1 */
  uint64_t a, b, c;
  uint32_t path, source, data; /* NUL-terminated strings */
  uint32_t list;               /* uint64_t[] of string offsets, ended by 0; made pointers in place */
};

/* What init tells its parent, one message each on a SOCK_SEQPACKET socket; the parent answers REPORT_SYNC with one byte, and
   with the descriptor that it was asked for at STAGE_SOURCE. */
#define STAGE_SOURCE 12u
enum report_kind { REPORT_SYNC = 1, REPORT_FAILED = 2 };

struct report {
  uint32_t kind;
  uint32_t operation; /* index into operations; for REPORT_SYNC the stage */
  int32_t error;      /* errno; for REPORT_SYNC what the stage tells: the number of a process */
  uint32_t remaining; /* how many operations come after the one that failed */
  char detail[240]; /* the system call, or a path that belongs to the error */
};

#endif
