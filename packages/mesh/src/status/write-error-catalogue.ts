// Writes docs/errors.md: `npm run generate:docs`.
import { writeFileSync } from 'node:fs';
import { errorCatalogue } from './error-catalogue.js';

writeFileSync(new URL('../../../../docs/errors.md', import.meta.url), errorCatalogue());
