/** BLAKE3 of the two kernel binaries; written by `node tools/build-kernels.mjs --pin`. */
export const KERNEL_BLAKE3 = {
  single: '34df6c47a0cffd006655727f2e34236f4ab294b9b19adfb715bdb60675d9508d',
  shared: '784d4b1b372f04003ea28853ca57c2a02b8f7fac8088a8c25215b92f7d3866ff',
};
