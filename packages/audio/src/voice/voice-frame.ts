/** Samples that the voice-activity model looks at in one step: 32 ms at 16 kHz. */
export const VOICE_FRAME_SAMPLES = 512;
