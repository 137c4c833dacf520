/** BLAKE3 of the two kernel binaries; written by `node tools/build-kernels.mjs --pin`. */
export const KERNEL_BLAKE3 = {
  single: 'bb0f889b908fa6b7039b6145370de226c6fd2a6294b101b05876d0587267b499',
  shared: '6412341de206300803da3709c4a68fe6c41aa74d81e7d350cee0d88dd492a154',
};
