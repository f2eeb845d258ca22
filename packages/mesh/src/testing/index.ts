export { createMeshAuthority, type MeshAuthority } from './mesh-authority.js';
export { refusedWith } from './refused-with.js';
