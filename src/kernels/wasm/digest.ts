/** BLAKE3 of the two kernel binaries; written by `node tools/build-kernels.mjs --pin`. */
export const KERNEL_BLAKE3 = {
  single: '90058e92b58aba06d8bac566809e20e4fece6e22f55af63655187ac244e5ab63',
  shared: '543ffe9ac48ff35b7268615749d7cdaa5e4c175968306e2b4a2665018fa0830c',
};
