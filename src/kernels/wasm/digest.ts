/** BLAKE3 of the two kernel binaries; written by `node tools/build-kernels.mjs --pin`. */
export const KERNEL_BLAKE3 = {
  single: 'df7d3a052b794765cfd9c8a462e91ba559a21c42ed0a4b780748ed9812a9d9bb',
  shared: '275985522f74965eadefb9dbdd0a29416b1678b142eec35227d8f3d77d2efc75',
};
