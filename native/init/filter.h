/* Filters of init's own, for its processes that live among those of a container. */
#ifndef PEAPOD_FILTER_H
#define PEAPOD_FILTER_H

#include "init.h"
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#if defined(__x86_64__)
#define NATIVE_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

/* What is let pass when it is of this architecture: CALL (name, how many lines come after it), then the answer to all else. */
#define FILTER_BEGIN(calls) \
  BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, arch)), \
  BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, NATIVE_ARCHITECTURE, 0, (calls) + 1), \
  BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, nr))
#define FILTER_CALL(name, after) BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, __NR_##name, (after) + 1, 0)
#define FILTER_END(otherwise) \
  BPF_STMT (BPF_RET | BPF_K, otherwise), \
  BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

#endif
