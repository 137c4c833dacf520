/** BLAKE3 of the two kernel binaries; written by `node tools/build-kernels.mjs --pin`. */
export const KERNEL_BLAKE3 = {
  single: 'a8e61d5cbc571306c74c7983fc81221b2ee9f7b5c5f0531e26b9da668f44790c',
  shared: '9d55fe7a29f8ead59504c83b7e24aeb701606c8a81934cadb32422b2d4902386',
};
