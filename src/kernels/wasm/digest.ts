/** BLAKE3 of the two kernel binaries; written by `node tools/build-kernels.mjs --pin`. */
export const KERNEL_BLAKE3 = {
  single: 'a4b7e064ea47f76bc24bb26bad3129a87782a6680492b8a083105942100a1506',
  shared: 'fe5a743acd21a2279cefb078ad6f8ba48d6d6f9a3130212fe10702b612b7479e',
};
