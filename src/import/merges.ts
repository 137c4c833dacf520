/**
 * Byte-pair merging: while some neighbours can merge, the pair of least rank does, the leftmost one of equals. A heap
 * makes it O(n log n) in the length of a word, so that a long word is no way to keep a tokenizer busy.
 */

/** What two neighbours become, and how early. Less is earlier. */
export interface Merge {
  readonly rank: number;
  readonly token: number;
}

interface Candidate extends Merge {
  readonly at: number;
  readonly left: number;
  readonly right: number;
}

const GONE = -1;

/**
 * @param symbols tokens of the single characters
 * @param find the merge of two neighbours, if there is one
 * @returns the tokens after all merges
 */
export function mergeAll(
  symbols: readonly number[],
  find: (left: number, right: number) => Merge | undefined,
): number[] {
  const tokens = [...symbols];
  const next = tokens.map((_, i) => i + 1);
  const previous = tokens.map((_, i) => i - 1);
  const heap: Candidate[] = [];
  const consider = (at: number): void => {
    const other = next[at] as number;
    if (at < 0 || other >= tokens.length) return;
    const [left, right] = [tokens[at] as number, tokens[other] as number];
    const merge = find(left, right);
    // Written out: a spread makes objects that are slow to compare.
    if (merge !== undefined) push(heap, { rank: merge.rank, token: merge.token, at, left, right });
  };
  for (let i = 0; i + 1 < tokens.length; i++) consider(i);
  for (let best = pop(heap); best !== undefined; best = pop(heap)) {
    const { at } = best;
    const other = next[at] as number;
    // Stale: one of the two has merged with another neighbour since.
    if (tokens[at] !== best.left || tokens[other] !== best.right) continue;
    tokens[at] = best.token;
    tokens[other] = GONE;
    next[at] = next[other] as number;
    if ((next[at] as number) < tokens.length) previous[next[at] as number] = at;
    consider(at);
    consider(previous[at] as number);
  }
  return tokens.filter((token) => token !== GONE);
}

const before = (a: Candidate, b: Candidate): boolean => a.rank < b.rank || (a.rank === b.rank && a.at < b.at);

function push(heap: Candidate[], candidate: Candidate): void {
  let at = heap.length;
  heap.push(candidate);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!before(candidate, heap[parent] as Candidate)) break;
    heap[at] = heap[parent] as Candidate;
    at = parent;
  }
  heap[at] = candidate;
}

function pop(heap: Candidate[]): Candidate | undefined {
  const top = heap[0];
  const last = heap.pop();
  if (top === undefined || last === undefined || heap.length === 0) return top;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && before(heap[child + 1] as Candidate, heap[child] as Candidate)) child++;
    if (!before(heap[child] as Candidate, last)) break;
    heap[at] = heap[child] as Candidate;
    at = child;
  }
  heap[at] = last;
  return top;
}
