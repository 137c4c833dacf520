/**
 * A process of its own for `tests/store/processes.test.ts`: waits for a common moment, reserves as often as it was told and
 * prints one line for each try.
 */
import { ProofError } from '../../src/errors/proof-error.ts';
import { reserve, type BudgetLimits } from '../../src/store/budget.ts';
import { openHome } from '../../src/store/home.ts';

interface Job {
  readonly home: string;
  readonly path: string;
  readonly key: readonly number[];
  readonly limits: BudgetLimits;
  readonly times: number;
  /** Milliseconds since 1970. */
  readonly go: number;
}

const job = JSON.parse(process.argv[2] as string) as Job;
while (Date.now() < job.go);
const home = openHome(job.home);
const place = { path: job.path, keyDigest: Uint8Array.from(job.key), limits: job.limits };
for (let i = 0; i < job.times; i++) {
  const secretId = home.secretId.join();
  try {
    const { used } = reserve(home, place, job.limits.queries, 'proof');
    console.log(JSON.stringify({ code: 'accepted', used, secretId }));
  } catch (error) {
    if (!(error instanceof ProofError)) throw error;
    console.log(JSON.stringify({ code: error.code, used: 0, secretId }));
  }
}
