/** BLAKE3 of the two kernel binaries; written by `node tools/build-kernels.mjs --pin`. */
export const KERNEL_BLAKE3 = {
  single: 'b83d500128d1f75a12f4679dde91cf97cc561ae084b0de7cb4bb9148b634af7c',
  shared: 'f13b3f450b96f83b48cbd51399162843255c323cdee9bdbe9e4d8f105b75b514',
};
