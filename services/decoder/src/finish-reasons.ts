import { FinishReason as WireReason } from '@osum/proto';
import type { FinishReason } from './schedule/sequence.js';

/** Why passes end, as the wire says it. */
export const wireReasons: Readonly<Record<FinishReason, WireReason>> = {
  stop: WireReason.STOP,
  length: WireReason.LENGTH,
  repetition: WireReason.REPETITION,
};

/** Names of all reasons, as metrics and spans have them. */
export const reasonNames = Object.keys(wireReasons) as FinishReason[];

/** The name of a reason of the wire. */
export function reasonName(reason: WireReason | undefined): FinishReason {
  return reasonNames.find((name) => wireReasons[name] === reason) ?? 'stop';
}
