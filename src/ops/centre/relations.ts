/**
 * The mean of every row is committed: 2 sum x + d = 2 d mu + rest with 0 <= rest < 2 d and mu in the range of x. The result is
 * a sum of what is there. Lookups for rows only, none for entries.
 */
import { koalaBear } from '../../field/koalabear.ts';
import { bitsFor, intervalRelations } from '../interval.ts';
import { term, view, type Relations } from '../lowering.ts';
import type { CentreNode } from './shape.ts';

export const centreRelations: Relations<CentreNode> = ({ name, input }, to) => {
  const x = to.operand(input);
  const { width, min, max } = to.info(input);
  const t = to.rowIndex(name);
  const mean = to.witness(`${name}:mean`, [t.size], { min, max });
  const mu = view(mean, 't');
  // Both sides of the equation lie in intervals shorter than p that begin at 2 d min, so it holds for integers (section 9).
  const steps = max - min + 1;
  const doubled = 2 ** bitsFor(steps);
  const size = 2 * width * doubled < koalaBear.modulus ? doubled : steps;
  intervalRelations(to, mean, t, [term(1, [mu]), term(-min)], size);
  const sum = term(2, [view(x, 't', 'k')], [{ name: 'k', size: width }]);
  const rest = [sum, term(width), term(-2 * width, [mu])];
  intervalRelations(to, `${name}:rest`, t, rest, 2 * width);
  to.define(name, [
    { coefficient: 1, tensor: x },
    { coefficient: -1, tensor: mean, everyColumn: true },
  ]);
};
