/** BLAKE3 of the two kernel binaries; written by `node tools/build-kernels.mjs --pin`. */
export const KERNEL_BLAKE3 = {
  single: 'd263d87335c8e18058cdfb65dcf9d87f1242ac30e96e5a4ead7d7627adb03899',
  shared: 'bb2c0e438357088fade3647fef95bd1da7a1d85c74a14a29f92b79ff7d61e712',
};
