/* peapod-keeper as bytes in the executable: what is written into a sealed memfd. */
  .section .rodata.peapod_keeper, "a"
  .globl peapod_keeper_start
  .globl peapod_keeper_end
  .hidden peapod_keeper_start
  .hidden peapod_keeper_end
peapod_keeper_start:
  .incbin PEAPOD_KEEPER
peapod_keeper_end:
  .section .note.GNU-stack, "", %progbits
