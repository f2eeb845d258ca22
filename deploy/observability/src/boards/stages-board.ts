import type { Board } from '../board.js';
import { graph, inJobs, mean, quantile, rate } from '../panels.js';

/** The stages as workers: queues, batches, devices. */
export const stagesBoard: Board = {
  uid: 'osum-stages',
  title: 'OSUM stages and devices',
  description: 'Queues, batches and devices of features, encoder, adapter and decoder.',
  rows: [
    {
      title: 'Queues',
      panels: [
        graph({
          title: 'Audio that waits',
          description:
            'Seconds of audio in the queues, all instances together: what the encoder is scaled by.',
          unit: 's',
          queries: [{ expr: `sum by (queue) (osum_queue_audio_seconds${inJobs()})`, legend: '{{queue}}' }],
        }),
        graph({
          title: 'Utterances that wait',
          description: 'Entries of the queues.',
          unit: 'none',
          queries: [{ expr: `sum by (queue) (osum_queue_entries${inJobs()})`, legend: '{{queue}}' }],
        }),
        graph({
          title: 'Waiting for a batch',
          description: 'From entering the queue to the start of the batch.',
          unit: 's',
          queries: [0.5, 0.95].map((q) => {
            return {
              expr: quantile(q, 'osum_queue_wait_seconds', ['queue']),
              legend: `{{queue}} p${q * 100}`,
            };
          }),
        }),
      ],
    },
    {
      title: 'Batches',
      panels: [
        graph({
          title: 'Utterances of a batch',
          description: 'Mean. One is no batching: there is no company, or it does not wait for it.',
          unit: 'none',
          queries: [
            { expr: mean('osum_batch_entries', ['queue']), legend: '{{queue}}' },
            { expr: mean('osum_decoder_step_sequences'), legend: 'decoder, sequences of a step' },
          ],
        }),
        graph({
          title: 'Audio of a batch',
          description: 'Mean seconds.',
          unit: 's',
          queries: [{ expr: mean('osum_batch_audio_seconds', ['queue']), legend: '{{queue}}' }],
        }),
        graph({
          title: 'Duration of a batch, p95',
          description: 'Waiting for a device, copying and computing.',
          unit: 's',
          queries: [{ expr: quantile(0.95, 'osum_batch_run_seconds', ['queue']), legend: '{{queue}}' }],
        }),
      ],
    },
    {
      title: 'Work',
      panels: [
        graph({
          title: 'Time of an utterance, p95',
          description: 'By stage and part.',
          unit: 's',
          queries: [
            { expr: quantile(0.95, 'osum_stage_seconds', ['stage', 'part']), legend: '{{stage}} {{part}}' },
          ],
        }),
        graph({
          title: 'Audio computed',
          description: 'Seconds of audio a second.',
          unit: 'none',
          queries: [
            { expr: `sum by (stage) (${rate('osum_stage_audio_seconds_total')})`, legend: '{{stage}}' },
          ],
        }),
        graph({
          title: 'Real-time factor',
          description: 'Device time for a second of audio: its inverse is what one device could take.',
          unit: 'none',
          queries: [
            {
              expr: `sum by (stage) (${rate('osum_stage_compute_seconds_total')}) / sum by (stage) (${rate('osum_stage_audio_seconds_total')})`,
              legend: '{{stage}}',
            },
            {
              expr: quantile(0.95, 'osum_stage_real_time_factor', ['stage']),
              legend: '{{stage}} p95 of batches',
            },
          ],
        }),
        graph({
          title: 'Devices at work',
          description:
            'Seconds of device time a second, by stage and instance. Near 1 the device is the limit.',
          unit: 'none',
          queries: [
            {
              expr: `sum by (stage, instance) (${rate('osum_stage_compute_seconds_total')})`,
              legend: '{{stage}} {{instance}}',
            },
          ],
        }),
      ],
    },
    {
      title: 'Devices',
      panels: [
        graph({
          title: 'Device memory',
          description: 'By instance and device.',
          unit: 'bytes',
          queries: [
            {
              expr: `sum by (instance, device, state) (osum_device_memory_bytes${inJobs()})`,
              legend: '{{instance}} {{device}} {{state}}',
            },
          ],
        }),
        graph({
          title: 'Leases',
          description: 'Held, and requests that wait for one.',
          unit: 'none',
          queries: [
            { expr: `sum by (state) (osum_device_leases${inJobs()})`, legend: '{{state}}' },
            { expr: `sum(osum_device_outstanding_seconds${inJobs()})`, legend: 'outstanding seconds' },
          ],
        }),
        graph({
          title: 'Requests for leases',
          description: 'By outcome.',
          unit: 'ops',
          queries: [
            { expr: `sum by (outcome) (${rate('osum_device_leases_total')})`, legend: '{{outcome}}' },
          ],
        }),
        graph({
          title: 'Devices in service',
          description: '1 while a device takes work, 0 while it is rebuilt after a fault.',
          unit: 'none',
          max: 1,
          queries: [
            {
              expr: `min by (instance, device) (osum_device_in_service${inJobs()})`,
              legend: '{{instance}} {{device}}',
            },
          ],
        }),
        graph({
          title: 'Faults',
          description: 'Of devices, a second.',
          unit: 'ops',
          queries: [
            {
              expr: `sum by (instance, device) (${rate('osum_device_faults_total')})`,
              legend: '{{instance}} {{device}}',
            },
          ],
        }),
      ],
    },
  ],
};
