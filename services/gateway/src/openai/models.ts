import { MeshError } from '@osum/mesh';
import type { Understanding } from '../understanding.js';
import type { Route } from './http-door.js';

/** A model as the OpenAI API lists it. A package has no date of its own, so `created` is 0. */
const modelEntry = (id: string) => ({ id, object: 'model', created: 0, owned_by: 'osum-mesh' });

/** `GET /v1/models`. */
export function listModels(understanding: Understanding): Route {
  return async (_request, _reply, call) => {
    const { model } = await understanding.describe(call);
    return { object: 'list', data: [modelEntry(model)] };
  };
}

/** `GET /v1/models/{model}`. */
export function retrieveModel(understanding: Understanding): Route {
  return async (request, _reply, call) => {
    const { model: wanted } = request.params as { model: string };
    const { model } = await understanding.describe(call);
    if (wanted === model) return modelEntry(model);
    throw new MeshError('unknownModel', `The model "${wanted}" is not served here; "${model}" is.`);
  };
}
