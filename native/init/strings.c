#include "init.h"

/* What the compiler may call on its own. */
void *memset (void *target, int value, size_t count)
{
  unsigned char *to = target;
  while (count--)
    *to++ = (unsigned char) value;
  return target;
}

void *memcpy (void *restrict target, const void *restrict source, size_t count)
{
  unsigned char *to = target;
  const unsigned char *from = source;
  while (count--)
    *to++ = *from++;
  return target;
}

size_t length (const char *text)
{
  size_t count = 0;
  while (text[count])
    count++;
  return count;
}

bool equal (const char *a, const char *b)
{
  while (*a && *a == *b)
    a++, b++;
  return *a == *b;
}

bool append (char *buffer, size_t size, const char *text)
{
  size_t used = length (buffer), more = length (text);
  if (used + more + 1 > size)
    return false;
  memcpy (buffer + used, text, more + 1);
  return true;
}

void append_number (char *buffer, size_t size, uint64_t number)
{
  char digits[24];
  char *first = digits + sizeof digits - 1;
  *first = 0;
  do
    *--first = (char) ('0' + number % 10);
  while (number /= 10);
  append (buffer, size, first);
}
