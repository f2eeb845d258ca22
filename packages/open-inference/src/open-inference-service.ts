import {
  type BoundService,
  badField,
  bindService,
  type MeshContext,
  MeshError,
  type WireTensor,
} from '@osum/mesh';
import { type DataType, inference } from '@osum/proto';
import { datatypeWord } from './datatype.js';
import { inputTensors } from './tensor-contents.js';

/** A tensor that a model takes or gives. */
export interface TensorSpecification {
  readonly name: string;
  readonly dtype: DataType;
  /** -1 is a free dimension. */
  readonly shape: readonly number[];
}

/** A stage as the Open Inference Protocol sees it: a model that maps tensors to tensors. */
export interface OpenInferenceModel {
  /** Name that requests give, such as `encoder`. */
  readonly name: string;
  /** Version of the model package. */
  readonly version: string;
  readonly inputs: readonly TensorSpecification[];
  readonly outputs: readonly TensorSpecification[];
  /** One utterance. Checks names, dtypes and shapes itself, as the stage's own method does. */
  infer(inputs: ReadonlyMap<string, WireTensor>, context: MeshContext): Promise<WireTensor[]>;
}

const serverName = 'osum-mesh';
const platform = 'osum_ascendcl';

/**
 * Serves one model by the Open Inference Protocol, for Triton and KServe clients.
 *
 * @param model gives the model, or null while it is loading.
 */
export function openInferenceService(model: () => OpenInferenceModel | null): BoundService {
  const loaded = (name: string, version: string): OpenInferenceModel => {
    const current = model();
    if (current === null) throw new MeshError('loading', 'the stage is still loading its model; try again.');
    if (name !== current.name || (version !== '' && version !== current.version)) {
      const asked = version === '' ? name : `${name} ${version}`;
      throw new MeshError(
        'unknownModel',
        `model ${asked} is not served here; ${current.name} ${current.version} is.`,
      );
    }
    return current;
  };

  return bindService(inference.GRPCInferenceService, {
    serverLive: async () => ({ live: true }),
    serverReady: async () => ({ ready: model() !== null }),
    async modelReady({ name, version }) {
      const current = model();
      if (current === null) return { ready: false };
      loaded(name, version);
      return { ready: true };
    },
    serverMetadata: async () => ({ name: serverName, version: model()?.version ?? '', extensions: [] }),
    async modelMetadata({ name, version }) {
      const { inputs, outputs, ...current } = loaded(name, version);
      return {
        name: current.name,
        versions: [current.version],
        platform,
        inputs: inputs.map(metadataOf),
        outputs: outputs.map(metadataOf),
      };
    },
    async modelInfer(request, context) {
      const current = loaded(request.modelName, request.modelVersion);
      const wanted = wantedOutputs(request, current);
      const inputs = new Map(inputTensors(request).map((tensor) => [tensor.name, tensor]));
      const missing = current.inputs.find(({ name }) => !inputs.has(name));
      if (missing !== undefined) throw badField('inputs', `expected an input named ${missing.name}`);
      const outputs = (await current.infer(inputs, context)).filter(({ name }) => wanted.has(name));
      return {
        modelName: current.name,
        modelVersion: current.version,
        id: request.id,
        outputs: outputs.map(({ name, dtype, shape }) => ({
          name,
          datatype: datatypeWord(dtype),
          shape: shape.map(BigInt),
        })),
        rawOutputContents: outputs.map(({ data }) => data),
      };
    },
  });
}

function metadataOf({ name, dtype, shape }: TensorSpecification) {
  return { name, datatype: datatypeWord(dtype), shape: shape.map(BigInt) };
}

function wantedOutputs(request: inference.ModelInferRequest, model: OpenInferenceModel): ReadonlySet<string> {
  const offered = model.outputs.map(({ name }) => name);
  const unknown = request.outputs.find(({ name }) => !offered.includes(name));
  if (unknown !== undefined)
    throw badField('outputs', `there is no output ${unknown.name}; there is ${offered.join(', ')}`);
  return new Set(request.outputs.length === 0 ? offered : request.outputs.map(({ name }) => name));
}
