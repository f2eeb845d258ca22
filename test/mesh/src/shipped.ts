import { fileURLToPath } from 'node:url';

const root = new URL('../../../', import.meta.url);

/** The model package that the tests serve: the shipped one, or the folder that OSUM_PACKAGE names. */
export const packageFolder = process.env.OSUM_PACKAGE ?? fileURLToPath(new URL('models/osum-nano', root));

/** The `osum` command. */
export const osumMain = fileURLToPath(new URL('packages/cli/dist/main.js', root));

/** A shipped recording and what is said in it (test/recordings/ATTRIBUTION.md). */
export interface Recording {
  readonly path: string;
  readonly text: string;
  readonly gender: 'FEMALE' | 'MALE';
}

const recording = (name: string, gender: Recording['gender'], text: string): Recording => ({
  path: fileURLToPath(new URL(`test/recordings/${name}.ogg`, root)),
  text,
  gender,
});

/** The shipped recordings: of a validation split, so no model of this project was trained on them. */
export const recordings: readonly Recording[] = [
  recording('hold-fast', 'MALE', 'hold on hold fast hold out patience is genius'),
  recording('moses-was-afraid', 'MALE', 'then moses was afraid and said surely the thing is known'),
  recording('a-peaceful-night', 'FEMALE', 'the most unusual thing i can think of would be a peaceful night'),
  recording('something-is-going-to-occur', 'FEMALE', 'something is going to occur he said'),
];
