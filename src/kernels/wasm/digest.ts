/** BLAKE3 of the two kernel binaries; written by `node tools/build-kernels.mjs --pin`. */
export const KERNEL_BLAKE3 = {
  single: 'b2352a0ae1e78b355ae31af51dd56a31fb99fe9365bd0962a041a6743c859644',
  shared: '7b68c57cb929a1eaffaf7947cb872e0265330eac6b7b11a17cd703955bb71a85',
};
