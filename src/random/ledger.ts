/**
 * Which words of which stream have been drawn. A word that masks two things hides neither, and such a proof
 * verifies; so drawing a word twice is an error at the moment it happens.
 */

/** Words [from, to) of the stream (label, id). */
export interface Interval {
  readonly label: string;
  readonly id: number;
  readonly from: number;
  readonly to: number;
}

export interface DrawLedger {
  /** Notes a first draw. @throws Error when a word of it was drawn before; the ledger is then unchanged */
  claim(interval: Interval): void;
  /** For a draw that repeats an earlier one (streaming). @throws Error unless all of it was drawn before */
  requireClaimed(interval: Interval): void;
  /** Everything drawn, neighbours joined, by label, id and position. */
  intervals(): Interval[];
}

type Range = readonly [from: number, to: number];

/** An empty ledger: one for each key. */
export function drawLedger(): DrawLedger {
  const streams = new Map<string, Range[]>(); // ranges of a stream: sorted, disjoint, not adjacent
  const rangesOf = ({ label, id, from, to }: Interval): Range[] => {
    if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from < 0 || to < from) {
      throw new RangeError(`${label}: expected 0 <= from <= to, got [${from}, ${to})`);
    }
    const name = streamName(label, id);
    let ranges = streams.get(name);
    if (ranges === undefined) streams.set(name, (ranges = []));
    return ranges;
  };
  return {
    claim(interval) {
      const { label, id, from, to } = interval;
      const ranges = rangesOf(interval);
      if (from === to) return;
      const at = firstEndingAfter(ranges, from);
      const next = ranges[at];
      if (next !== undefined && next[0] < to) {
        throw new Error(`stream ${label}/${id}: expected unused words, got [${from}, ${to}), drawn before`);
      }
      const previous = ranges[at - 1];
      const joinLeft = previous !== undefined && previous[1] === from;
      const joinRight = next !== undefined && next[0] === to;
      const joined: Range = [joinLeft ? previous[0] : from, joinRight ? next[1] : to];
      ranges.splice(at - Number(joinLeft), Number(joinLeft) + Number(joinRight), joined);
    },
    requireClaimed(interval) {
      const { label, id, from, to } = interval;
      const range = rangesOf(interval)[firstEndingAfter(rangesOf(interval), from)];
      if (from === to || (range !== undefined && range[0] <= from && to <= range[1])) return;
      throw new Error(`stream ${label}/${id}: expected words drawn before, got [${from}, ${to})`);
    },
    intervals() {
      const names = [...streams.keys()].sort();
      return names.flatMap((name) => {
        const [label, id] = JSON.parse(name) as [string, number];
        return (streams.get(name) ?? []).map(([from, to]) => ({ label, id, from, to }));
      });
    },
  };
}

function streamName(label: string, id: number): string {
  return JSON.stringify([label, id]);
}

/** Index of the first range that ends behind `position`. */
function firstEndingAfter(ranges: readonly Range[], position: number): number {
  let [low, high] = [0, ranges.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ranges[middle] as Range)[1] <= position) low = middle + 1;
    else high = middle;
  }
  return low;
}
