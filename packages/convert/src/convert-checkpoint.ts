import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import type { Manifest, Stage } from '@osum/nn';
import { type ConvertOptions, type ConvertProgress, type ConvertReport, STAGES } from './convert-options.js';
import { type ConversionPlan, planConversion, type StagePlan } from './plan-conversion.js';
import { openSources } from './sources.js';
import { keptStages, type StandingPackage, standingPackage } from './standing-package.js';
import { checkDiskSpace, untilDiskIsFull } from './writing/disk-space.js';
import { type OpenFile, StageFile } from './writing/stage-file.js';
import { type StageLayout, stageLayout } from './writing/stage-layout.js';
import { UnfinishedPackage, writeDurably } from './writing/unfinished-package.js';

type FileEntry = Manifest['files']['encoder'];

const TOKENIZER_FILE = 'tokenizer.model';

/**
 * Converts a checkpoint into a model package, or replaces stages of one. Tensors are read and written in parts of some
 * megabytes, so that memory does not grow with the model. The package appears at `out` when it is whole; what an
 * interrupted conversion has written is used by the next one of the same sources and options.
 *
 * Rejects with a `ConvertError`, or with the signal's reason when it aborts.
 * @param openFile opens the files that are written.
 */
export async function convertCheckpoint(
  options: ConvertOptions,
  openFile?: OpenFile,
): Promise<ConvertReport> {
  const stages = STAGES.filter((stage) => (options.stages ?? STAGES).includes(stage));
  const standing = await standingPackage(options);
  await using sources = await openSources(options, stages);
  const plan = await planConversion({ ...options, stages }, sources, standing);
  const layouts = plan.stages.map((own) => ({
    own,
    layout: stageLayout(
      own.tensors.map(({ spec }) => spec),
      plan.weights,
    ),
  }));
  const report = {
    out: options.out,
    bytes: layouts.reduce((sum, { layout }) => sum + layout.fileBytes, 0),
    tensors: plan.stages.reduce((sum, { tensors }) => sum + tensors.length, 0),
    unused: plan.unused,
    lora: plan.lora,
    notes: plan.notes,
  };
  if (options.checkOnly) return { ...report, resumed: 0 };
  const resumed = await untilDiskIsFull(() => writePackage(options, plan, layouts, standing, openFile));
  return { ...report, resumed };
}

interface PlannedFile {
  readonly own: StagePlan;
  readonly layout: StageLayout;
}

/** Returns how many tensors an interrupted run had written. */
async function writePackage(
  { out, signal, onProgress }: ConvertOptions,
  plan: ConversionPlan,
  layouts: readonly PlannedFile[],
  standing: StandingPackage | null,
  openFile: OpenFile | undefined,
): Promise<number> {
  await using unfinished = await UnfinishedPackage.begin(out, plan.identity);
  const totalBytes = layouts.reduce((sum, { layout }) => sum + layout.fileBytes, 0);
  const progress = new Progress(totalBytes, onProgress);
  const files: Partial<Manifest['files']> = {};
  let resumed = 0;
  await checkDiskSpace(dirname(unfinished.folder), totalBytes - earlierBytes(unfinished, layouts));
  for (const planned of layouts) {
    const { stage } = planned.own;
    const written = await writeStage(planned, plan, unfinished, progress, openFile, signal);
    files[stage] = written.entry;
    resumed += written.resumed;
  }
  if (plan.tokenizer !== null) {
    await writeDurably(unfinished.path(TOKENIZER_FILE), plan.tokenizer);
    files.tokenizer = entryOf(TOKENIZER_FILE, plan.tokenizer);
  }
  if (standing !== null) {
    const kept = standing.manifest.files;
    const names = keptStages(layouts.map(({ own }) => own.stage)).map((stage) => kept[stage].path);
    if (plan.tokenizer === null) names.push(kept.tokenizer.path);
    await unfinished.keep(names);
  }
  const manifest = { ...plan.draft, files: { ...standing?.manifest.files, ...files } };
  await unfinished.finish(manifest);
  return resumed;
}

/** Bytes that an interrupted run says it has written. */
function earlierBytes({ earlier }: UnfinishedPackage, layouts: readonly PlannedFile[]): number {
  const stored = new Map(layouts.flatMap(({ layout }) => [...layout.tensors]));
  return earlier.reduce((sum, { tensor }) => sum + (stored.get(tensor)?.bytes ?? 0), 0);
}

async function writeStage(
  { own: { stage, tensors }, layout }: PlannedFile,
  { weights }: ConversionPlan,
  unfinished: UnfinishedPackage,
  progress: Progress,
  openFile: OpenFile | undefined,
  signal: AbortSignal | undefined,
): Promise<{ entry: FileEntry; resumed: number }> {
  const path = `${stage}.safetensors`;
  await using file = await StageFile.open(unfinished.path(path), layout, openFile);
  const earlier = new Map(
    unfinished.earlier.filter((entry) => entry.file === path).map(({ tensor, sha256 }) => [tensor, sha256]),
  );
  let resumed = 0;
  for (const source of tensors) {
    signal?.throwIfAborted();
    const { name } = source.spec;
    progress.add(stage, name, 0);
    if (earlier.has(name) && (await file.hashOf(name)) === earlier.get(name)) {
      resumed++;
    } else {
      const sha256 = await file.write(source, weights, signal);
      await unfinished.journal.add({ file: path, tensor: name, sha256 });
    }
    progress.add(stage, name, layout.tensors.get(name)!.bytes);
  }
  const sha256 = await file.seal(signal);
  return { entry: { path, sha256, bytes: layout.fileBytes }, resumed };
}

/** Tells which tensor is being written and how much is done. */
class Progress {
  #doneBytes = 0;

  constructor(
    private readonly totalBytes: number,
    private readonly hear: ((progress: ConvertProgress) => void) | undefined,
  ) {}

  add(stage: Stage, tensor: string, bytes: number): void {
    this.#doneBytes += bytes;
    this.hear?.({ stage, tensor, doneBytes: this.#doneBytes, totalBytes: this.totalBytes });
  }
}

function entryOf(path: string, content: Uint8Array): FileEntry {
  return { path, sha256: createHash('sha256').update(content).digest('hex'), bytes: content.byteLength };
}
