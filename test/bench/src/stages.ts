import { Arena, type Device, Program } from '@osum/device';
import {
  adapterArenaBytes,
  encoderArenaBytes,
  encoderFramesFromMel,
  LogMel,
  logMelArenaBytes,
  ModalityAdapter,
  type ModelPackage,
  melFramesFromSamples,
  SAMPLE_RATE,
  WhisperEncoder,
} from '@osum/nn';
import type { Figure } from './figure.js';
import { medianSeconds, type Repetition } from './timing.js';

/** Batches, by the seconds of their utterances. */
export const BATCHES = [[3], [10], [30], [3, 5, 7, 10]] as const;

/** Seconds of audio that log-mel, encoder and adapter take in a second of time. */
export async function stageFigures(
  device: Device,
  opened: ModelPackage,
  repetition: Repetition,
): Promise<Figure[]> {
  const { melBins } = opened.manifest.audio;
  await using logMel = await LogMel.create(device, melBins);
  await using encoder = await WhisperEncoder.load(device, opened);
  await using adapter = await ModalityAdapter.load(device, opened);
  await using stream = await device.createStream();
  const figures: Figure[] = [];
  for (const batch of BATCHES) {
    const samples = batch.map((seconds) => seconds * SAMPLE_RATE);
    const melFrames = samples.map(melFramesFromSamples);
    const frames = melFrames.map(encoderFramesFromMel);
    await using buffer = await device.allocate(
      samples.reduce((sum, count) => sum + Arena.bytesFor('f32', [count]), 0) +
        logMelArenaBytes(samples, melBins, encoder.dtype) +
        encoderArenaBytes(encoder.dims, melBins, encoder.dtype, melFrames) +
        adapterArenaBytes(adapter.dims, encoder.dims.width, adapter.dtype, frames),
    );
    const arena = new Arena(buffer);
    const pcm = samples.map((count) => arena.tensor('f32', [count]));
    const upload = new Program(arena);
    for (const signal of pcm) upload.upload(signal, tone(signal.size(0)));
    await stream.run(upload);
    const front = new Program(arena);
    const { features } = logMel.forward(front, pcm, encoder.dtype);
    const encode = new Program(arena);
    const { hidden } = encoder.forward(encode, features, melFrames);
    const adapt = new Program(arena);
    adapter.forward(adapt, hidden, frames);
    const audioSeconds = batch.reduce((sum, seconds) => sum + seconds, 0);
    for (const [name, program] of Object.entries({ 'log-mel': front, encoder: encode, adapter: adapt })) {
      const seconds = await medianSeconds(() => stream.run(program), repetition);
      figures.push({
        name: `${name}, ${batch.join(' + ')} s`,
        value: audioSeconds / seconds,
        unit: 'audio s/s',
      });
    }
  }
  return figures;
}

function tone(samples: number): Float32Array {
  return Float32Array.from({ length: samples }, (_, n) => 0.3 * Math.sin(0.17 * n) * Math.sin(0.0003 * n));
}
