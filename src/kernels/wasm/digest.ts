/** BLAKE3 of the two kernel binaries; written by `node tools/build-kernels.mjs --pin`. */
export const KERNEL_BLAKE3 = {
  single: '848fe6024b809346d5d2c605b3f968e21461c3af6f68b21006406fc164ae48bc',
  shared: 'dff7c710c340a92854fcdcedd8b24b5d4c16ccb72f8fbb548eacace610e2985a',
};
