/** BLAKE3 of the two kernel binaries; written by `node tools/build-kernels.mjs --pin`. */
export const KERNEL_BLAKE3 = {
  single: '498092a54e4a9ed73dd616e297bc443f170f2a50997f7e40723959acad2bd3d5',
  shared: 'db2a17e3f8e767ddc96db4d8ddf598fee3ba7680e4fd65ad9875c4c3f30237a7',
};
