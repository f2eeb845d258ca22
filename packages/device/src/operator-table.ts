import type { NativeAddon, NativeProgram } from './native.js';

/** Which operators the opened libraries have, and their numbers in a program. */
export class OperatorTable {
  readonly #numbers: ReadonlyMap<string, number>;
  /** A program without steps: running it waits for the stream. */
  readonly emptyProgram: NativeProgram;
  readonly #present = new Map<string, boolean>();

  constructor(readonly addon: NativeAddon) {
    this.emptyProgram = addon.programCreate(new Float64Array(0));
    this.#numbers = new Map(addon.operatorNames().map((name, number) => [name, number]));
  }

  /** The number of an operator; throws for a name that the addon does not bind. */
  numberOf(name: string): number {
    const number = this.#numbers.get(name);
    if (number === undefined) throw new RangeError(`the addon binds no operator named aclnn${name}`);
    return number;
  }

  /** Whether the opened libraries export the operator. */
  has(name: string): boolean {
    let present = this.#present.get(name);
    if (present === undefined) {
      present = this.#numbers.has(name) && this.addon.hasOperator(name);
      this.#present.set(name, present);
    }
    return present;
  }
}
