/** BLAKE3 of the two kernel binaries; written by `node tools/build-kernels.mjs --pin`. */
export const KERNEL_BLAKE3 = {
  single: '0784e12183f2d10000be4692ec79d5824ad400e4403cb554c9bdbb11aaf3a58b',
  shared: '601d23806a8b029792cd23110d8f4dfafd30d278d19b94171b2ddf1684f910c0',
};
