import type { DeviceScheduler } from '@osum/device';
import { counter, gauge, type Telemetry } from '@osum/mesh';

/** Describes the devices of a process. Their state is read when metrics are scraped. */
export function describeDevices(telemetry: Telemetry, scheduler: DeviceScheduler): void {
  const each = () => scheduler.health().map((health) => ({ ...health, label: String(health.device.index) }));
  gauge(telemetry, {
    name: 'osum_device_memory_bytes',
    help: 'Memory of a device by state: used, free. On the CPU the configured limit is divided, not the machine.',
    labelNames: ['device', 'state'],
    async collect() {
      for (const { device, state, label } of each()) {
        if (state !== 'in-service') continue;
        const memory = await device.memory().catch(() => null);
        if (memory === null) continue;
        this.set({ device: label, state: 'used' }, memory.totalBytes - memory.freeBytes);
        this.set({ device: label, state: 'free' }, memory.freeBytes);
      }
    },
  });
  gauge(telemetry, {
    name: 'osum_device_in_service',
    help: '1 while a device takes work, 0 while it is rebuilt after a fault.',
    labelNames: ['device'],
    collect() {
      for (const { state, label } of each()) this.set({ device: label }, state === 'in-service' ? 1 : 0);
    },
  });
  gauge(telemetry, {
    name: 'osum_device_outstanding_seconds',
    help: 'Estimated device time of the work that holds a device now.',
    labelNames: ['device'],
    collect() {
      for (const [index, seconds] of scheduler.stats().outstandingSeconds.entries())
        this.set({ device: String(scheduler.devices[index]?.index ?? index) }, seconds);
    },
  });
  gauge(telemetry, {
    name: 'osum_device_leases',
    help: 'Leases of devices now, by state: held, waiting.',
    labelNames: ['state'],
    collect() {
      const { held, queued } = scheduler.stats();
      this.set({ state: 'held' }, held);
      this.set({ state: 'waiting' }, queued);
    },
  });
  counted(telemetry, 'osum_device_faults_total', 'Faults of a device since the start.', 'device', () =>
    each().map(({ label, faults }) => [label, faults]),
  );
  counted(telemetry, 'osum_device_leases_total', 'Requests for a lease, by outcome.', 'outcome', () => {
    const { granted, cancelled, refused } = scheduler.stats();
    return Object.entries({ granted, cancelled, refused });
  });
}

/** A counter whose values are counted elsewhere. */
function counted(
  telemetry: Telemetry,
  name: string,
  help: string,
  label: string,
  values: () => [string, number][],
): void {
  counter(telemetry, {
    name,
    help,
    labelNames: [label],
    collect() {
      this.reset();
      for (const [value, count] of values()) this.inc({ [label]: value }, count);
    },
  });
}
