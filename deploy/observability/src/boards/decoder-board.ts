import type { Board } from '../board.js';
import { graph, inJobs, quantile, rate } from '../panels.js';

/** The language model: tokens, KV cache, sessions, steps. */
export const decoderBoard: Board = {
  uid: 'osum-decoder',
  title: 'OSUM decoder',
  description: 'Tokens, KV cache, sessions and steps of the language model.',
  rows: [
    {
      title: 'Tokens',
      panels: [
        graph({
          title: 'Tokens',
          description: 'By kind: text of prompts, rows of speech, generated.',
          unit: 'none',
          queries: [{ expr: `sum by (kind) (${rate('osum_decoder_tokens_total')})`, legend: '{{kind}}' }],
        }),
        graph({
          title: 'Time to first token',
          description: 'From the attached speech, or without speech from the request.',
          unit: 's',
          queries: [0.5, 0.95, 0.99].map((q) => {
            return { expr: quantile(q, 'osum_decoder_time_to_first_token_seconds'), legend: `p${q * 100}` };
          }),
        }),
        graph({
          title: 'Between tokens',
          description:
            'Of one pass. Grows with the sequences of a step, and with prompts computed between them.',
          unit: 's',
          queries: [0.5, 0.95, 0.99].map((q) => {
            return { expr: quantile(q, 'osum_decoder_inter_token_seconds'), legend: `p${q * 100}` };
          }),
        }),
        graph({
          title: 'Ends of passes',
          description: 'By reason. Many at the limit: answers are cut short.',
          unit: 'ops',
          stacked: true,
          queries: [{ expr: `sum by (reason) (${rate('osum_decoder_passes_total')})`, legend: '{{reason}}' }],
        }),
      ],
    },
    {
      title: 'KV cache and sessions',
      panels: [
        graph({
          title: 'KV blocks',
          description: 'Held by sessions, promised to them, kept for system texts, free.',
          unit: 'none',
          stacked: true,
          queries: [{ expr: `sum by (use) (osum_decoder_kv_blocks${inJobs()})`, legend: '{{use}}' }],
        }),
        graph({
          title: 'KV cache in use',
          description:
            'Share of the blocks that sessions hold or were promised, by instance: what the decoder is scaled by.',
          unit: 'percentunit',
          max: 1,
          queries: [
            {
              expr: `max by (instance) (osum_decoder_kv_use_ratio${inJobs()})`,
              legend: '{{instance}}',
            },
          ],
        }),
        graph({
          title: 'Sessions',
          description: 'Running, and waiting for KV blocks.',
          unit: 'none',
          queries: [{ expr: `sum by (state) (osum_decoder_sessions${inJobs()})`, legend: '{{state}}' }],
        }),
        graph({
          title: 'Waiting for admission',
          description: 'From a request to its admission.',
          unit: 's',
          queries: [0.5, 0.95].map((q) => {
            return { expr: quantile(q, 'osum_decoder_admission_wait_seconds'), legend: `p${q * 100}` };
          }),
        }),
        graph({
          title: 'Ends of sessions',
          description: 'By outcome.',
          unit: 'ops',
          stacked: true,
          queries: [
            { expr: `sum by (outcome) (${rate('osum_decoder_sessions_total')})`, legend: '{{outcome}}' },
          ],
        }),
        graph({
          title: 'System texts found in the cache',
          description: 'Share of their tokens.',
          unit: 'percentunit',
          max: 1,
          queries: [
            {
              expr: `sum(${rate('osum_decoder_prefix_tokens_total', 'found="true"')}) / sum(${rate('osum_decoder_prefix_tokens_total')})`,
              legend: 'found',
            },
          ],
        }),
      ],
    },
    {
      title: 'Steps',
      panels: [
        graph({
          title: 'Duration of a step',
          description: 'One forward pass over parts of several sequences.',
          unit: 's',
          queries: [0.5, 0.95].map((q) => {
            return { expr: quantile(q, 'osum_decoder_step_seconds'), legend: `p${q * 100}` };
          }),
        }),
        graph({
          title: 'Sequences of a step',
          description: 'The batch that continuous batching reaches.',
          unit: 'none',
          queries: [0.5, 0.95].map((q) => {
            return { expr: quantile(q, 'osum_decoder_step_sequences'), legend: `p${q * 100}` };
          }),
        }),
        graph({
          title: 'Rows computed',
          description: 'Of prompts, and of generated tokens.',
          unit: 'none',
          stacked: true,
          queries: [{ expr: `sum by (kind) (${rate('osum_decoder_rows_total')})`, legend: '{{kind}}' }],
        }),
        graph({
          title: 'Refusals and failed steps',
          description: 'Sessions that were not admitted by reason; steps that failed.',
          unit: 'ops',
          queries: [
            { expr: `sum by (reason) (${rate('osum_decoder_refusals_total')})`, legend: '{{reason}}' },
            { expr: `sum(${rate('osum_decoder_step_failures_total')})`, legend: 'failed steps' },
          ],
        }),
      ],
    },
  ],
};
