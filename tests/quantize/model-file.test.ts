/** The file of a model: one encoding, every other refused; on disk whole or not at all. */
import fc from 'fast-check';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ProofError } from '../../src/errors/proof-error.ts';
import { encodeGraph, graphBuilder } from '../../src/graph/index.ts';
import { blake3 } from '../../src/hash/blake3.ts';
import {
  decodeInfo,
  decodeModel,
  encodeInfo,
  encodeModel,
  type ModelInfo,
  type Quantized,
  type HeldModel,
  type QuantizedModel,
} from '../../src/quantize/index.ts';
import { loadModel, saveModel } from '../../src/quantize/node.ts';
import { memoryFiles, platformError } from '../support/memory-files.ts';
import { tinyQuantized } from '../support/quantized.ts';
import { proofError } from '../support/refusal.ts';

let model: HeldModel;
let full: Quantized;
let bytes: Uint8Array<ArrayBuffer>;
beforeAll(async () => {
  full = await tinyQuantized('tiny-gpt2');
  model = { graph: full.graph, weights: full.weights, info: full.info };
  bytes = encodeModel(model);
}, 600_000); // quantising takes seconds, on a busy machine more than a hook usually has

const codeOf = (data: Uint8Array): string => proofError(() => decodeModel(data)).code;

/** The bytes with a digest that fits. */
function sealed(data: Uint8Array): Uint8Array {
  const copy = data.slice();
  copy.set(blake3(copy.subarray(0, -32), { context: 'zkdl model file 1' }), copy.length - 32);
  return copy;
}

describe('bytes', () => {
  test('decode to the model, and encode again to themselves', () => {
    const copy = decodeModel(bytes);
    expect(copy.graph).toEqual(model.graph);
    expect(copy.info).toEqual(model.info);
    expect([...copy.weights.keys()]).toEqual(model.graph.weights.map(({ name }) => name));
    for (const [name, data] of copy.weights) expect(data).toEqual(model.weights.get(name));
    expect(Buffer.from(encodeModel(copy)).equals(Buffer.from(bytes))).toBe(true);
    // A view at an odd place of a larger buffer is read as well.
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(decodeModel(shifted.subarray(3)).info).toEqual(model.info);
  });

  test('stand where the specification says', () => {
    const view = new DataView(bytes.buffer);
    const [graph, info] = [encodeGraph(model.graph), encodeInfo(model.info, model.graph)];
    expect(String.fromCharCode(...bytes.subarray(0, 8))).toBe('zkdlmodl');
    expect([8, 12, 16].map((at) => view.getUint32(at, true))).toEqual([1, graph.length, info.length]);
    expect(bytes.slice(20, 20 + graph.length)).toEqual(graph);
    expect(bytes.slice(20 + graph.length, 20 + graph.length + info.length)).toEqual(info);
    const first = model.graph.weights[0] as { name: string; shape: readonly number[] };
    const at = Math.ceil((20 + graph.length + info.length) / 4) * 4;
    expect(first.shape).toEqual([272, 33]); // a tied head over a centred embedding has a column of means
    const row = Array.from({ length: 33 }, (_, j) => view.getInt16(at + 2 * (33 * 5 + j), true));
    expect(row).toEqual([...(model.weights.get(first.name) as Int16Array).slice(33 * 5, 33 * 6)]);
  });

  test('of another kind, another version, with lengths that nothing has, although the digest fits', () => {
    const changed = (at: number, value: number): string => {
      const bad = bytes.slice();
      new DataView(bad.buffer).setUint32(at, value, true);
      return codeOf(sealed(bad));
    };
    expect(changed(4, 0)).toBe('MODEL_MAGIC');
    for (const version of [0, 2, 2 ** 31]) expect(changed(8, version)).toBe('MODEL_VERSION');
    for (const at of [12, 16]) {
      expect(changed(at, 2 ** 32 - 1)).toBe('MODEL_LENGTH');
      expect(changed(at, 0)).toMatch(/^(MODEL_PADDING|GRAPH_FORMAT|JSON_SYNTAX)$/);
    }
  });

  test('cut at any place, or continued', () => {
    for (const length of [0, 1, 7, 8, 19, 20, 51, 52, 100, 5000, bytes.length - 33, bytes.length - 1]) {
      expect(codeOf(bytes.subarray(0, length))).toMatch(/^MODEL_(LENGTH|DIGEST)$/);
    }
    expect(codeOf(new Uint8Array([...bytes, 0]))).toBe('MODEL_DIGEST');
    const longer = new Uint8Array(bytes.length + 4);
    longer.set(bytes);
    expect(codeOf(sealed(longer))).toBe('MODEL_LENGTH');
    expect(codeOf(sealed(bytes.subarray(0, bytes.length - 4)))).toBe('MODEL_LENGTH');
  });

  test('with any bit flipped', () => {
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(7), (at, bit) => {
        const bad = bytes.slice();
        bad[at] = (bad[at] as number) ^ (1 << bit);
        expect(codeOf(bad)).toMatch(/^MODEL_(MAGIC|VERSION|LENGTH|DIGEST)$/);
      }),
      { numRuns: 60, seed: 5 },
    );
  });

  test('with any bytes and a digest that fits: a model or a refusal', () => {
    const until =
      20 + new DataView(bytes.buffer).getUint32(12, true) + new DataView(bytes.buffer).getUint32(16, true);
    fc.assert(
      fc.property(fc.nat(until - 1), fc.integer({ min: 0, max: 255 }), (at, value) => {
        const changed = bytes.slice();
        changed[at] = value;
        const file = sealed(changed);
        try {
          expect(Buffer.from(encodeModel(decodeModel(file))).equals(Buffer.from(file))).toBe(true);
        } catch (error) {
          if (!(error instanceof ProofError)) throw error;
        }
      }),
      { numRuns: 150, seed: 6 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
        expect(() => decodeModel(noise)).toThrow(ProofError);
      }),
      { numRuns: 100, seed: 7 },
    );
  });

  test('padding that is not zero, entries beyond their bits', () => {
    const at =
      20 + new DataView(bytes.buffer).getUint32(12, true) + new DataView(bytes.buffer).getUint32(16, true);
    // The information of this model ends so that zeros follow; other lengths are tried with other reasons.
    const reasons = ['a', 'ab', 'abc', 'abcd'].map((override): QuantizedModel => {
      const report = { ...model.info.report, klNano: 2_000_000, override };
      return { ...model, info: { ...model.info, report } };
    });
    for (const other of reasons) {
      const file = encodeModel(other);
      const end =
        20 + new DataView(file.buffer).getUint32(12, true) + new DataView(file.buffer).getUint32(16, true);
      for (let at = end; at % 4 !== 0; at++) {
        const dirty = file.slice();
        dirty[at] = 1;
        expect(codeOf(sealed(dirty))).toBe('MODEL_PADDING');
      }
      expect(decodeModel(file).info).toEqual(other.info);
    }
    const index = model.graph.weights.findIndex(({ name }) => name === 'l0.q.w');
    let start = Math.ceil(at / 4) * 4;
    for (const { shape } of model.graph.weights.slice(0, index)) {
      const size = shape.reduce((product, n) => product * n, 1) * (shape.length === 2 ? 2 : 4);
      start += Math.ceil(size / 4) * 4;
    }
    const wide = bytes.slice();
    new DataView(wide.buffer).setInt16(start + 6, 8192, true);
    const refused = proofError(() => decodeModel(sealed(wide)));
    expect([refused.code, refused.stage]).toEqual(['MODEL_WEIGHT', 'l0.q.w']);
    expect(refused.detail).toBe('entry 3: expected 14 bits');
  });
});

describe('information', () => {
  const infoCode = (change: Partial<Record<keyof ModelInfo, unknown>>): string =>
    proofError(() => encodeInfo({ ...model.info, ...change } as ModelInfo, model.graph)).code;
  const reported = (change: object): string => infoCode({ report: { ...model.info.report, ...change } });

  test.each([
    ['profile', 'P8'],
    ['family', 'bert'],
    ['vocab', 271],
    ['vocab', -1],
    ['vocab', 272.5],
    ['bos', 272],
    ['eos', [1, 272]],
    ['eos', 1],
    ['tokenizer', 'ab'],
    ['tokenizer', 'AB'.repeat(32)],
    ['report', null],
    ['surplus', 1],
  ])('%s: %j is refused', (key, value) => {
    expect(infoCode({ [key]: value })).toBe('MODEL_INFO');
  });

  test('a key that is missing is named, whatever may stand in it', () => {
    const canonical = new TextDecoder().decode(encodeInfo(model.info, model.graph));
    const without = new TextEncoder().encode(canonical.replace(/"bos":(null|\d+),/, ''));
    expect(without.length).toBeLessThan(canonical.length);
    expect(proofError(() => decodeInfo(without, model.graph)).detail).toBe('expected the key bos');
  });

  test('a report cannot claim what it does not show', () => {
    expect(reported({ klNano: 2_000_000 })).toBe('ACCURACY');
    expect(reported({ agreed: 1 })).toBe('ACCURACY');
    expect(reported({ unprovable: 1 })).toBe('ACCURACY');
    expect(reported({ tokens: 0, agreed: 0 })).toBe('ACCURACY');
    expect(reported({ override: 'for no reason' })).toBe('MODEL_INFO');
    expect(reported({ agreed: 81 })).toBe('MODEL_INFO');
    expect(reported({ saturated: 1e9 })).toBe('MODEL_INFO');
    const overridden = { ...model.info.report, klNano: 2_000_000, override: 'a trial' };
    expect(encodeInfo({ ...model.info, report: overridden }, model.graph).length).toBeGreaterThan(0);
  });

  test('has one spelling', () => {
    const canonical = new TextDecoder().decode(encodeInfo(model.info, model.graph));
    const read = (text: string) => decodeInfo(new TextEncoder().encode(text), model.graph);
    expect(read(canonical)).toEqual(model.info);
    expect(Object.getPrototypeOf(read(canonical))).toBe(Object.prototype);
    const codeOfText = (text: string): string => proofError(() => read(text)).code;
    expect(codeOfText(JSON.stringify(Object.fromEntries(Object.entries(model.info).reverse())))).toBe(
      'MODEL_INFO',
    );
    expect(codeOfText(canonical.replace(':', ': '))).toBe('MODEL_INFO');
    expect(codeOfText(`${canonical} `)).toBe('MODEL_INFO');
    expect(codeOfText(canonical.replace('"tokens":80', '"tokens":8e1'))).toBe('MODEL_INFO');
    expect(codeOfText(canonical.replace('{', '{"bos":null,'))).toBe('JSON_DUPLICATE_KEY');
    expect(codeOfText(canonical.slice(0, -1))).toBe('JSON_SYNTAX');
    for (const text of ['', 'null', '[]', '{}', '1'])
      expect(codeOfText(text)).toMatch(/^(MODEL_INFO|JSON_SYNTAX)$/);
  });

  test('a program that is none from tokens to choices', () => {
    const graph = { ...model.graph, output: 'logits' };
    expect(proofError(() => encodeInfo(model.info, graph)).code).toBe('MODEL_GRAPH');
    const g = graphBuilder({ context: 4 });
    const logits = g.linear(
      'logits',
      g.input('x', { width: 2, bits: 8 }),
      g.weight('w', [3, 2], { bits: 8 }),
    );
    const withoutTokens = g.build(g.argmax('next', logits));
    expect(proofError(() => encodeInfo(model.info, withoutTokens)).code).toBe('MODEL_GRAPH');
  });
});

describe('on disk', () => {
  const folder = mkdtempSync(join(tmpdir(), 'zkdl-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('saved, loaded, replaced; for its owner only', () => {
    const path = join(folder, 'a.zkdl');
    saveModel(path, model);
    expect(readFileSync(path).equals(Buffer.from(bytes))).toBe(true);
    if (process.platform !== 'win32') expect(statSync(path).mode & 0o077).toBe(0);
    saveModel(path, model);
    expect(loadModel(path).info).toEqual(model.info);
    expect(readdirSync(folder)).toEqual(['a.zkdl']);
  });

  test('one that is not held in memory: the same weights, each checked when it is read', () => {
    const path = join(folder, 'large.zkdl');
    saveModel(path, model);
    const read = (digest: 'check' | 'skip'): QuantizedModel => loadModel(path, { wholeBytes: 0, digest });
    const large = read('check');
    expect([large.graph, large.info, large.weights.checked]).toEqual([model.graph, model.info, true]);
    for (const [name, data] of model.weights) expect(large.weights.get(name)).toEqual(data);
    expect(large.weights.get('none')).toBeUndefined();
    const room = new Uint8Array(Math.max(...[...model.weights.values()].map(({ byteLength }) => byteLength)));
    for (const [name, data] of model.weights) {
      const read = large.weights.get(name, (length) => room.subarray(0, length))!;
      expect([read, read.buffer === room.buffer]).toEqual([data, true]);
    }
    expect(Buffer.from(encodeModel(large)).equals(Buffer.from(bytes))).toBe(true);
    const damaged = (at: number, value: number): void => {
      const copy = bytes.slice();
      copy[at] = value;
      writeFileSync(path, copy);
    };
    damaged(bytes.length - 33, bytes.at(-33)! ^ 1);
    expect(proofError(() => read('check')).code).toBe('MODEL_DIGEST');
    // Weights lie one behind the other in front of the digest. One of less than 16 bits, the high byte of its last entry.
    const sizes = model.graph.weights.map(({ shape }) => {
      const own = shape.reduce((a, b) => a * b, 1) * (shape.length === 2 ? 2 : 4);
      return [own, own + ((4 - (own % 4)) % 4)] as const;
    });
    const index = model.graph.weights.findIndex(({ shape, bits }) => shape.length === 2 && bits < 16);
    const first = model.graph.weights[index]!;
    const behind = sizes.slice(index).reduce((sum, [, padded]) => sum + padded, 32);
    damaged(bytes.length - behind + sizes[index]![0] - 1, 0x7f);
    const refused = proofError(() => read('skip').weights.get(first.name));
    expect([refused.code, refused.stage]).toEqual(['MODEL_WEIGHT', path]);
    expect(proofError(() => read('check')).code).toBe('MODEL_DIGEST');
    const kept = read('skip');
    rmSync(path);
    expect(proofError(() => kept.weights.get(first.name))).toMatchObject({
      code: 'FILE_MISSING',
      stage: path,
    });
  });

  test('errors name the file and the cause', () => {
    const missing = proofError(() => saveModel(join(folder, 'no', 'b.zkdl'), model));
    expect([missing.code, missing.stage]).toEqual(['FILE_MISSING', join(folder, 'no', 'b.zkdl')]);
    expect(proofError(() => loadModel(join(folder, 'c.zkdl'))).code).toBe('FILE_MISSING');
    const cut = join(folder, 'cut.zkdl');
    writeFileSync(cut, bytes.subarray(0, 9999));
    expect(proofError(() => loadModel(cut)).stage).toBe(cut);
    rmSync(cut);
  });

  test.each(['create', 'write', 'sync', 'close', 'rename'])(
    'a disk that fills at %s leaves the old file and nothing else',
    (action) => {
      const files = memoryFiles();
      files.makeDirectory('/models');
      saveModel('/models/story.zkdl', model, files);
      const before = files.all();
      files.hook = (at) => {
        if (at === action) throw platformError('ENOSPC');
      };
      const refused = proofError(() => saveModel('/models/story.zkdl', model, files));
      expect([refused.code, refused.stage]).toEqual(['DISK_FULL', '/models/story.zkdl']);
      expect(refused.detail).toMatch(/full disk/);
      expect(refused.detail).not.toContain('unfinished');
      files.hook = undefined;
      expect(files.all()).toEqual(before);
      expect(loadModel('/models/story.zkdl', { files }).info).toEqual(model.info);
    },
  );

  test('power lost at any step: the old file or the new one', () => {
    const old = { ...model, info: { ...model.info, tokenizer: null } };
    for (let step = 1; step <= 12; step++) {
      for (const survives of [true, false]) {
        const files = memoryFiles();
        files.makeDirectory('/models');
        saveModel('/models/m', old, files);
        files.syncDirectory('/');
        let left = step;
        files.hook = () => {
          if (--left === 0) throw new Error('the power is gone');
        };
        try {
          saveModel('/models/m', model, files);
        } catch {
          // what is on disk now is what counts
        }
        files.hook = undefined;
        files.losePower(() => survives);
        const found = loadModel('/models/m', { files }).info;
        expect([old.info, model.info]).toContainEqual(found);
      }
    }
  });

  test('weights that do not fit make no file', () => {
    const files = memoryFiles();
    files.makeDirectory('/models');
    const weights = new Map(model.weights).set('l0.q.w', new Int16Array(5));
    const refused = proofError(() => saveModel('/models/m', { ...model, weights }, files));
    expect([refused.code, refused.stage]).toEqual(['MODEL_WEIGHT', '/models/m']);
    expect(files.all().size).toBe(0);
  });
});
