/** BLAKE3 of the two kernel binaries; written by `node tools/build-kernels.mjs --pin`. */
export const KERNEL_BLAKE3 = {
  single: '5695f3ef14a0501f75d77c121321d3f369c96af2f183e6188c43a1023daa71a0',
  shared: '185a680be97ce78b0dccedf35d985f368222d58e6b47de564565c4d536e4d3e0',
};
