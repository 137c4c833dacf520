#!/usr/bin/env node
/** The command `zkdl`. Each verb is a shell over one function of `../verbs`. */
import { Command, CommanderError } from 'commander';
import { addOwnerCommands } from './owner-commands.ts';
import { addPublicCommands } from './public-commands.ts';
import { reportFailure } from './shell.ts';

function program(): Command {
  const zkdl = new Command('zkdl')
    .description('Proofs that a committed language model gave an answer')
    .exitOverride()
    .configureOutput({ writeErr: () => {} }) // errors are told once, by `wrongUse`
    .addHelpText(
      'after',
      '\nExit code 0: done, verified. 1: refused. 2: wrong use or bad input.\nEvery command takes --json and --help.',
    );
  addOwnerCommands(zkdl);
  addPublicCommands(zkdl);
  return zkdl;
}

/** @returns false for what is no error: help was asked for */
function wrongUse(error: CommanderError): boolean {
  if (error.exitCode === 0) return false;
  const text = error.message.replace(/^error: /, '');
  const help = error.code === 'commander.help';
  const detail = help ? 'expected a command, got none; zkdl --help lists them' : text;
  const failure = new RangeError(`zkdl: expected a command line as in --help, got one with: ${detail}`);
  reportFailure(process.argv.includes('--json'), failure);
  return true;
}

try {
  await program().parseAsync(process.argv);
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  wrongUse(error);
}
