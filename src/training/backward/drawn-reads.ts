/**
 * What drawn weights cost a verifier: the claims of a proof come to functionals on them, one for every block of a relation and every term that reads them,
 * and he goes through the cells for each. spec/graph-step-program.md section 7.
 */
import { refuse } from '../../errors/proof-error.ts';
import { blockCount, cutCount } from '../../relation/check.ts';
import { flatten, type FlatTerm } from '../../relation/form.ts';
import type { Index, Program, View } from '../../relation/program.ts';

/** Cells that he goes through, seconds of work; honest steps are far below. */
const MAX_READ = 2 ** 29;
/** Cells that writing out one entry of a functional on one dimension is worth. */
const ENTRY = 64;

/**
 * Of a program that is checked.
 *
 * @throws ProofError `PLAN` for one whose drawn weights are read too often
 */
export function checkDrawnReads(program: Program, stage: string): void {
  const drawn = new Map(
    program.tensors.flatMap((own) =>
      own.kind === 'public' && own.source !== undefined ? [[own.name, own.shape] as const] : [],
    ),
  );
  let sum = 0;
  for (const { indices, forms } of flatten(program)) {
    for (const term of forms.flat()) {
      for (const view of term.views) {
        const shape = drawn.get(view.tensor);
        if (shape !== undefined) sum += cellsRead(indices, term, view, shape);
      }
      if (sum > MAX_READ) {
        refuse('PLAN', stage, `start: expected at most 2^29 cells of drawn weights to go through, got more`);
      }
    }
  }
}

/** Blocks of an index that a view reads without a list are parts of the tensor, which add up to all of it; each other one goes through it once more. */
function cellsRead(
  indices: readonly Index[],
  { sums }: FlatTerm,
  { coordinates }: View,
  shape: readonly number[],
): number {
  const cuts = ({ name }: Index): boolean =>
    coordinates.some((own) => own.kind === 'affine' && own.parts.some(({ index }) => index === name));
  const times = blockCount(indices.filter((index) => !cuts(index))) * cutCount(indices);
  const parts = blockCount([...indices, ...sums].filter(cuts));
  const cells = shape.reduce((product, size) => product * size, 1);
  const lengths = shape.reduce((total, size) => total + size, 0);
  return times * (cells + lengths * (ENTRY + 2 * parts));
}
