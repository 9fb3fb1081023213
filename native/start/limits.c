/*
 * With too little address space .NET's runtime ends without a word, or by a segmentation fault, before any code of ours is run. This is said
 * here instead, before it begins.
 */
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

/* What the runtime reserves for its heap, its threads' stacks and the executable itself, with room for what a command does. */
#define LEAST_ADDRESS_SPACE (128UL << 20)
#define LEAST_DATA (32UL << 20)

static void require(int resource, const char *flag, rlim_t least)
{
  struct rlimit limit;
  if (getrlimit(resource, &limit) != 0 || limit.rlim_cur >= least)
    return;
  fprintf(stderr, "peapod: %s: the limit of %lu KiB is too small: at least %lu KiB are needed\n", flag, (unsigned long)(limit.rlim_cur >> 10), (unsigned long)(least >> 10));
  _exit(1);
}

__attribute__((constructor)) static void require_memory(void)
{
  require(RLIMIT_AS, "ulimit -v", LEAST_ADDRESS_SPACE);
  require(RLIMIT_DATA, "ulimit -d", LEAST_DATA);
}
