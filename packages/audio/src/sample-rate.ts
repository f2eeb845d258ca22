/** The rate at which the model hears. */
export const TARGET_SAMPLE_RATE_HZ = 16_000;
