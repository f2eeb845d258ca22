#!/usr/bin/env node
import { fileURLToPath } from 'node:url';
import { assembleApp } from './assemble-app.js';
import { assembleSystem } from './assemble-system.js';

const root = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');
const [what, target] = process.argv.slice(2);
if (target === undefined || (what !== 'app' && what !== 'system')) {
  console.error(
    `usage: osum-images app TARGET: gathers the services in TARGET
       osum-images system TARGET: puts below what TARGET holds the system that it needs`,
  );
  process.exit(2);
}
await (what === 'app' ? assembleApp(root, target) : assembleSystem(target));
