/*
 * `peapod pod` and `peapod completion` are another executable, peapod-pod, and `peapod image` is a third, peapod-image: each may link what it needs; the user
 * sees one command. The other one takes over here, before .NET's runtime begins: to begin that twice costs 1.3 ms of each pod command.
 * It lies beside this executable, or in libexec/peapod beside its folder.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Which executable knows a first word of that length; NULL for this one. */
static const char *knower(const char *word, size_t length)
{
  static const struct { const char *word, *name; } known[] = {
    { "pod", "peapod-pod" },
    { "completion", "peapod-pod" },
    { "image", "peapod-image" },
  };
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (strlen(known[i].word) == length && memcmp(known[i].word, word, length) == 0)
      return known[i].name;
  return NULL;
}

/* Who completes a shell's line: the one that knows its first word, once that is written. */
static const char *completer(const char *line)
{
  const char *word = strchr(line, ' ');
  if (word == NULL)
    return NULL;
  word += strspn(word, " ");
  size_t length = strcspn(word, " ");
  return word[length] == ' ' ? knower(word, length) : NULL;
}

/* glibc passes main's arguments to constructors, in static executables too. */
__attribute__((constructor)) static void become_sibling(int argc, char **argv, char **envp)
{
  if (argc < 2)
    return;
  const char *name = argc == 3 && strcmp(argv[1], "__complete") == 0 ? completer(argv[2]) : knower(argv[1], strlen(argv[1]));
  if (name == NULL)
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

  static const char *const places[] = { "%s/%s", "%s/../libexec/peapod/%s" };
  char path[PATH_MAX + 64];
  argv[0] = (char *)name;
  for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
    snprintf(path, sizeof path, places[i], self, name);
    execve(path, argv, envp);
    if (errno != ENOENT) {
      fprintf(stderr, "peapod: execve \"%s\": %s\n", path, strerror(errno));
      _exit(1);
    }
  }
  fprintf(stderr, "peapod: %s is missing; it was looked for at %s/%s and %s/../libexec/peapod/%s\n", name, self, name, self, name);
  _exit(1);
}
