import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PackageError, type PlannedModel, PUBLISHED_MODEL, parseManifest } from '@osum/nn';
import { UsageError } from '../usage-error.js';

/** The model that `--plan` names. Of a package only `model.json` is read: the weights need not be there. */
export async function plannedModel(plan: string): Promise<PlannedModel> {
  if (plan === PUBLISHED_MODEL.name) return PUBLISHED_MODEL;
  const path = (await isFolder(plan)) ? join(plan, 'model.json') : plan;
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    throw new UsageError(
      `cannot read ${path}: --plan takes a package folder, a model.json, or ${PUBLISHED_MODEL.name} for the published model`,
    );
  }
  return parseManifest(jsonOf(text, path));
}

function jsonOf(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new PackageError('manifest', `${path} is not JSON (${(error as Error).message})`);
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}
