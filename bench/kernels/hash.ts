/** Hash kernels: leaves, tree layers, pseudo-random streams. One item is a byte of message or output. */
import { leafFormat } from '../../src/hash/leaf.ts';
import { leafStateWords } from '../../src/kernels/contract/hash.ts';
import { fill } from './base.ts';
import type { KernelCase } from './case.ts';

const DOMAIN = { label: 'bench', epoch: 1, group: new Uint8Array(8) };
const STREAM = { key: new Uint8Array(32), label: 'bench', id: 0 };
const BYTES = 1 << 23;
const TWIN_BYTES = 1 << 17;

/** The design's 1.80 GB/s for leaves of 256 bytes. */
const LEAF_NS = 0.556;

const common = { unit: 'byte', items: BYTES, twinItems: TWIN_BYTES, scales: true } as const;

export const hashCases: readonly KernelCase[] = [
  {
    // 60 values and a salt are a message of 256 bytes, all of which count as items.
    ...common,
    name: 'hash-leaves-256',
    designNs: LEAF_NS,
    prepare(k, bytes) {
      const rows = bytes / 256;
      const [digests, values, salts] = [
        k.memory.u32(8 * rows),
        fill(k.memory.u32(60 * rows)),
        fill(k.memory.u32(4 * rows)),
      ];
      return () => k.hashLeaves(digests, leafFormat(DOMAIN, 60, 20, true), values, salts);
    },
  },
  {
    ...common,
    name: 'hash-leaves-2048',
    prepare(k, bytes) {
      const rows = bytes / 2048;
      const [digests, values] = [k.memory.u32(8 * rows), fill(k.memory.u32(512 * rows))];
      return () => k.hashLeaves(digests, leafFormat(DOMAIN, 512, 20, false), values, null);
    },
  },
  {
    // 16 columns more of leaves with 128: what a streamed commitment does after each batch of columns.
    ...common,
    name: 'hash-absorb-16',
    prepare(k, bytes) {
      const rows = bytes / 64;
      const format = leafFormat(DOMAIN, 128, 20, false);
      const [state, values] = [k.memory.u32(rows * leafStateWords(format)), fill(k.memory.u32(16 * rows))];
      k.absorbLeaves(state, format, 0, values, 16, null);
      return () => k.absorbLeaves(state, format, 16, values, 16, null);
    },
  },
  {
    ...common,
    name: 'hash-parents',
    prepare(k, bytes) {
      const [parents, children] = [k.memory.u32(bytes / 8), fill(k.memory.u32(bytes / 4))];
      return () => k.hashParents(parents, children);
    },
  },
  {
    // A whole tree over `bytes` of leaf digests; twice as many bytes are hashed as counted.
    ...common,
    name: 'hash-tree',
    prepare(k, bytes) {
      const leaves = bytes / 32;
      const nodes = fill(k.memory.u32(8 * (2 * leaves - 1)));
      return () => k.hashTree(nodes, leaves, 1);
    },
  },
  {
    ...common,
    name: 'expand-words',
    prepare(k, bytes) {
      const out = k.memory.u32(bytes / 4);
      return () => k.expandWords(out, STREAM, 0);
    },
  },
  {
    ...common,
    name: 'expand-uniform',
    prepare(k, bytes) {
      const out = k.memory.u32(bytes / 4);
      return () => k.expandUniform(out, STREAM, 0);
    },
  },
];
