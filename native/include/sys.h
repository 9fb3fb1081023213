/* System calls without a C library: what peapod-init and the clone3 trampoline share.
   Every call returns the kernel's answer: a result, or a negated errno. */
#ifndef PEAPOD_SYS_H
#define PEAPOD_SYS_H

#include <stddef.h>
#include <stdint.h>
#include <asm/unistd.h>

#if defined(__x86_64__)
static inline long sys6 (long n, long a, long b, long c, long d, long e, long f)
{
  long result;
  register long r10 __asm__ ("r10") = d;
  register long r8 __asm__ ("r8") = e;
  register long r9 __asm__ ("r9") = f;
  __asm__ volatile ("syscall" : "=a"(result) : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
  return result;
}
#elif defined(__aarch64__)
static inline long sys6 (long n, long a, long b, long c, long d, long e, long f)
{
  register long x8 __asm__ ("x8") = n;
  register long x0 __asm__ ("x0") = a;
  register long x1 __asm__ ("x1") = b;
  register long x2 __asm__ ("x2") = c;
  register long x3 __asm__ ("x3") = d;
  register long x4 __asm__ ("x4") = e;
  register long x5 __asm__ ("x5") = f;
  __asm__ volatile ("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
  return x0;
}
#else
#error "peapod: the system call convention of this architecture is not written down yet"
#endif

#define SYS_ARGS(a, b, c, d, e, f, ...) (long) (a), (long) (b), (long) (c), (long) (d), (long) (e), (long) (f)
/* SYS (openat, dirfd, path, flags): the call by its name, missing arguments as 0. */
#define SYS(name, ...) sys6 (__NR_##name, SYS_ARGS (__VA_ARGS__ __VA_OPT__ (, ) 0, 0, 0, 0, 0, 0))

#endif
