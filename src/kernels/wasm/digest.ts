/** BLAKE3 of the two kernel binaries; written by `node tools/build-kernels.mjs --pin`. */
export const KERNEL_BLAKE3 = {
  single: '0ba7a81c9ba37db97fc6d8ec27a826dd88ff8b634843a9c5d7f90fcd7596a120',
  shared: 'd0e2787332949a9e2bf41672d67e950c2eadcb4c6e5c1e5538487821ca05bb6c',
};
