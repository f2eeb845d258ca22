// Writes the dashboards: `npm run -w @osum/observability generate`.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { dashboards } from './dashboards.js';
import { observabilityFile } from './observability-file.js';

for (const [path, dashboard] of Object.entries(dashboards)) {
  const file = observabilityFile(path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(dashboard, null, 2)}\n`);
  console.log(path);
}
