/** BLAKE3 of the two kernel binaries; written by `node tools/build-kernels.mjs --pin`. */
export const KERNEL_BLAKE3 = {
  single: '583f3da9b1b630e9931a444529dc68d079fd2c17cfdbe068e175faa8b1dd5224',
  shared: '8c0bc49ed48279108a19ecd3dd1d095f82640601a550456fbc84e512ae8ff50b',
};
