/** The stages whose times a result tells, in the order of the chain. */
export const timedStages = ['features', 'encoder', 'adapter', 'decoder'] as const;

/** One of them. */
export type TimedStage = (typeof timedStages)[number];
