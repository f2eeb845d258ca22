import { InvalidArgumentError, Option } from 'commander';
import { wholeNumber } from '../commands/shared-options.js';

/** Options of `osum doctor --plan`. */
export interface PlanOptions {
  plan: string;
  device?: string[];
  memory?: number;
  bandwidth?: number;
  reserve: number;
  seconds: number;
  promptPositions: number;
  batchSeconds: number;
  stepRows: number;
}

/** The options of a plan; their defaults are those of the services. */
export function planOptions(): Option[] {
  return [
    new Option(
      '--plan <package>',
      'what of a model fits on a device: a package folder, a model.json, or osum-pangu for the published one',
    ),
    new Option(
      '--device <part...>',
      'parts to plan for, such as 910B4 (default: the devices of this machine)',
    ).helpGroup('Plan:'),
    new Option('--memory <gib>', 'memory of the device in GiB').argParser(positive),
    new Option('--bandwidth <gb/s>', 'memory bandwidth of the device in GB/s').argParser(positive),
    new Option('--reserve <percent>', 'memory left to the runtime, operator workspaces and fragmentation')
      .argParser(percent)
      .default(10),
    new Option('--seconds <n>', 'length of an utterance in seconds').argParser(positive).default(10),
    new Option('--prompt-positions <n>', 'positions of the text around the speech')
      .argParser(wholeNumber(1))
      .default(128),
    new Option('--batch-seconds <n>', 'seconds of audio in a batch before the decoder')
      .argParser(positive)
      .default(60),
    new Option('--step-rows <n>', 'input rows of a decoder step').argParser(wholeNumber(1)).default(256),
  ].map((option) => option.helpGroup('Plan:'));
}

function positive(text: string): number {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new InvalidArgumentError('expected a number above 0.');
}

function percent(text: string): number {
  const value = Number(text);
  if (text !== '' && value >= 0 && value < 100) return value;
  throw new InvalidArgumentError('expected a percentage from 0 to below 100.');
}
