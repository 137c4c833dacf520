/** BLAKE3 of the two kernel binaries; written by `node tools/build-kernels.mjs --pin`. */
export const KERNEL_BLAKE3 = {
  single: '92d02785df8a31f38a62595fa562810e2eba446226e2313163642a643787da3c',
  shared: '3a5f6dcc132adb5bc566aa2c87600d7af38852cf623e3c5f072ddfe4764733ce',
};
