/** How many steps of a run a proof can have: beside the bounds of a file those of a program, which pieces of rows and blocks of attention fill sooner. */
import { ProofError } from '../../errors/proof-error.ts';
import { koalaBear } from '../../field/koalabear.ts';
import { checkStructure } from '../../relation/check.ts';
import { graphStepsProgram } from '../backward/program.ts';
import { batchesOf } from './order.ts';
import { mostStacked, type GraphRun } from './run.ts';

/**
 * The most steps up to `wish` that one proof can have. Where rows stand in the corpus is all that batches differ in, so any are as large.
 *
 * @throws ProofError `PROGRAM_*` for a run of which no proof can have a single step
 */
export function stepsThatFit(
  run: Pick<GraphRun, 'graph' | 'plan' | 'tokens' | 'length' | 'batch' | 'steps'>,
  wish: number,
): number {
  const { graph, plan, tokens, length, batch, steps } = run;
  const typical = batchesOf({ tokens, length, batch, steps }, new Uint8Array(32))(0);
  const check = (count: number): void => {
    const batches = Array.from({ length: count }, () => typical);
    checkStructure(koalaBear, graphStepsProgram(graph, plan, batches));
  };
  const fits = (count: number): boolean => {
    try {
      check(count);
      return true;
    } catch (error) {
      if (error instanceof ProofError) return false;
      throw error;
    }
  };
  check(1);
  let [good, most] = [1, Math.min(wish, steps, mostStacked(run))];
  if (fits(most)) return most;
  while (most - good > 1) {
    const middle = Math.floor((good + most) / 2);
    if (fits(middle)) good = middle;
    else most = middle;
  }
  return good;
}
