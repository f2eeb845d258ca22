/** Milliseconds left until an absolute deadline (`Date.now()` base); Infinity if there is none, at least 0. */
export function remainingMs(deadlineEpochMs: number, nowMs = Date.now()): number {
  return Math.max(0, deadlineEpochMs - nowMs);
}

const units = [
  ['m', 1],
  ['S', 1_000],
  ['M', 60_000],
  ['H', 3_600_000],
] as const;
const largestValue = 99_999_999;

/**
 * Remaining time as the value of a `grpc-timeout` header: at most 8 digits and a unit, rounded up so that no time is lost on a
 * hop (gRPC over HTTP/2, "Timeout").
 */
export function grpcTimeout(ms: number): string {
  for (const [unit, unitMs] of units) {
    const value = Math.ceil(ms / unitMs);
    if (value <= largestValue) return `${value}${unit}`;
  }
  return `${largestValue}H`;
}
