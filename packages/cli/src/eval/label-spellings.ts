import { isMissingLabel, type LabelTask, normaliseLabel } from '@osum/text';

/** Values of the training data's manifests that stand for a label under another name. */
const SPELLINGS: Readonly<Partial<Record<LabelTask, ReadonlyMap<string, string>>>> = {
  emotion: new Map([['boredom', 'OTHER']]),
  // Sounds that are none of the seven events; `none` is a recording of something else than people.
  caption: new Map(
    [
      'none',
      'yawn',
      'pant',
      'nose_blow',
      'moan',
      'tongue_click',
      'lip_pop',
      'lip_smack',
      'teeth_chatter',
      'teeth_grind',
    ].map((sound) => [sound, 'OTHER']),
  ),
};

/** How the training data was recorded, which its manifests tell in `style`: no style of speaking in the model's sense. */
const WAYS_OF_RECORDING: ReadonlySet<string> = new Set([
  'read',
  'announcement',
  'acted',
  'nonverbal',
  'background',
  'command',
  'digit-string',
  'isolated-digit',
  'isolated-word',
  'isolated-syllable',
]);

/** The label that a manifest's value means; undefined where it means that there is none, null where it means nothing known. */
export function labelOf(task: LabelTask, value: string): string | undefined | null {
  const spelled = SPELLINGS[task]?.get(value);
  if (spelled !== undefined) return spelled;
  if (isMissingLabel(value) || (task === 'style' && WAYS_OF_RECORDING.has(value))) return undefined;
  return normaliseLabel(task, value) ?? null;
}
