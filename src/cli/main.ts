#!/usr/bin/env node
/** The command `zkdl`. Each verb is a shell over one function of `../verbs`. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { addOwnerCommands } from './owner-commands.ts';
import { addPublicCommands } from './public-commands.ts';
import { report } from './shell.ts';
import { addTrainingCommands } from './training-commands.ts';
import { addTuningCommands } from './tuning-commands.ts';
import { watchOutput } from './output.ts';

function program(): Command {
  const zkdl = new Command('zkdl')
    .description('Proofs that a committed model gave an answer, and that a network was trained as announced')
    .version(version(), '--version', 'print the version')
    .exitOverride()
    .configureOutput({ writeErr: () => {} }) // told once, by `reportWrongUse`
    .addHelpText(
      'after',
      '\nExit code 0: done, verified. 1: refused. 2: wrong use or bad input.\nEvery command takes --json and --help.',
    );
  addOwnerCommands(zkdl);
  addPublicCommands(zkdl);
  addTrainingCommands(zkdl);
  addTuningCommands(zkdl);
  return zkdl;
}

function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}

/** The words of a command line that name a command. */
function verbOf(words: readonly string[], among: Command = program()): string[] {
  const found = among.commands.find((own) => own.name() === words[0]);
  return found === undefined ? [] : [found.name(), ...verbOf(words.slice(1), found)];
}

/** A command line that commander refuses; asking for help is none. */
function reportWrongUse({ exitCode, code, message }: CommanderError): void {
  if (exitCode === 0) return;
  const detail =
    code === 'commander.help' ? 'expected a command, got none' : message.replace(/^error: /, '').trim();
  const json = process.argv.includes('--json');
  const help = ['zkdl', ...verbOf(process.argv.slice(2)), '--help'].join(' ');
  report(json, {
    exit: 2,
    code: 'USAGE',
    stage: 'command line',
    detail: `${detail.replace(/\.$/, '')}; see ${help}`,
  });
}

watchOutput();
try {
  await program().parseAsync(process.argv);
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  reportWrongUse(error);
}
