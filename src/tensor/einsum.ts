/** Sums of products by index notation. */
import { contract, type Labelled } from './contraction.ts';
import { checkTensor } from './operands.ts';
import { describe, show } from './shape.ts';
import type { Tensor, TensorContext } from './tensor.ts';
import { diagonal } from './views.ts';

/**
 * Einstein summation: `'ij,jk->ik'` names the axes of each operand and of the result by letters; the result sums
 * the product of the operands over every letter it lacks. A letter twice in one operand takes the diagonal.
 * Operands are contracted from left to right, each pair as one matrix product: order them accordingly.
 *
 * Exact over the integers: int32, or int64 when an operand is; mod p over F and K; mixed domains meet in the
 * larger one.
 *
 * @param subscripts letters per operand, separated by commas, then `->` and the letters of the result
 * @throws RangeError for malformed subscripts, for sizes that disagree, or naming the first integer result
 *   outside its dtype, or an intermediate sum outside int64
 * @example
 * const a = t.fromArray([[1, 2], [3, 4]]);
 * const x = t.fromArray([10, -1], 'F');
 * t.einsum('ij,jk->ik', a, a).toArray(); // [[7, 10], [15, 22]]
 * t.einsum('ij,j->i', a, x).toArray(); // [8, 26]
 * t.einsum('ii->', a).item(); // 5
 * t.einsum('i,j->ij', x, x).toArray(); // [[100, 2130706423], [2130706423, 1]]
 */
export function einsum(context: TensorContext, subscripts: string, ...operands: Tensor[]): Tensor {
  const { inputs, output } = parse(subscripts);
  if (inputs.length !== operands.length) {
    throw new RangeError(
      `einsum: operands: expected ${inputs.length} for '${subscripts}', got ${operands.length}`,
    );
  }
  const labelled = operands.map((a, k) => {
    checkTensor(`einsum: operands[${k}]`, a, context);
    const labels = inputs[k] as readonly string[];
    if (labels.length !== a.shape.length) {
      throw new RangeError(
        `einsum: operands[${k}]: expected ${labels.length} axes for '${labels.join('')}', got ${show(a.shape)}`,
      );
    }
    return takeDiagonals(k, a, labels);
  });
  return contract('einsum', context, labelled, output);
}

/** @throws TypeError for no string, RangeError for anything but letters, commas and one arrow */
function parse(subscripts: string): { inputs: string[][]; output: string[] } {
  if (typeof subscripts !== 'string') {
    throw new TypeError(`einsum: subscripts: expected a string, got ${describe(subscripts)}`);
  }
  const match = /^([A-Za-z]*(?:,[A-Za-z]*)*)->([A-Za-z]*)$/.exec(subscripts.replaceAll(' ', ''));
  if (match === null) {
    throw new RangeError(
      `einsum: subscripts: expected letters such as 'ij,jk->ik', got ${JSON.stringify(subscripts)}`,
    );
  }
  const inputs = (match[1] as string).split(',').map((labels) => [...labels]);
  const output = [...(match[2] as string)];
  for (const [i, label] of output.entries()) {
    if (output.indexOf(label) !== i || !inputs.some((labels) => labels.includes(label))) {
      throw new RangeError(
        `einsum: subscripts: expected letters of the operands after '->', each once, got '${label}' in '${subscripts}'`,
      );
    }
  }
  return { inputs, output };
}

/** Replaces axes of equal labels by their diagonal. */
function takeDiagonals(k: number, a: Tensor, labels: readonly string[]): Labelled {
  const second = labels.findIndex((label, axis) => labels.indexOf(label) !== axis);
  if (second < 0) return { tensor: a, labels };
  const label = labels[second] as string;
  const first = labels.indexOf(label);
  if (a.shape[first] !== a.shape[second]) {
    throw new RangeError(
      `einsum: operands[${k}]: expected equal sizes for '${label}', got ${a.shape[first]} and ${a.shape[second]}`,
    );
  }
  const rest = labels.filter((_, axis) => axis !== first && axis !== second);
  return takeDiagonals(k, diagonal(a, first, second), [...rest, label]);
}
