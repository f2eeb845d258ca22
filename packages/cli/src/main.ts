#!/usr/bin/env node
import { CommanderError } from 'commander';
import { createOsumCommand } from './osum-command.js';
import { UsageError } from './usage-error.js';

// 0: all answered; 1: some failed, and each said so; 2: wrong usage.
try {
  await createOsumCommand().parseAsync(process.argv);
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else if (error instanceof UsageError) {
    console.error(`osum: ${error.message}`);
    process.exitCode = 2;
  } else {
    console.error(`osum: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}
