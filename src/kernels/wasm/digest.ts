/** BLAKE3 of the two kernel binaries; written by `node tools/build-kernels.mjs --pin`. */
export const KERNEL_BLAKE3 = {
  single: '03d184c10a2d766daf9b792c8e4fed5022642e85ab454223acfbe9bceb508970',
  shared: '2994a2a97cc64072eb2a3a65156e0554fdc38690b4e85487e3b155563909eb48',
};
