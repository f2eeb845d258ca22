import type { MessageInitShape } from '@bufbuild/protobuf';
import { AudioEncoding, type DescribeResponseSchema } from '@osum/proto';
import { describedTasks } from './plan/capabilities.js';
import { taskEnum } from './plan/task-enum.js';
import type { Router } from './router.js';

/** What this deployment can do, from its package's manifest and its configuration. */
export function describe({
  manifest,
  capabilities,
  limits,
}: Router): MessageInitShape<typeof DescribeResponseSchema> {
  return {
    model: manifest.name,
    version: manifest.version,
    tasks: describedTasks(manifest).map(([task, { labels, untrainedLabels, languages, scores }]) => ({
      task: taskEnum(task),
      tag: `<${task}>`,
      supported: capabilities.supported.includes(task),
      labels: labels ?? [],
      untrainedLabels: untrainedLabels ?? [],
      languages: languages ?? [],
      scores: (scores ?? []).map(({ metric, value, on, n }) => ({
        metric,
        value,
        dataset: on,
        samples: n ?? 0,
      })),
    })),
    combinations: [...capabilities.combinations],
    encodings: [
      AudioEncoding.WAV,
      AudioEncoding.FLAC,
      AudioEncoding.MP3,
      AudioEncoding.OGG_OPUS,
      AudioEncoding.PCM_S16LE,
      AudioEncoding.PCM_F32LE,
    ],
    limits: {
      maxAudioSeconds: limits.maxAudioSeconds,
      maxLiveSeconds: limits.maxLiveSeconds,
      maxUtteranceSeconds: limits.maxUtteranceSeconds,
      maxInstructionBytes: limits.maxInstructionBytes,
      maxMessageBytes: limits.maxMessageBytes,
    },
  };
}
