/** What steps measured, as a table and as a picture. */
import { rateAt, stepsPerEpoch, type TrainingPlan } from '../../training/index.ts';
import type { Measured as Done } from './checkpoint.ts';

type Measured = Pick<Done, 'losses' | 'right'>;

/**
 * Mean cross-entropy in nats of the logits of a batch, [rows, classes] with 8 binary places; rows whose greatest is the label's. The loss is a
 * 32-bit float, as a checkpoint keeps it: a run that goes on from one writes the table that it would have written without.
 */
export function measure(
  logits: Int32Array,
  labels: Int32Array,
  unit = 256,
): { readonly loss: number; readonly right: number } {
  const classes = logits.length / labels.length;
  let [loss, right] = [0, 0];
  labels.forEach((label, t) => {
    const row = logits.subarray(t * classes, (t + 1) * classes);
    const greatest = row.reduce((a, z) => Math.max(a, z), -Infinity);
    const sum = row.reduce((a, z) => a + Math.exp((z - greatest) / unit), 0);
    loss += Math.log(sum) - ((row[label] as number) - greatest) / unit;
    if (row.indexOf(greatest) === label) right++;
  });
  return { loss: Math.fround(loss / labels.length), right };
}

/** Mean of the last entries of a list. */
export function meanOfLast(values: readonly number[], count: number): number {
  const last = values.slice(-count);
  return last.reduce((sum, x) => sum + x, 0) / Math.max(1, last.length);
}

/** A line a step: its number, epoch and rate, mean loss of its batch in nats, rows named right. */
export function lossCsv(plan: TrainingPlan, measured: Measured): Uint8Array {
  return lossTable(stepsPerEpoch(plan), (step) => rateAt(plan, step), measured);
}

/** The same of any run. */
export function lossTable(
  perEpoch: number,
  rate: (step: number) => number,
  { losses, right }: Measured,
): Uint8Array {
  const lines = losses.map((loss, step) =>
    [step, Math.floor(step / perEpoch), rate(step), loss.toFixed(6), right[step]].join(','),
  );
  return new TextEncoder().encode(['step,epoch,rate,loss,right', ...lines, ''].join('\n'));
}

const SIZE = { width: 720, height: 400, left: 56, right: 16, top: 28, bottom: 44 } as const;
/** Points of a line: more are not seen. */
const MAX_POINTS = 720;
const MEAN = 50;

/** The losses as a line, with their running mean. */
export function lossSvg({ steps }: Pick<TrainingPlan, 'steps'>, { losses }: Measured): Uint8Array {
  const top = Math.max(...chunks(losses).map(([, greatest]) => greatest), 1e-6);
  const inner = { x: SIZE.width - SIZE.left - SIZE.right, y: SIZE.height - SIZE.top - SIZE.bottom };
  const x = (step: number): string => (SIZE.left + (inner.x * step) / steps).toFixed(1);
  const y = (loss: number): string => (SIZE.top + inner.y * (1 - loss / top)).toFixed(1);
  const line = (points: readonly (readonly [number, number])[], style: string): string =>
    `<polyline fill="none" ${style} points="${points.map(([s, l]) => `${x(s)},${y(l)}`).join(' ')}"/>`;
  const label = (at: string, text: string, more = ''): string => `<text ${at} ${more}>${text}</text>`;
  const marks = [0, 0.25, 0.5, 0.75, 1];
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${SIZE.width}" height="${SIZE.height}" font-family="sans-serif" font-size="12">`,
    `<rect width="100%" height="100%" fill="white"/>`,
    label(`x="${SIZE.left}" y="18"`, `loss of a batch in nats, and the mean of ${MEAN} steps`),
    ...marks.map((part) => {
      const [own, at] = [y(part * top), (part * top).toPrecision(3)];
      const grid = `<line x1="${SIZE.left}" x2="${SIZE.width - SIZE.right}" y1="${own}" y2="${own}" stroke="#ddd"/>`;
      return grid + label(`x="${SIZE.left - 6}" y="${Number(own) + 4}"`, at, 'text-anchor="end"');
    }),
    ...marks.map((part) =>
      label(
        `x="${x(part * steps)}" y="${SIZE.height - 24}"`,
        String(Math.round(part * steps)),
        'text-anchor="middle"',
      ),
    ),
    label(`x="${SIZE.left + inner.x / 2}" y="${SIZE.height - 6}"`, 'step', 'text-anchor="middle"'),
    line(
      chunks(losses).map(([step, , mean]) => [step, mean] as const),
      'stroke="#9db8d9" stroke-width="1"',
    ),
    line(runningMeans(losses), 'stroke="#14477d" stroke-width="2"'),
    '</svg>',
  ];
  return new TextEncoder().encode(`${parts.join('\n')}\n`);
}

/** Steps in at most so many parts: the first step of each, greatest and mean loss. */
function chunks(losses: readonly number[]): [step: number, greatest: number, mean: number][] {
  const size = Math.ceil(losses.length / MAX_POINTS) || 1;
  const out: [number, number, number][] = [];
  for (let step = 0; step < losses.length; step += size) {
    const own = losses.slice(step, step + size);
    out.push([step, own.reduce((a, b) => Math.max(a, b), 0), meanOfLast(own, own.length)]);
  }
  return out;
}

function runningMeans(losses: readonly number[]): [number, number][] {
  const size = Math.ceil(losses.length / MAX_POINTS) || 1;
  const out: [number, number][] = [];
  let sum = 0;
  losses.forEach((loss, step) => {
    sum += loss - (step >= MEAN ? (losses[step - MEAN] as number) : 0);
    if (step % size === 0 || step === losses.length - 1) out.push([step, sum / Math.min(step + 1, MEAN)]);
  });
  return out;
}
