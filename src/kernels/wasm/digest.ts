/** BLAKE3 of the two kernel binaries; written by `node tools/build-kernels.mjs --pin`. */
export const KERNEL_BLAKE3 = {
  single: 'adda680227cddc12a514dcc41d1e3bcfc680aa58bfc9867df694ba2b7172f54a',
  shared: '059ed75c8a5783041333e13ee85c70f15acfb88f754cfa96c4d208d5a8229ab2',
};
