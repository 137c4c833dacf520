/** BLAKE3 of the two kernel binaries; written by `node tools/build-kernels.mjs --pin`. */
export const KERNEL_BLAKE3 = {
  single: 'fae32aead125205932a1506d5e97667e980df679fe604a230d7afdf72a8a05a6',
  shared: '947d6cdf69d125e7c4e567511bea1ce6d043e7fa43c4f32b01d938a457627062',
};
