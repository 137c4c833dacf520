/** BLAKE3 of the two kernel binaries; written by `node tools/build-kernels.mjs --pin`. */
export const KERNEL_BLAKE3 = {
  single: 'c293d9638c747ce70ddc7a8044b9a69e64b4a987732fa9c53d36ccc2da1d24a8',
  shared: 'd099a9914e5db0ac623d3b9c56773e09fc7c00c1aaa53afd5e0c88e4629ac1a3',
};
