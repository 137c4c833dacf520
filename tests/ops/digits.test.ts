/** Integer definitions refuse inputs beyond their digits by themselves, whoever calls them. */
import { expect, test } from 'vitest';
import { evaluateActivation } from '../../src/ops/activation/eval.ts';
import { evaluateAttention } from '../../src/ops/attention/eval.ts';
import { evaluateRmsnorm } from '../../src/ops/rmsnorm/eval.ts';
import { column, tableOf } from '../../src/tables/index.ts';
import { refusal } from '../support/refusal.ts';

const row = (values: readonly number[]) => ({ rows: 1, width: values.length, data: Int32Array.from(values) });

test('activation: keys of the table alone', () => {
  const table = column(tableOf('relu-8'), 'y');
  const run = (v: number) => () => evaluateActivation('t', row([0, v]), 8, table)[1];
  expect([run(127)(), run(-128)()]).toEqual([127, 0]);
  expect([refusal(run(128)), refusal(run(-129))]).toEqual(['UNPROVABLE', 'UNPROVABLE']);
});

test('rmsnorm: 16 bits', () => {
  const table = column(tableOf('rsqrt'), 'r');
  const run = (v: number) => () => evaluateRmsnorm('t', row([0, v]), 16, 1, table).data[1];
  expect([run(32767)(), run(-32768)()]).toEqual([32765, -32766]); // R is cut: up to two steps
  expect([refusal(run(32768)), refusal(run(-32769))]).toEqual(['UNPROVABLE', 'UNPROVABLE']);
});

test('attention: scores beyond 4,096 octaves', () => {
  const run = (q: number) => () => {
    const rows = { query: row([q]), key: row([2047]), value: row([5]), firstVisible: [0] };
    const shape = { heads: 1, kvHeads: 1, headDim: 1, shift: 1 };
    return evaluateAttention('t', shape, rows, column(tableOf('exp2'), 'e')).data[0];
  };
  expect(run(256)()).toBe(5); // 2047 * 256 / 128 = 4094 octaves
  expect(refusal(run(257))).toBe('UNPROVABLE');
});
