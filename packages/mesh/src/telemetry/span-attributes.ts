/**
 * Attributes of spans that no convention names yet. Speech has only drafts, so all of ours are here, under one prefix, to be renamed in
 * one place. Numbers are in seconds, or counts.
 */
export const spanAttributes = {
  /** Text: who the work is for. */
  tenant: 'osum.tenant',
  /** Number of attempts that a call took, if there was more than one. */
  attempts: 'osum.call.attempts',
  /** Length of the audio that a span is about. */
  audioSeconds: 'osum.audio.seconds',
  /** Waiting for a batch, and then for a device or for turns in steps. */
  queueSeconds: 'osum.queue.seconds',
  /** Work of the device; of the whole batch, where utterances share one. */
  computeSeconds: 'osum.compute.seconds',
  /** Receiving tensors, and copying them to the device and back. */
  transferSeconds: 'osum.transfer.seconds',
  /** Utterances of the batch, or sequences of a step on average. */
  batchEntries: 'osum.batch.entries',
  /** Number of the utterance in its recording, from 0. */
  utterance: 'osum.utterance.index',
  /** Text: task tags, of a closed list. */
  tags: 'osum.plan.tags',
  /** Text: where the plan came from. */
  planSource: 'osum.plan.source',
  /** Text, only with captureContent: the caller's words. */
  instruction: 'osum.instruction',
} as const;
