export { type RouterRuntime, serveRouter } from './main.js';
export { type RouterConfig, routerConfigSchema } from './router-config.js';
