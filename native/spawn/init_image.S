/* peapod-init as bytes in the executable, page aligned: what the parent writes into a sealed memfd. */
  .section .rodata.peapod_init, "a"
  .balign 4096
  .globl peapod_init_start
  .globl peapod_init_end
  .hidden peapod_init_start
  .hidden peapod_init_end
peapod_init_start:
  .incbin PEAPOD_INIT
peapod_init_end:
  .section .note.GNU-stack, "", %progbits
