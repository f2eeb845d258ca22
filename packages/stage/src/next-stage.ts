import { type AddressList, type Channels, createStagePool, type MeshClient } from '@osum/mesh';
import type { CompatServiceDefinition } from 'nice-grpc';
import { requireForward } from './forward-addresses.js';
import type { StageReportInit } from './stage-report.js';

/** The instances of the stage after this one. */
export interface NextStage<Definition extends CompatServiceDefinition> {
  /** Throws PERMISSION_DENIED if a call may not name `address`; `field` is where it does. An empty address names none. */
  check(address: string, field: string): void;
  /** Calls the instance at `address`, which has been checked, or with an empty address one of the configured instances. */
  call<T>(address: string, use: (client: MeshClient<Definition>) => Promise<T>): Promise<T>;
  close(): void;
}

/** Options of `createNextStage`. */
export interface NextStageOptions {
  readonly channels: Channels;
  /** Instances for calls that name none. */
  readonly addresses: readonly string[];
  /** Full service name, whose health is watched. */
  readonly service: string;
  /** What calls may name. */
  readonly forward: AddressList;
}

/** See `NextStage`. */
export function createNextStage<Definition extends CompatServiceDefinition>(
  definition: Definition,
  options: NextStageOptions,
): NextStage<Definition> {
  const pool = createStagePool(definition, options);
  return {
    check(address, field) {
      if (address !== '') requireForward(options.forward, address, field);
    },
    async call(address, use) {
      if (address !== '') return options.channels.visit(definition, address, use);
      const picked = pool.pick();
      try {
        const result = await use(picked.client);
        picked.done();
        return result;
      } catch (error) {
        picked.done(error);
        throw error;
      }
    },
    close: () => pool.close(),
  };
}

/** A response of a stage: a frame of its tensor, or the report that ends the call. */
interface StageResponse {
  readonly response:
    | { readonly case: 'report'; readonly value: { readonly stages: StageReportInit[] } }
    | { readonly case: 'frame' | undefined };
}

/** Waits for a forwarded call to end: the reports of the stage that was called and of those after it. */
export async function reportsFrom(responses: AsyncIterable<StageResponse>): Promise<StageReportInit[]> {
  const reports: StageReportInit[] = [];
  for await (const { response } of responses) {
    if (response.case === 'report') reports.push(...response.value.stages);
  }
  return reports;
}
