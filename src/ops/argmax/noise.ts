/** The public noise of a pass: it follows from seed, temperature and positions alone. */
import { refuse } from '../../errors/proof-error.ts';
import { column, tableOf } from '../../tables/index.ts';
import type { PublicRows } from '../lowering.ts';
import type { TensorInfo } from '../operator.ts';
import { gumbelNoise, noiseMultiplier } from './eval.ts';
import type { ArgmaxNode } from './shape.ts';

/**
 * N_v for all rows of the input, row by row; undefined for greedy choices.
 *
 * @throws ProofError `PASS_CHOICE` for sampling by a node without noise, or a seed or a temperature that is none
 */
export function publicNoise(
  node: ArgmaxNode,
  { choice, positions, emitted }: PublicRows,
  { width, rows }: Pick<TensorInfo, 'width' | 'rows'>,
): Int32Array | undefined {
  if (choice === 'greedy') return undefined;
  const wrong = (what: string): never => refuse('PASS_CHOICE', `pass/${node.name}`, what);
  if (node.unit === 0) wrong('choice: expected greedy, the node has no unit of noise');
  if (choice.seed.length !== 32) wrong(`seed: expected 32 bytes, got ${choice.seed.length}`);
  const multiplier = multiplierOf(node.unit, choice.temperature) ?? wrong('temperature: expected less');
  const table = column(tableOf('gumbel'), 'g');
  const own = rows === 'emitted' ? emitted.map((row) => positions[row] as number) : positions;
  const noise = new Int32Array(own.length * width);
  own.forEach((position, t) => {
    noise.set(gumbelNoise(choice.seed, position, width, multiplier, table), t * width);
  });
  return noise;
}

function multiplierOf(unit: number, temperature: number): number | undefined {
  try {
    return noiseMultiplier(unit, temperature);
  } catch {
    return undefined; // a RangeError: the temperature is none, or the noise would be too great
  }
}
