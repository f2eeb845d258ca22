import type { LabelTask } from './tasks.js';

/**
 * The labels of each task, as the typed result names them: English words in capitals, styles as OSUM's eight
 * Chinese words. In the model's output each stands in angle brackets. Source: the model reference, section 7.
 */
export const LABELS: Readonly<Record<LabelTask, readonly string[]>> = {
  caption: ['LAUGH', 'COUGH', 'CRY', 'SCREAMING', 'SIGH', 'THROAT_CLEARING', 'SNEEZE', 'OTHER'],
  age: ['CHILD', 'ADULT', 'OLD'],
  gender: ['MALE', 'FEMALE'],
  style: ['新闻科普', '恐怖故事', '童话故事', '客服', '诗歌散文', '有声书', '日常口语', '其他'],
  emotion: ['SAD', 'ANGER', 'NEUTRAL', 'HAPPY', 'SURPRISE', 'FEAR', 'DISGUST', 'OTHER'],
};

/**
 * Other words for the same label: those that upstream maps at training time, and inflections that a model may
 * print.
 */
const SYNONYMS: Readonly<Record<LabelTask, ReadonlyMap<string, string>>> = {
  caption: new Map([
    ['LAUGHTER', 'LAUGH'],
    ['LAUGHING', 'LAUGH'],
    ['COUGHING', 'COUGH'],
    ['CRYING', 'CRY'],
    ['SCREAM', 'SCREAMING'],
    ['SIGHING', 'SIGH'],
    ['THROATCLEARING', 'THROAT_CLEARING'],
    ['CLEARING_THROAT', 'THROAT_CLEARING'],
    ['SNEEZING', 'SNEEZE'],
  ]),
  age: new Map([
    ['YOUTH', 'ADULT'],
    ['MIDDLE_AGE', 'ADULT'],
    ['MIDDLE', 'ADULT'],
  ]),
  gender: new Map(),
  style: new Map([
    ['朗读', '新闻科普'],
    ['科普百科', '新闻科普'],
    ['悬疑恐怖', '恐怖故事'],
    ['诗歌', '诗歌散文'],
    ['散文', '诗歌散文'],
    ['武侠评书', '有声书'],
    ['小说', '有声书'],
    ['历史', '有声书'],
    ['科幻', '有声书'],
    ['对话', '日常口语'],
    ['口语', '日常口语'],
    ['幽默', '其他'],
  ]),
  emotion: new Map([
    ['SADNESS', 'SAD'],
    ['ANGRY', 'ANGER'],
    ['HAPPINESS', 'HAPPY'],
    ['SURPRISED', 'SURPRISE'],
    ['FEARFUL', 'FEAR'],
    ['DISGUSTED', 'DISGUST'],
  ]),
};

/** Words with which training data says that a label is missing. */
const MISSING = new Set(['NONE', 'NULL']);

/**
 * The label that a printed word means, or undefined where the task has no such label. Accepts any letter
 * case, surrounding brackets and white space, hyphens or spaces for underscores, full-width letters, and the
 * synonyms that upstream accepts: `throat clearing` is THROAT_CLEARING, `Angry` is ANGER, `小说` is 有声书.
 */
export function normaliseLabel(task: LabelTask, printed: string): string | undefined {
  const word = canonicalWord(printed);
  return LABELS[task].includes(word) ? word : SYNONYMS[task].get(word);
}

/**
 * True for the words that mean "no label was given" (`<NONE>`, `<null>`), which are an answer but not a
 * label.
 */
export function isMissingLabel(printed: string): boolean {
  return MISSING.has(canonicalWord(printed));
}

function canonicalWord(printed: string): string {
  const bare = printed.normalize('NFKC').replace(/^[\s<]+|[\s>]+$/g, '');
  return bare.toUpperCase().replace(/[\s_-]+/g, '_');
}
