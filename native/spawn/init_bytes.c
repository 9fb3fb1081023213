/* The way to the bytes of init_image.S for C#. */
extern const char peapod_init_start[] __attribute__((visibility("hidden")));
extern const char peapod_init_end[] __attribute__((visibility("hidden")));

__attribute__((visibility("default"))) const void *peapod_init_image(unsigned long *size);

const void *peapod_init_image(unsigned long *size)
{
  *size = (unsigned long)(peapod_init_end - peapod_init_start);
  return peapod_init_start;
}
