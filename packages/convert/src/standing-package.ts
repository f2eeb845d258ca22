import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Manifest, openPackage, type Stage } from '@osum/nn';
import { ConvertError } from './convert-error.js';
import { type ConvertOptions, STAGES } from './convert-options.js';
import { exists } from './writing/unfinished-package.js';

/** The package whose stages are replaced. */
export interface StandingPackage {
  readonly manifest: Manifest;
  /** `model.json` as it is, with what this version does not know. */
  readonly json: Readonly<Record<string, unknown>>;
}

/**
 * What stands at `out`: the package whose stages are to be replaced, or null for a new one. Throws a `ConvertError` when
 * the place is taken, or when there is no package to replace stages of.
 */
export async function standingPackage({
  out,
  stages,
  replace = false,
}: ConvertOptions): Promise<StandingPackage | null> {
  if (stages !== undefined && stages.length < STAGES.length) {
    if (!(await exists(join(out, 'model.json')))) {
      throw new ConvertError(
        'target',
        `--stage replaces files of a package, but ${out} holds none; convert the whole model first, without --stage`,
      );
    }
    const { manifest } = await openPackage(out);
    return { manifest, json: JSON.parse(await readFile(join(out, 'model.json'), 'utf8')) };
  }
  if (!(await exists(out))) return null;
  const names = await readdir(out).catch(() => ['a file']);
  if (names.length > 0 && !names.includes('model.json')) {
    throw new ConvertError(
      'target',
      `${out} exists and is no model package; choose another folder with --out`,
    );
  }
  if (names.length > 0 && !replace) {
    throw new ConvertError(
      'target',
      `${out} holds a model package already; give --replace to put the new one in its place, or another --out`,
    );
  }
  return null;
}

/** Stages of a package that a conversion does not touch. */
export function keptStages(converted: readonly Stage[]): Stage[] {
  return STAGES.filter((stage) => !converted.includes(stage));
}
