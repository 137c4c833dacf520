/** Changed keys and proof files, one for every seed: bytes, numbers in graphs and information, statements, proofs. */
import { encodeAnswer, decodeAnswer } from '../../src/answer/envelope.ts';
import { modelDigest } from '../../src/answer/key.ts';
import {
  isPrivate,
  type AnswerStatement,
  type PrivatePrompt,
  type Prompt,
  type RevealedLogits,
} from '../../src/answer/statement.ts';
import { dice, type Dice } from './graphs.ts';

export interface Mutant {
  readonly name: string;
  readonly key: Uint8Array;
  readonly file: Uint8Array;
}

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Lengths of the blocks of a key stand in front of them. */
function blocksOf(key: Uint8Array): Uint8Array[] {
  const blocks: Uint8Array[] = [];
  for (let at = 12; at < key.length;) {
    const length = new DataView(key.buffer, key.byteOffset + at, 4).getUint32(0, true);
    blocks.push(key.slice(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return blocks;
}

function keyOf(head: Uint8Array, blocks: readonly Uint8Array[]): Uint8Array {
  const parts = blocks.flatMap((block) => {
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, block.length, true);
    return [length, block];
  });
  return Uint8Array.from([head, ...parts].flatMap((part) => Array.from(part)));
}

/** Keys in ascending order, no space. */
function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key] as Json)}`).join(',')}}`;
}

/** A JSON text with one leaf changed, one key gone, one item twice, or written another way. */
function changedJson(bytes: Uint8Array, d: Dice): Uint8Array {
  const root = JSON.parse(Buffer.from(bytes).toString('latin1')) as Json;
  const places: { of: { [key: string]: Json } | Json[]; key: string }[] = [];
  const visit = (value: Json): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const key of Object.keys(value)) {
      places.push({ of: value as { [key: string]: Json }, key });
      visit((value as { [key: string]: Json })[key] as Json);
    }
  };
  visit(root);
  const { of, key } = d.pick(places);
  const parent = of as { [key: string]: Json };
  const before = parent[key] as Json;
  const kind = d.int(0, 9);
  if (kind === 0 && Array.isArray(of)) of.push(before);
  else if (kind === 0 || typeof before === 'object') {
    if (Array.isArray(of)) of.splice(Number(key), 1);
    else delete parent[key];
  } else if (typeof before === 'number') {
    parent[key] = d.pick([before + 1, before - 1, 2 * before, 0, -1, before + 0.5, 2 ** 53, 1, 16, 2 ** 20]);
  } else if (typeof before === 'string') {
    const others = places
      .map((p) => (p.of as { [key: string]: Json })[p.key])
      .filter((x) => typeof x === 'string');
    parent[key] = d.pick([
      d.pick(others) as string,
      `${before}x`,
      '',
      'relu-09',
      'relu-8',
      'proven',
      'residue',
    ]);
  } else parent[key] = 0;
  const text = kind === 9 ? JSON.stringify(root, null, 1) : canonical(root);
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

function flipped(bytes: Uint8Array, at: number, d: Dice): Uint8Array {
  return Uint8Array.from(bytes, (byte, i) => (i === at ? byte ^ (1 << d.int(0, 7)) : byte));
}

/** The file about another key: only the digest in it changes. */
function signedFor(key: Uint8Array, file: Uint8Array): Uint8Array {
  const copy = file.slice();
  copy.set(modelDigest(key), 12);
  return copy;
}

/** The key with another report. */
export function withReport(key: Uint8Array, change: { [key: string]: Json }): Uint8Array {
  const [graph, information, weights] = blocksOf(key) as [Uint8Array, Uint8Array, Uint8Array];
  const info = JSON.parse(Buffer.from(information).toString('latin1')) as { [key: string]: Json };
  const report = { ...(info['report'] as { [key: string]: Json }), ...change };
  const text = canonical({ ...info, report });
  const changed = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
  return keyOf(key.slice(0, 12), [graph, changed, weights]);
}

/** Ids, lengths, kinds of prompts, the rule, or logits changed. */
export function changedStatement(statement: AnswerStatement, d: Dice): AnswerStatement {
  const sequences = statement.sequences.map(({ prompt, completion }) => ({
    prompt: isPrivate(prompt) ? { ...prompt } : [...prompt],
    completion: [...completion],
  }));
  const of = d.pick(sequences);
  const what = d.int(0, 8);
  if (what === 6 || what === 7) return { ...statement, revealed: changedLogits(statement, d) };
  const { prompt } = of;
  if (isPrivate(prompt) && d.int(0, 1) === 0) {
    of.prompt = d.pick<Prompt>([
      Array.from({ length: prompt.privateTokens }, () => 1),
      { privateTokens: prompt.privateTokens + d.pick([-1, 1, 2 ** 17]) },
      { privateTokens: 0 },
    ]) as number[] | PrivatePrompt;
    return { ...statement, sequences };
  }
  if (what === 8) {
    of.prompt = { privateTokens: isPrivate(prompt) ? prompt.privateTokens : prompt.length };
    return { ...statement, sequences };
  }
  const list = d.pick([isPrivate(prompt) ? of.completion : prompt, of.completion]);
  if (what === 0) list.pop();
  else if (what === 1) list.push(...Array.from({ length: d.int(1, 9) }, () => 1));
  else list[d.int(0, list.length - 1)] = d.pick([0, 1, 2, 3, 99]);
  const seed = new Uint8Array(32);
  const choice = what === 5 ? { seed, temperature: d.pick([0, 1000, 2 ** 20 + 1]) } : statement.choice;
  return { ...statement, sequences, choice };
}

/** Positions that are none, twice, or others; values that are other ones, more, or no balanced residues. */
function changedLogits({ revealed = [], sequences }: AnswerStatement, d: Dice): RevealedLogits[] {
  const all = revealed.map(({ values, ...of }) => ({ ...of, values: Array.from(values) }));
  const own = all[all.length - 1] ?? { sequence: 0, position: 0, values: [0, 0, 0, 0, 0, 0] };
  const { length } = sequences[own.sequence]!.completion;
  switch (d.int(0, 6)) {
    case 0:
      return all.slice(1);
    case 1:
      return [...all, own];
    case 2:
      return [{ ...own, position: d.pick([own.position + 1, Math.max(own.position - 1, 0), length]) }];
    case 3:
      return [{ ...own, sequence: d.pick([0, 1, sequences.length]) }];
    case 4:
      return [{ ...own, values: d.pick([[], [...own.values, 0], own.values.slice(1)]) }];
    case 5:
      return [{ ...own, values: own.values.map((value) => value + d.pick([P, -P])).map((x) => x | 0) }];
    default:
      return [{ ...own, values: own.values.map((value, i) => (i === 0 ? value + 1 : value)) }];
  }
}

/** Modulus of the base field: the same residue by another integer. */
const P = 2130706433;

/** Mutant `seed` of a key and a proof file. */
export function mutantOf(key: Uint8Array, file: Uint8Array, seed: number): Mutant {
  const d = dice(seed);
  const blocks = blocksOf(key);
  const decoded = decodeAnswer(file);
  const proofAt = file.length - decoded.proof.length;
  const json = (i: number): Mutant => {
    const own = blocks.map((block, b) => (b === i ? changedJson(block, d) : block));
    const changed = keyOf(key.slice(0, 12), own);
    return { name: i === 0 ? 'graph' : 'information', key: changed, file: signedFor(changed, file) };
  };
  switch (seed % 10) {
    case 0:
      return { name: 'key byte', key: flipped(key, d.int(0, 400), d), file };
    case 1:
    case 2:
    case 3:
      return json(0);
    case 4:
      return json(1);
    case 5: {
      const weights = flipped(blocks[2]!, d.int(0, blocks[2]!.length - 1), d);
      const changed = keyOf(key.slice(0, 12), [blocks[0]!, blocks[1]!, weights]);
      return { name: 'weights', key: changed, file: signedFor(changed, file) };
    }
    case 6:
      return { name: 'head of the file', key, file: flipped(file, d.int(0, proofAt - 1), d) };
    case 7: {
      const at = d.pick([d.int(0, file.length - 1), d.int(0, proofAt), file.length - 1]);
      const longer = Uint8Array.from([...file, 0]);
      return { name: 'length', key, file: d.int(0, 4) === 0 ? longer : file.slice(0, at) };
    }
    case 8: {
      const statement = changedStatement(decoded.statement, d);
      return { name: 'statement', key, file: encodeAnswer({ ...decoded, statement }) };
    }
    default:
      return { name: 'proof byte', key, file: flipped(file, d.int(proofAt, file.length - 1), d) };
  }
}
