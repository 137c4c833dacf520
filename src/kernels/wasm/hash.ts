/** The hash kernels in WebAssembly: four leaves, nodes or output blocks at a time. */
import { leafWords, NODE_KEY, SALT_WORDS, type LeafFormat } from '../../hash/leaf.ts';
import { checkStreamRange, STREAM_BLOCK_WORDS, streamMessage, type Stream } from '../../hash/stream.ts';
import { bytesOfWords } from '../../hash/words.ts';
import { checkAbsorb, checkFinish, checkLeaves, checkParents, checkTree } from '../contract/hash-checks.ts';
import { BLOCK_WORDS, DIGEST_WORDS, leafStateWords, type HashKernels } from '../contract/hash.ts';
import { elementwise, type Engine, type Operand, type Split } from './engine.ts';

/** Bytes that a task hashes: some 50 microseconds of work. */
const TASK_BYTES = 1 << 17;
/** Bytes of rows in a window. */
const WINDOW_BYTES = 1 << 22;
/** Layers of no more nodes than this are finished by one thread: its hashing takes less than waking others up. */
const SMALL_LAYER = 512;

const input = (array: Uint32Array, itemWords: number): Operand => ({ array, itemWords, role: 'in' });
const output = (array: Uint32Array, itemWords: number): Operand => ({ array, itemWords, role: 'out' });

/** Tasks and windows of whole groups of four rows, by the bytes that a row takes. */
function splitRows(rowBytes: number): Split {
  const rows = (bytes: number): number => 4 * Math.max(1, Math.floor(bytes / (4 * rowBytes)));
  return { taskItems: rows(TASK_BYTES), windowItems: rows(WINDOW_BYTES) };
}

export function wasmHash(engine: Engine): HashKernels {
  /** Runs `body` with the address of a copy of `parts` in the arena, one behind the other. */
  const staged = (parts: readonly Uint8Array[], body: (address: number) => void): void =>
    engine.arena.scope(() => {
      const copy = engine.arena.u8(parts.reduce((sum, part) => sum + part.length, 0));
      let at = 0;
      for (const part of parts) {
        copy.set(part, at);
        at += part.length;
      }
      body(copy.byteOffset);
    });
  const withKey = ({ key }: LeafFormat, body: (address: number) => void): void =>
    staged([bytesOfWords(key)], body);
  const expand = (kernel: string, out: Uint32Array, stream: Stream, at: number): void => {
    checkStreamRange(at, out.length);
    let position = at; // tasks are made in order
    staged([stream.key, streamMessage(stream, 0)], (address) =>
      elementwise(engine, out.length, [output(out, 1)], ([o], n) => {
        const block = Math.floor(position / STREAM_BLOCK_WORDS);
        const skip = position % STREAM_BLOCK_WORDS;
        position += n;
        return [kernel, o as number, address, block, skip, n];
      }),
    );
  };
  return {
    hashLeaves(digests, format, values, salts) {
      const rows = checkLeaves(digests, format, values, salts);
      const { columns } = format;
      const words = leafWords(format);
      const stateBytes = 4 * leafStateWords(format);
      const operands = [output(digests, DIGEST_WORDS), input(values, columns)];
      if (salts !== null) operands.push(input(salts, SALT_WORDS));
      withKey(format, (key) =>
        elementwise(
          engine,
          rows,
          operands,
          ([d, v, s = 0], n) => [
            'hashLeaves',
            d as number,
            v as number,
            s,
            key,
            columns,
            words,
            stateBytes,
            n,
          ],
          splitRows(32 + 4 * words),
        ),
      );
    },
    absorbLeaves(state, format, column, values, width, salts) {
      const rows = checkAbsorb(state, format, column, values, width, salts);
      const stateWords = leafStateWords(format);
      const words = leafWords(format);
      const block = column === 0 ? 0 : (column + words - format.columns) / BLOCK_WORDS;
      const stateOperand: Operand = { array: state, itemWords: stateWords, role: 'inout' };
      const operands = [stateOperand, input(values, width)];
      if (salts !== null) operands.push(input(salts, SALT_WORDS));
      withKey(format, (key) =>
        elementwise(
          engine,
          rows,
          operands,
          ([st, v, s = 0], n) => {
            return ['hashAbsorb', st as number, 4 * stateWords, v as number, width, s, block, words, key, n];
          },
          splitRows(4 * (width + stateWords)),
        ),
      );
    },
    finishLeaves(digests, state, format) {
      const rows = checkFinish(digests, state, format);
      const words = leafStateWords(format);
      elementwise(
        engine,
        rows,
        [output(digests, DIGEST_WORDS), input(state, words)],
        ([d, s], n) => ['hashFinish', d as number, s as number, 4 * words, n],
        splitRows(4 * (words + DIGEST_WORDS)),
      );
    },
    hashParents(parents, children) {
      checkParents(parents, children);
      staged([NODE_KEY], (key) => layer(engine, parents, children, key));
    },
    hashTree(nodes, leaves, cap) {
      checkTree(nodes, leaves, cap);
      staged([NODE_KEY], (key) => {
        let at = 0;
        let count = leaves;
        const digests = (from: number, n: number): Uint32Array =>
          nodes.subarray(DIGEST_WORDS * from, DIGEST_WORDS * (from + n));
        const small = (): boolean => count <= SMALL_LAYER && engine.arena.holds(nodes);
        for (; count > cap && !small(); at += count, count /= 2) {
          layer(engine, digests(at + count, count / 2), digests(at, count), key);
        }
        if (count > cap) engine.pool.run([['hashUp', digests(at, count).byteOffset, key, count, cap]]);
      });
    },
    expandWords: (out, stream, at) => expand('expandWords', out, stream, at),
    expandUniform: (out, stream, at) => expand('expandUniform', out, stream, at),
  };
}

function layer(engine: Engine, parents: Uint32Array, children: Uint32Array, key: number): void {
  elementwise(
    engine,
    parents.length / DIGEST_WORDS,
    [output(parents, DIGEST_WORDS), input(children, 2 * DIGEST_WORDS)],
    ([p, c], n) => ['hashParents', p as number, c as number, key, n],
    splitRows(3 * 4 * DIGEST_WORDS),
  );
}
