/**
 * The choice is public. Its value is committed, and lies above every other by a number of 29 bits: two lookups for each value,
 * and values themselves are never committed.
 */
import { refuse } from '../../errors/proof-error.ts';
import type { Mask, Term } from '../../relation/program.ts';
import { intervalRelations } from '../interval.ts';
import { rangeTable } from '../lower-tables.ts';
import { term, view, type Lowering, type Relations } from '../lowering.ts';
import { atColumns } from './chosen.ts';
import { publicNoise } from './noise.ts';
import { CHOICE_BITS, LEAD_LOW, MAX_LOGITS, type ArgmaxNode } from './shape.ts';

/** @throws ProofError `PASS_VALUES` unless the statement names a choice for every row, `PASS_CHOICE` for noise that the node has not */
export const argmaxRelations: Relations<ArgmaxNode> = (node, to) => {
  const { name, input } = node;
  const t = to.rowIndex(name);
  const choices = choicesOf(node, to);
  to.publicTensor(name, [t.size, 1], choices);
  to.define(name, [{ coefficient: 1, tensor: name }]);

  const noise = publicNoise(node, to.rows, to.info(input));
  const noiseTerms = (values: Int32Array, what: string, ...indices: string[]): readonly Term[] => {
    const shape = [t.size, values.length / t.size].slice(0, indices.length);
    return [term(1, [view(to.publicTensor(`${name}:${what}`, shape, values), ...indices)])];
  };
  const own = noise && choices.map((choice, row) => noise[row * to.info(input).width + choice] as number);
  const chosen = view(to.witness(`${name}:chosen`, [t.size]), 't');
  const value = [...atColumns(to, node, choices), ...(own ? noiseTerms(own, 'chosen-noise', 't') : [])];
  to.zero(`${name}:chosen`, [t], [...value, term(-1, [chosen])]);
  // 29 signed bits
  const moved = [term(1, [chosen]), term(2 ** (CHOICE_BITS - 1))];
  intervalRelations(to, `${name}:chosen`, t, moved, 2 ** CHOICE_BITS);

  // lead = l_choice - l_v - [v < choice] in [0, 2^29)
  const before: Mask = { row: 't', column: 'j', from: Array.from(choices, () => 0), to: [...choices] };
  const others = [...to.terms(input, -1), ...negated(noise ? noiseTerms(noise, 'noise', 't', 'j') : [])];
  const indices = [t, to.columnIndex(input)];
  const terms = [term(1, [chosen]), ...others, { ...term(-1), mask: before }];
  const lead = view(to.virtual(`${name}:lead`, indices, terms, 'residue'), 't', 'j');
  const bits = CHOICE_BITS - LEAD_LOW;
  const shape = indices.map(({ size }) => size);
  const high = view(to.witness(`${name}:lead-high`, shape, { min: 0, max: 2 ** bits - 1 }), 't', 'j');
  to.lookup(`${name}:lead-high`, indices, to.table(rangeTable(bits)), [[term(1, [high])]]);
  const low = [term(1, [lead]), term(-(2 ** LEAD_LOW), [high])];
  to.lookup(`${name}:lead-low`, indices, to.table(rangeTable(LEAD_LOW)), [low]);
};

function negated(terms: readonly Term[]): readonly Term[] {
  return terms.map((of) => ({ ...of, coefficient: -of.coefficient }));
}

/** The ids that the statement names. */
function choicesOf({ name, input }: ArgmaxNode, to: Lowering): Int32Array {
  const { size } = to.rowIndex(name);
  const { width } = to.info(input);
  const named = to.rows.choicesOf(name);
  const wrong = (what: string): never => refuse('PASS_VALUES', `pass/${name}`, `choices: ${what}`);
  // Of rows from a few bytes a verifier would make noise for all logits.
  if (size * width > MAX_LOGITS) wrong(`expected at most 2^27 logits, got ${size} rows of ${width}`);
  if (named?.length !== size) return wrong(`expected ${size}, got ${named?.length ?? 'none'}`);
  return Int32Array.from({ length: size }, (_, row) => {
    const id = named[row] as number;
    const fits = Number.isInteger(id) && id >= 0 && id < width;
    return fits ? id : wrong(`row ${row}: expected an id below ${width}`);
  });
}
