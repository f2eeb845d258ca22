import type { Program, Tensor } from '@osum/device';

/**
 * Sees intermediate results while a program is built, to compare models layer by layer. The tensor is valid at this
 * point of the program only: append a `download` of it at once.
 */
export type Tap = (name: string, tensor: Tensor, program: Program) => void;
