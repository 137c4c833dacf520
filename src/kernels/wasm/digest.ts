/** BLAKE3 of the two kernel binaries; written by `node tools/build-kernels.mjs --pin`. */
export const KERNEL_BLAKE3 = {
  single: '16d8eedacf6531f7645c0914ddb47869284fc511105c5815c4841a10ba9a8522',
  shared: '649b4c6e8b8d2b7f6956de940301c124ab6070084772b74f43df79519d4abb4a',
};
