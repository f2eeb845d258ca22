export {
  type EmbeddedMesh,
  type EmbeddedMeshOptions,
  shippedPackage,
  startEmbeddedMesh,
} from './mesh/embedded-mesh.js';
export { createOsumCommand } from './osum-command.js';
