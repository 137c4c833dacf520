/** Options that every command has. */
import type { Command } from 'commander';
import { newName, positive } from './numbers.ts';

/** A command with `--json`, `--quiet`, and what provers need. */
export function withCommon(command: Command, prover: boolean): Command {
  command
    .option('--json', 'print one JSON object on standard output')
    .option('--quiet', 'no progress on standard error');
  if (!prover) return command;
  return command
    .option(
      '--home <dir>',
      'state of this prover: secret and budgets (default: $XDG_STATE_HOME/zkdl)',
      newName,
    )
    .option('--threads <n>', 'threads of the kernels (default: as many as cores)', positive);
}
