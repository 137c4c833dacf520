/** BLAKE3 of the two kernel binaries; written by `node tools/build-kernels.mjs --pin`. */
export const KERNEL_BLAKE3 = {
  single: '53bea045366056d11e4447f784e0ca388dec42112e3b0f54a8ba681f312823f5',
  shared: 'cd64014dc66a7afc161973d7e754c29f63a456376ef8ec4eb333c35b8519d335',
};
