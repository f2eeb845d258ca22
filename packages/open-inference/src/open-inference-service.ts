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
import { refuseExtensions } from './extensions.js';
import { inputTensors } from './tensor-contents.js';

/** A tensor that a model gives. */
export interface TensorSpecification {
  readonly name: string;
  readonly dtype: DataType;
  /** -1 is a free dimension. */
  readonly shape: readonly number[];
}

/** A tensor that a model takes. */
export interface InputSpecification extends TensorSpecification {
  /** Further element types that are taken; metadata has room for one only. */
  readonly alsoTakes?: readonly DataType[];
}

/** A stage as the Open Inference Protocol sees it: a model that maps tensors to tensors. */
export interface OpenInferenceModel {
  /** Name that requests give, such as `encoder`. */
  readonly name: string;
  /** Version of the model package. */
  readonly version: string;
  /** Further facts, such as the name of the model package. */
  readonly properties: Readonly<Record<string, string>>;
  readonly inputs: readonly InputSpecification[];
  readonly outputs: readonly TensorSpecification[];
  /** One utterance; each input is of its specification. Gives the outputs in their order, or throws as the stage's own method does. */
  infer(inputs: readonly WireTensor[], context: MeshContext): Promise<readonly WireTensor[]>;
}

/**
 * Bytes that a message must be able to have, for the protocol cannot send a tensor in pieces: hidden states of 30 s from the widest
 * Whisper encoder (1500 positions of 1280 32-bit floats, 7.3 MiB) and room for longer audio.
 */
export const openInferenceMessageBytes = 16 * 2 ** 20;

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
    if (current === null) throw new MeshError('loading', 'The stage is still loading its model; try again.');
    if (name === current.name && (version === '' || version === current.version)) return current;
    const asked = version === '' ? name : `${name} ${version}`;
    throw new MeshError(
      'unknownModel',
      `The model "${asked}" is not served here; "${current.name} ${current.version}" is.`,
    );
  };

  return bindService(inference.GRPCInferenceService, {
    serverLive: async () => ({ live: true }),
    serverReady: async () => ({ ready: model() !== null }),
    async modelReady({ name, version }) {
      if (model() === null) return { ready: false };
      loaded(name, version);
      return { ready: true };
    },
    serverMetadata: async () => ({ name: serverName, version: model()?.version ?? '', extensions: [] }),
    async modelMetadata({ name, version }) {
      const { inputs, outputs, properties, ...current } = loaded(name, version);
      return {
        name: current.name,
        versions: [current.version],
        platform,
        inputs: inputs.map(metadataOf),
        outputs: outputs.map(metadataOf),
        properties: { ...properties },
      };
    },
    async modelInfer(request, context) {
      const current = loaded(request.modelName, request.modelVersion);
      refuseExtensions(request);
      const wanted = wantedOutputs(request, current);
      const inputs = requiredInputs(inputTensors(request), current);
      const given = await current.infer(inputs, context);
      const outputs = given.filter(({ name }) => wanted.has(name));
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
  if (unknown !== undefined) {
    throw badField('outputs', `there is no output "${unknown.name}"; there is ${offered.join(', ')}`);
  }
  return new Set(request.outputs.length === 0 ? offered : request.outputs.map(({ name }) => name));
}

function requiredInputs(given: readonly WireTensor[], { inputs }: OpenInferenceModel): WireTensor[] {
  const names = inputs.map(({ name }) => name);
  const unexpected = given.find(({ name }, index) => {
    const isSecond = given.findIndex((other) => other.name === name) !== index;
    return isSecond || !names.includes(name);
  });
  if (unexpected !== undefined) {
    throw badField('inputs', `expected ${names.join(', ')}, each once; got "${unexpected.name}"`);
  }
  return inputs.map((specification) => {
    const tensor = given.find(({ name }) => name === specification.name);
    if (tensor === undefined) throw badField('inputs', `expected an input named ${specification.name}`);
    requireFit(tensor, specification);
    return tensor;
  });
}

function requireFit(tensor: WireTensor, { name, dtype, alsoTakes = [], shape }: InputSpecification): void {
  const dtypes = [dtype, ...alsoTakes];
  const fits =
    dtypes.includes(tensor.dtype) &&
    tensor.shape.length === shape.length &&
    shape.every((extent, axis) => extent === -1 || extent === tensor.shape[axis]);
  if (fits) return;
  const expected = `${dtypes.map(datatypeWord).join(' or ')}, shape [${shape.join(', ')}]`;
  const got = `${datatypeWord(tensor.dtype)}, shape [${tensor.shape.join(', ')}]`;
  throw new MeshError('badTensor', `tensor "${name}": expected ${expected}; got ${got}.`);
}
