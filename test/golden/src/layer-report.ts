import { openCheckpoint } from '@osum/convert';
import { openBackend } from '@osum/device';
import { openPackage } from '@osum/nn';
import { LayerProbe, relativeError } from './layers.js';
import type { Reference, ReferenceAnswer } from './reference.js';

/** Growth of the error from one layer to the next that tells the layer at fault. */
const JUMP = 20;

/**
 * Compares every layer of a package with PyTorch's for one question: a line a layer with its relative error, the first
 * one whose error jumps marked. For the message of a test that has failed.
 */
export async function layerReport(
  directory: string,
  reference: Reference,
  question: ReferenceAnswer,
): Promise<string> {
  const backend = await openBackend({ prefer: 'host' });
  await using probe = await LayerProbe.open(await backend.openDevice(0), await openPackage(directory));
  const found = await probe.layers(question);
  await using expected = await openCheckpoint(reference.layersOf(question.index));
  const lines: string[] = [];
  let before = Number.POSITIVE_INFINITY;
  for (const [name, values] of found) {
    const tensor = expected.tensors.get(name);
    if (tensor === undefined) continue;
    const bytes = new Uint8Array(4 * tensor.shape.reduce((product, extent) => product * extent, 1));
    await tensor.readRows(0, tensor.shape[0]!, bytes);
    const error = relativeError(values, new Float32Array(bytes.buffer));
    const mark = error > 1e-6 && error > JUMP * before ? '   <- here' : '';
    lines.push(`  ${name.padEnd(36)} ${error.toExponential(1)}${mark}`);
    before = Math.max(error, 1e-7);
  }
  return `relative errors of question ${question.index} (${question.mode}), layer by layer:\n${lines.join('\n')}`;
}
