// Writes docs/metrics.md: `npm run generate:docs`.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { metricsReference, metricsReferencePath } from './metrics-reference.js';
import { startServices } from './services.js';
import { inRepository } from './tools/repository.js';

// Nothing listens there: the counters of spans are there all the same.
const services = await startServices({ otlpEndpoint: 'http://127.0.0.1:9' });
const file = inRepository(metricsReferencePath);
await mkdir(dirname(file), { recursive: true });
await writeFile(file, metricsReference(services));
await services.close();
