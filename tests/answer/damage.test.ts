/**
 * Every check between the bytes of a key, a proof file or a link and the proof itself, by the file that only this check refuses. The
 * proofs are zeros: a file that passes all checks is refused where its proof is read.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { fileBytes, fileReader, type FilePart } from '../../src/answer/bytes.ts';
import { ANSWER_VERSION, decodeAnswer, encodeAnswer, type Answer } from '../../src/answer/envelope.ts';
import { decodeModelKey, encodeModelKey, modelDigest, type ModelKey } from '../../src/answer/key.ts';
import { decodeModelLink, encodeModelLink, verifyModelLinks, type ModelLink } from '../../src/answer/link.ts';
import {
  MAX_CONTEXT_BYTES,
  MAX_PRIVATE_TOKENS,
  MAX_SEQUENCES,
  passOf,
  type AnswerStatement,
} from '../../src/answer/statement.ts';
import { answerStatement, verifyAnswer, type Expectations } from '../../src/answer/verify.ts';
import { mostRows } from '../../src/graph/pass.ts';
import { completeInstance } from '../../src/params/choose.ts';
import { encodeParameters } from '../../src/params/encoding.ts';
import { columnCode } from '../../src/params/parameters.ts';
import { unsafeToyProfile } from '../../src/params/profile.ts';
import { leastQueries } from '../../src/params/queries.ts';
import { programInstance } from '../../src/relation/plan.ts';
import type { GroupKey } from '../../src/pcs/key.ts';
import { pretended, type Pretended } from '../support/fuzz/formats.ts';
import { proofError } from '../support/refusal.ts';

let made: Pretended;
let bytes: Uint8Array;
beforeAll(async () => {
  made = await pretended('tiny-llama');
  bytes = encodeAnswer(made.answer);
}, 600_000);

const seen = (verdict: object): unknown[] => {
  const { ok, code, stage, detail } = verdict as {
    ok: boolean;
    code?: string;
    stage?: string;
    detail?: string;
  };
  return [ok, code, stage, detail];
};
/** Verdict on a statement and parameters that differ from the honest ones. */
const verdictOf = (change: Partial<AnswerStatement> = {}, other: Partial<Answer> = {}, expected: Expectations = {}): unknown[] =>
  seen(verifyAnswer(made.keyBytes, encodeAnswer({ ...made.answer, ...other, statement: { ...made.answer.statement, ...change } }), expected)); // prettier-ignore
const withText = (detail: string): unknown => expect.stringContaining(detail) as unknown;
const refusedAs = (code: string, stage: string, detail: string): unknown[] => [
  false,
  code,
  stage,
  withText(detail),
];
/** What a proof of zeros comes to. */
const AT_PROOF = [false, 'TRUNCATED', withText('lookup/'), withText('more bytes')];

describe('parts of files', () => {
  const file = fileBytes('zkdl-tst', 3, [7, Uint8Array.of(1, 2), { block: Uint8Array.of(9) }]);
  const read = (from: Uint8Array, magic = 'zkdl-tst', version = 3) => {
    const reader = fileReader('file', from, magic, version);
    const parts = [reader.u32('n'), [...reader.bytes('two', 2)], [...reader.block('block')]];
    reader.end();
    return parts;
  };
  test('are read as they were written', () => expect(read(file)).toEqual([7, [1, 2], [9]]));
  test('one check, one liar', () => {
    expect(proofError(() => read(file.slice(0, -1))).code).toBe('LENGTH');
    expect(proofError(() => read(file.slice(0, 15))).code).toBe('LENGTH');
    expect(proofError(() => read(Uint8Array.of(...file, 0))).detail).toMatch(/expected 23 bytes, got 24/);
    expect(proofError(() => read(file, 'zkdl-txt')).code).toBe('FORMAT');
    expect(proofError(() => read(file, 'zkdl-tst', 4)).code).toBe('VERSION');
    expect(proofError(() => read(new Uint8Array(0))).code).toBe('FORMAT');
  });
  test.each([-1, 0.5, 2 ** 32])('no u32 is %s', (value) => {
    expect(() => fileBytes('zkdl-tst', 1, [value])).toThrow(`expected an integer in [0, 2^32), got ${value}`);
    expect(fileBytes('zkdl-tst', 1, [2 ** 32 - 1]).length).toBe(16);
  });
});

describe('a proof file', () => {
  /** The file from its parts, so that one can be what the encoder does not write. */
  const partsOf = (change: Record<string, readonly FilePart[]>): Uint8Array => {
    const parts: Record<string, readonly FilePart[]> = {
      model: [made.answer.statement.model],
      choice: [0],
      context: [{ block: new Uint8Array(0) }],
      // One: a public prompt of one token and a completion of one.
      sequences: [1, 0, 1, 5, 1, 6],
      revealed: [0],
      parameters: [{ block: encodeParameters(made.answer.parameters) }, { block: made.answer.proof }],
      ...change,
    };
    return fileBytes('zkdl-ans', ANSWER_VERSION, Object.values(parts).flat());
  };
  const refused = (change: Record<string, readonly FilePart[]>): string =>
    proofError(() => decodeAnswer(partsOf(change))).message;
  test('is read', () => expect(encodeAnswer(decodeAnswer(partsOf({})))).toEqual(partsOf({})));
  test('one check, one liar', () => {
    expect(refused({ choice: [2] })).toMatch(/STATEMENT.*choice: expected 0 or 1, got 2/);
    expect(refused({ context: [{ block: new Uint8Array(MAX_CONTEXT_BYTES + 1) }] })).toMatch(
      /STATEMENT.*65536 bytes/,
    );
    expect(refused({ sequences: [0] })).toMatch(/STATEMENT.*sequences: expected 1 to 4096, got 0/);
    const many = MAX_SEQUENCES + 1;
    expect(refused({ sequences: [many, ...new Array<number>(5 * many).fill(0)] })).toMatch(
      /STATEMENT.*got 4097/,
    );
    expect(refused({ end: [0] })).toMatch(/LENGTH/);
    expect(refused({ sequences: [1, 0, 2 ** 32 - 1, 5] })).toMatch(/LENGTH/);
    expect(refused({ sequences: [1, 2, 1, 5, 1, 6] })).toMatch(/STATEMENT.*kind of prompt: .*0 or 1, got 2/);
    expect(refused({ revealed: [2] })).toMatch(/STATEMENT.*revealed: expected at most 1, got 2/);
    expect(refused({ revealed: [1, 0, 0, { block: new Uint8Array(5) }] })).toMatch(
      /STATEMENT.*logits: expected words, got 5 bytes/,
    );
  });
});

describe('a key', () => {
  const keyWith = (change: Partial<GroupKey['group']>, layout?: Uint8Array): Uint8Array => {
    const [weights] = made.key.weights as [GroupKey];
    const group = { ...weights.group, ...change };
    return encodeModelKey({
      ...made.key,
      weights: [{ ...weights, group, layout: layout ?? weights.layout }],
    });
  };
  test('one check, one liar', () => {
    const refused = (key: Uint8Array): string => proofError(() => decodeModelKey(key)).message;
    expect(encodeModelKey(decodeModelKey(keyWith({})))).toEqual(made.keyBytes);
    expect(refused(keyWith({}, new Uint8Array(32)))).toMatch(/KEY_LAYOUT.*layout/);
    expect(refused(keyWith({ columns: made.key.weights[0]!.group.columns + 1 }))).toMatch(
      /KEY_LAYOUT.*columns/,
    );
    expect(refused(keyWith({ lifetime: 'carried' }))).toMatch(/KEY_LAYOUT.*static group/);
    expect(refused(Uint8Array.of(...made.keyBytes, 0))).toMatch(/LENGTH/);
  });
});

describe('a statement', () => {
  const pass = (change: Partial<AnswerStatement>): string =>
    proofError(() => passOf(made.key.graph, { ...made.answer.statement, ...change })).message;
  test('one check, one liar', () => {
    const one = { prompt: [1], completion: [2] };
    expect(pass({ sequences: [] })).toMatch(/STATEMENT.*expected 1 to 4096, got 0/);
    expect(pass({ sequences: new Array(MAX_SEQUENCES + 1).fill(one) })).toMatch(/STATEMENT.*got 4097/);
    expect(pass({ sequences: [one, { ...one, prompt: [] }] })).toMatch(/STATEMENT.*sequences\[1\].*prompt/);
    expect(pass({ sequences: [one, { ...one, completion: [] }] })).toMatch(
      /STATEMENT.*sequences\[1\].*completion/,
    );
    const { graph } = made.key;
    const output = graph.nodes.find(({ op }) => op !== 'argmax')!.name;
    const other = { ...graph, output };
    expect(proofError(() => passOf(other, made.answer.statement)).code).toBe('GRAPH_OUTPUT');
  });
});

test('a few bytes that ask for the work of very many rows are refused before it is done', () => {
  const { graph } = made.key;
  const most = mostRows(graph);
  expect(graph.nodes.some(({ op }) => op === 'attention') && most <= MAX_PRIVATE_TOKENS).toBe(true);
  const each = graph.context - 1;
  const sequences = (rows: number) =>
    Array.from({ length: Math.floor(rows / each) }, () => ({
      prompt: { privateTokens: each },
      completion: [1],
    }));
  expect(verdictOf({ sequences: sequences(most + each) }).slice(0, 2)).toEqual([false, 'PASS_ROWS']);
});

describe('the verifier', () => {
  test('reads the proof of a file that is in order', () => expect(verdictOf()).toEqual(AT_PROOF));
  test('takes bytes alone', () => {
    const text = 'bytes' as unknown as Uint8Array;
    expect(seen(verifyAnswer(text, bytes))).toEqual(refusedAs('FORMAT', 'key', 'expected bytes'));
    expect(seen(verifyAnswer(made.keyBytes, text))).toEqual(
      refusedAs('FORMAT', 'proof file', 'expected bytes'),
    );
  });
  test('a proof about another key', () => {
    expect(verdictOf({ model: new Uint8Array(32) })).toEqual(
      refusedAs('MODEL', 'proof file', 'about this key'),
    );
  });
  test('parameters that are not those of the key', () => {
    const { parameters, statement } = made.answer;
    const { code, profile } = parameters;
    const expected = refusedAs('STATEMENT', 'proof file', 'column code of the key');
    // Parameters that stand by themselves, of a code with more pads.
    const padLength = 2 * code.padLength;
    const queries = leastQueries(columnCode({ ...code, padLength }), profile.lambda)!;
    const { compiled } = answerStatement(made.key, statement, parameters);
    const instance = programInstance(compiled, [made.key.weights[0]!.group], code.logData);
    const other = completeInstance(instance, { ...code, padLength, queries }, profile)!.parameters;
    expect(verdictOf({}, { parameters: other })).toEqual(expected);
    const toy = unsafeToyProfile(profile.lambda, profile.field);
    expect(verdictOf({}, { parameters: { ...parameters, profile: toy } })).toEqual(expected);
    // The comparison comes before the program, which is the work: a token of no vocabulary is not even looked at.
    const strange = [{ prompt: [2 ** 20], completion: [1] }];
    expect(verdictOf({ sequences: strange }, { parameters: other })).toEqual(expected);
    expect(verdictOf({ sequences: strange })[1]).toBe('TOKEN');
  });
  test('a statement about weights that do not fit, and about none', () => {
    const { statement, parameters } = made.answer;
    const stated = (group: Partial<GroupKey['group']> | undefined): unknown => {
      const [own] = made.key.weights as [GroupKey];
      const weights = [{ ...own, group: group && { ...own.group, ...group } }];
      return answerStatement({ ...made.key, weights } as ModelKey, statement, parameters);
    };
    expect(stated({})).toBeDefined();
    const columns = made.key.weights[0]!.group.columns + 1;
    expect(proofError(() => stated({ columns })).message).toMatch(/STATEMENT.*proof file.*columns/);
    // Not about the proof: a mistake of the program, which no refusal hides.
    expect(() => stated(undefined)).toThrow(TypeError);
  });
  const { a, b } = { a: [72, 101], b: [7] };
  const EXPECTED: [string, Expectations, string][] = [
    ['another key', { model: new Uint8Array(32) }, 'MODEL'],
    ['another prompt', { prompts: [a, [8]] }, 'PROMPT'],
    ['a longer prompt', { prompts: [a, [7, 7]] }, 'PROMPT'],
    ['a prompt less', { prompts: [a] }, 'PROMPT'],
    ['another completion', { completions: [[1, 2, 3], [8]] }, 'COMPLETION'],
    ['a completion more', { completions: [[1, 2, 3], [9], [9]] }, 'COMPLETION'],
    ['another context', { context: Uint8Array.of(1) }, 'CONTEXT'],
  ]; // prettier-ignore
  test.each(EXPECTED)('expects %s', (_, expected, code) => {
    expect(verdictOf({}, {}, expected)).toEqual([false, code, withText(''), withText('')]);
  });
  test('expects what is there', () => {
    const { model, context } = made.answer.statement;
    const expected = { model, context, prompts: [a, b], completions: [[1, 2, 3], [9]] };
    expect(verdictOf({}, {}, expected)).toEqual(AT_PROOF);
  });
});

describe('links', () => {
  const link = (change: Partial<ModelLink> = {}, count = 1): Uint8Array => {
    const { parameters, proof } = made.answer;
    const older = modelDigest(made.keyBytes);
    const groups = Array.from({ length: count }, () => ({ weights: new Uint8Array(8), parameters, proof }));
    return encodeModelLink({ older, groups, ...change });
  };
  test('one check, one liar', () => {
    expect(encodeModelLink(decodeModelLink(link()))).toEqual(link());
    expect(proofError(() => decodeModelLink(Uint8Array.of(...link(), 0))).code).toBe('LENGTH');
    const verdict = (key: unknown, ...links: Uint8Array[]): unknown[] =>
      seen(verifyModelLinks(key as Uint8Array, links));
    expect(verdict('bytes')).toEqual(refusedAs('FORMAT', 'key', 'expected bytes'));
    expect(verdict(made.keyBytes)[0]).toBe(true);
    expect(verdict(made.keyBytes, link({ older: new Uint8Array(32) }))).toEqual(
      refusedAs('MODEL', 'link 0', 'the key before it'),
    );
    // What the chain of commitments refuses, with its place.
    expect(verdict(made.keyBytes, link())[2]).toMatch(/^link 0: /);
  });
});
