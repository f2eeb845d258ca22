#!/usr/bin/env node
import { CommanderError } from 'commander';
import { createDeployCommand, UsageError } from './deploy-command.js';

// 0: done; 1: failed; 2: wrong usage.
try {
  await createDeployCommand().parseAsync(process.argv);
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else {
    console.error(error instanceof UsageError ? error.message : `osum-deploy: ${(error as Error).message}`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}
