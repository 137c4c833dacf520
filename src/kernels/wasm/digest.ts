/** BLAKE3 of the two kernel binaries; written by `node tools/build-kernels.mjs --pin`. */
export const KERNEL_BLAKE3 = {
  single: 'f41b575505b070b940df250233b86db9eccd88562ce1fcb2e5cd674d1317369d',
  shared: '4f9d0130729da8c8d330ed4f9ed0760da2747ff22fdc92fa0c9008f8ef963cf9',
};
