export { dashboards } from './dashboards.js';
export { observabilityFile } from './observability-file.js';
