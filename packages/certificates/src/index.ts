export { type Authority, createAuthority, type Identity, type IdentityRequest } from './authority.js';
export { type IdentityFiles, writeAuthority, writeIdentity } from './identity-files.js';
