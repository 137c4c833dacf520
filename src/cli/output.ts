/** Streams that take no more: a reader that has gone is no fault, a full disk is one that its user can read about. */
import { failureLine } from './failure.ts';

/** Without this the platform ends the process with a stack. What was found out keeps its exit code. */
export function watchOutput(): void {
  process.stderr.on('error', () => {});
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return; // `zkdl inspect KEY | head`
    const detail = `expected to be written to, got an error (${error.code ?? error.message})`;
    process.stderr.write(`${failureLine({ exit: 2, code: 'OUTPUT', stage: 'standard output', detail })}\n`);
    process.exitCode = 2;
  });
}
