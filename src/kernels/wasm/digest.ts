/** BLAKE3 of the two kernel binaries; written by `node tools/build-kernels.mjs --pin`. */
export const KERNEL_BLAKE3 = {
  single: '7b3c0d22c284bc4c9814046ee41fe655b0d61ae0890b5f193f96fae7f0671735',
  shared: '6562110cf6ba82d8c48c8aac2702bff7ce0a55b0334a7b5ca8802ca3f37658b0',
};
