/** BLAKE3 of the two kernel binaries; written by `node tools/build-kernels.mjs --pin`. */
export const KERNEL_BLAKE3 = {
  single: '1f435079d13ad8324dab45023f5cc13c52c6bc7b043be7342d0e6298b0ec5b92',
  shared: '1e211981255c7abba3a09d6b7b4a59eb52513228108c746fc70ec791e9074c0b',
};
