/**
 * What lowering shares between operators: views at given rows or ids, terms of selected rows, tables that are made once. And what is chosen
 * late: logits of all rows, of which some are emitted, read at public ids.
 */
import { describe, expect, test } from 'vitest';
import { graphBuilder } from '../../src/graph/index.ts';
import { lowerGraph } from '../../src/graph/lower.ts';
import { sharedTable, wordColumn } from '../../src/ops/lower-tables.ts';
import { at, fixed, selectRows, term, view, viewAt } from '../../src/ops/lowering.ts';
import type { Coordinate } from '../../src/relation/program.ts';
import { violated } from '../support/clear.ts';
import { withChoices } from '../support/lowered-cases.ts';

const gather = (index: string, ...positions: number[]): Coordinate => ({ kind: 'gather', index, positions });

describe('views at rows', () => {
  test('slices, steps and lists of one index; other coordinates stay', () => {
    const own = view('x', at('j', 3, 1), 'k', fixed(2), gather('j', 5, 7, 6), gather('k', 1, 0));
    expect(viewAt(own, 'j', [0, 2, 1])).toEqual(
      view('x', gather('t', 1, 7, 4), 'k', fixed(2), at('t', 1, 5), gather('k', 1, 0)),
    );
  });
  test('not of a coordinate that merges it with another index', () => {
    const merged: Coordinate = {
      kind: 'affine',
      parts: [
        { index: 't', stride: 4 },
        { index: 'h', stride: 1 },
      ],
      offset: 0,
    };
    expect(() => viewAt(view('x', merged), 't', [0])).toThrow('t: expected a coordinate of it alone');
    expect(viewAt(view('x', merged), 'j', [0])).toEqual(view('x', merged));
  });
  test('terms, but none with a mask: it has rows of its own', () => {
    const own = term(3, [view('x', 't', 'j'), view('y', 'j')]);
    expect(selectRows([own], [4, 1])).toEqual([term(3, [view('x', gather('t', 4, 1), 'j'), view('y', 'j')])]);
    const mask = { row: 't', column: 'j', from: [0], to: [1] };
    expect(() => selectRows([{ ...own, mask }], [0])).toThrow('rows: expected no mask');
  });
});

test('tables are made once, until too many rows are kept', () => {
  let made = 0;
  const table = (name: string, rows: number) =>
    sharedTable(name, () => {
      made++;
      return { rows, columns: [] };
    });
  const first = table('test-a', 2 ** 22);
  expect(table('test-a', 2 ** 22)).toBe(first);
  table('test-b', 2 ** 22);
  table('test-c', 2 ** 22);
  expect(made).toBe(3);
  expect(table('test-a', 2 ** 22)).not.toBe(first);
  expect(made).toBe(4);
});

test('tables of one name by two makers are two tables', () => {
  const made = (words: Uint32Array) => () => ({ rows: 1, columns: [wordColumn(words)] });
  const own = sharedTable('test-name', made(Uint32Array.of(1)));
  const other = sharedTable('test-name', made(Uint32Array.of(2)), 'other');
  expect(other).not.toEqual(own);
  expect(sharedTable('test-name', made(Uint32Array.of(3)), 'other')).toBe(other);
});

describe('emitted rows of logits', () => {
  const [vocabulary, width, rows] = [7, 3, 6];
  const numbers = (count: number, by: number) =>
    Int32Array.from({ length: count }, (_, i) => ((i * i * by) % 255) - 127);
  const made = (emit: readonly number[]) => {
    const g = graphBuilder({ context: 8 });
    const x = g.input('x', { width, bits: 8 });
    const logits = g.linear('logits', x, g.weight('w', [vocabulary, width], { bits: 8 }));
    const graph = g.build(g.argmax('choice', g.emit('last', logits)));
    const inputs = { x: numbers(rows * width, 37) };
    return withChoices(graph, { w: numbers(vocabulary * width, 101) }, { rows, starts: [0], emit }, inputs);
  };
  test.each([[[0, 2, 3]], [[1, 2]], [[5]]])('%j', (emit) => {
    const { program, cells, graph, pass } = made(emit);
    expect(violated(program, cells)).toEqual([]);
    const choices = pass.choices!['choice']!;
    for (let row = 0; row < emit.length; row++) {
      const lie = Array.from(choices, (id, i) => (i === row ? (id + 1) % vocabulary : id));
      const lied = lowerGraph(graph, { ...pass, choices: { choice: lie } });
      expect(violated(lied, cells)).toContain('choice:chosen');
    }
    if (emit.length === 1) return;
    const others = lowerGraph(graph, { ...pass, emit: emit.map((row) => (row + 1) % rows).sort() });
    expect(violated(others, cells)).toContain('choice:chosen');
  });
});
