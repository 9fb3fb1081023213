/* The way to the bytes of image.S for C#. */
extern const char peapod_keeper_start[] __attribute__((visibility("hidden")));
extern const char peapod_keeper_end[] __attribute__((visibility("hidden")));

__attribute__((visibility("default"))) const void *peapod_keeper_image(unsigned long *size);

const void *peapod_keeper_image(unsigned long *size)
{
  *size = (unsigned long)(peapod_keeper_end - peapod_keeper_start);
  return peapod_keeper_start;
}
