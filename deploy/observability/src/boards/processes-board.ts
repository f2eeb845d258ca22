import type { Board } from '../board.js';
import { graph, inJobs, quantile, rate } from '../panels.js';

/** The processes: event loop, processor, memory. */
export const processesBoard: Board = {
  uid: 'osum-processes',
  title: 'OSUM processes',
  description: 'Event loop, processor time and memory of every process.',
  rows: [
    {
      title: 'Event loop',
      panels: [
        graph({
          title: 'Delay, p99',
          description:
            'Between ticks of a timer of 10 ms, which are in it. More means that something computes on the event loop.',
          unit: 's',
          queries: [
            {
              expr: `max by (job, instance) (nodejs_eventloop_lag_p99_seconds${inJobs()})`,
              legend: '{{job}} {{instance}}',
            },
          ],
        }),
        graph({
          title: 'Delay, longest',
          description: 'Since the scrape before.',
          unit: 's',
          queries: [
            {
              expr: `max by (job, instance) (nodejs_eventloop_lag_max_seconds${inJobs()})`,
              legend: '{{job}} {{instance}}',
            },
          ],
        }),
        graph({
          title: 'Garbage collection, p95',
          description: 'Duration by kind.',
          unit: 's',
          queries: [{ expr: quantile(0.95, 'nodejs_gc_duration_seconds', ['kind']), legend: '{{kind}}' }],
        }),
      ],
    },
    {
      title: 'Certificates',
      panels: [
        graph({
          title: 'Valid for',
          description: 'Until the certificate in use ends, with TLS.',
          unit: 's',
          queries: [
            {
              expr: `min by (job, instance, use) (osum_tls_valid_until_seconds${inJobs()} - time())`,
              legend: '{{job}} {{instance}} {{use}}',
            },
          ],
        }),
        graph({
          title: 'Renewals',
          description: 'Changed files that were taken, or refused because they do not fit together.',
          unit: 'ops',
          queries: [
            {
              expr: `sum by (job, outcome) (${rate('osum_tls_reloads_total')})`,
              legend: '{{job}} {{outcome}}',
            },
          ],
        }),
      ],
    },
    {
      title: 'Processor and memory',
      panels: [
        graph({
          title: 'Processor time',
          description: 'Seconds a second, all threads; on the CPU the device works in them.',
          unit: 'none',
          queries: [
            {
              expr: `sum by (job, instance) (${rate('process_cpu_seconds_total')})`,
              legend: '{{job}} {{instance}}',
            },
          ],
        }),
        graph({
          title: 'Resident memory',
          description: 'With the mapped pages of the model.',
          unit: 'bytes',
          queries: [
            {
              expr: `sum by (job, instance) (process_resident_memory_bytes${inJobs()})`,
              legend: '{{job}} {{instance}}',
            },
          ],
        }),
        graph({
          title: 'JavaScript heap',
          description: 'In use.',
          unit: 'bytes',
          queries: [
            {
              expr: `sum by (job, instance) (nodejs_heap_size_used_bytes${inJobs()})`,
              legend: '{{job}} {{instance}}',
            },
          ],
        }),
        graph({
          title: 'Open files',
          description: 'Sockets and files.',
          unit: 'none',
          queries: [
            { expr: `sum by (job, instance) (process_open_fds${inJobs()})`, legend: '{{job}} {{instance}}' },
          ],
        }),
      ],
    },
  ],
};
