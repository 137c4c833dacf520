/** BLAKE3 of the two kernel binaries; written by `node tools/build-kernels.mjs --pin`. */
export const KERNEL_BLAKE3 = {
  single: '6fe469c6d9d985fb25b5397638d8708899176e7f01ed816f19c8d0672b2d731a',
  shared: 'b186ce5d6bcebc69618efc93deabdd2a8eaed218c8c0e25acf3abca2bf237fab',
};
