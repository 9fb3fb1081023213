/*
 * `peapod pod`, `peapod image` and `peapod completion` are another executable, peapod-pod, which knows pods and images and may link what they need; the user
 * sees one command. It takes over here, before .NET's runtime begins: to begin that twice costs 1.3 ms of each pod command.
 * It lies beside this executable, or in libexec/peapod beside its folder.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME "peapod-pod"

/* Whether a shell's line, with which it asks for completions, is about what the sibling knows. */
static int line_is_siblings(const char *line)
{
  const char *word = strchr(line, ' ');
  if (word == NULL)
    return 0;
  word += strspn(word, " ");
  return strncmp(word, "pod ", 4) == 0 || strncmp(word, "image ", 6) == 0 || strncmp(word, "completion ", 11) == 0;
}

/* glibc passes main's arguments to constructors, in static executables too. */
__attribute__((constructor)) static void become_sibling(int argc, char **argv, char **envp)
{
  if (argc < 2)
    return;
  int known = strcmp(argv[1], "pod") == 0 || strcmp(argv[1], "image") == 0 || strcmp(argv[1], "completion") == 0;
  if (!known && !(argc == 3 && strcmp(argv[1], "__complete") == 0 && line_is_siblings(argv[2])))
    return;

  char self[PATH_MAX];
  ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
  if (length <= 0) {
    fprintf(stderr, "peapod: readlink \"/proc/self/exe\": %s\n", strerror(errno));
    _exit(1);
  }
  self[length] = '\0';
  char *slash = strrchr(self, '/');
  *slash = '\0';

  static const char *const places[] = { "%s/" NAME, "%s/../libexec/peapod/" NAME };
  char path[PATH_MAX + 64];
  argv[0] = NAME;
  for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
    snprintf(path, sizeof path, places[i], self);
    execve(path, argv, envp);
    if (errno != ENOENT) {
      fprintf(stderr, "peapod: execve \"%s\": %s\n", path, strerror(errno));
      _exit(1);
    }
  }
  fprintf(stderr, "peapod: " NAME " is missing; it was looked for at %s/" NAME " and %s/../libexec/peapod/" NAME "\n", self, self);
  _exit(1);
}
