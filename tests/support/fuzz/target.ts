/** What a fuzz target is, and one run of it. */
import { ProofError } from '../../../src/errors/proof-error.ts';
import type { Dice } from './mutate.ts';

export interface Target {
  readonly name: string;
  /** Bytes that are accepted, to begin with. */
  readonly seeds: readonly Uint8Array[];
  /** Cases of a short run. */
  readonly cases: number;
  /** Bytes of a mutant; by default those of a seed, changed. */
  readonly mutant?: (dice: Dice) => Uint8Array;
  /** Leading bytes with most of the structure. */
  readonly dense?: number;
  /**
   * Reads bytes as a stranger's.
   *
   * @returns the encoding of what was read, where there is but one; `undefined` where there are several
   * @throws ProofError for bytes that are refused, nothing else
   */
  readonly read: (bytes: Uint8Array) => Uint8Array | undefined | Promise<Uint8Array | undefined>;
}

/** A case may take this long, in CPU time, on any machine. */
const MAX_CPU_MS = 20_000;
/** What a process may grow by in a case, beside eight times the bytes. */
const MAX_GROWTH = 2 ** 28;

/** What came of bytes: the code of a refusal, or `accepted`. @throws Error naming the property that does not hold */
export async function outcomeOf(target: Target, bytes: Uint8Array): Promise<string> {
  const given = bytes.slice();
  const [cpu, before] = [process.cpuUsage(), process.resourceUsage().maxRSS * 1024];
  let outcome = 'accepted';
  try {
    const again = await target.read(bytes);
    if (again !== undefined && !Buffer.from(again).equals(Buffer.from(given))) {
      throw new Error(`${target.name}: accepted bytes that encode to others`);
    }
  } catch (error) {
    if (!(error instanceof ProofError)) throw error;
    if (error.code === 'INTERNAL') throw new Error(`${target.name}: an INTERNAL verdict at ${error.stage}`);
    outcome = error.code;
  }
  const used = process.cpuUsage(cpu);
  const spent = (used.user + used.system) / 1000;
  if (spent > MAX_CPU_MS) throw new Error(`${target.name}: took ${spent} ms of CPU time`);
  const grown = process.resourceUsage().maxRSS * 1024 - before;
  if (grown > MAX_GROWTH + 8 * given.length) throw new Error(`${target.name}: grew by ${grown} bytes`);
  if (!Buffer.from(bytes).equals(Buffer.from(given))) throw new Error(`${target.name}: wrote into its input`);
  return outcome;
}
