export { type ScriptedMesh, startScriptedMesh } from './scripted-mesh.js';
