export { legalTagStrings, OSUM_PANGU_COMBINATIONS } from './combinations.js';
export { joinTexts, separatorBetween } from './join-texts.js';
export { isMissingLabel, LABELS, normaliseLabel } from './labels.js';
export type { Label, Malformed, OutputEvent, ParsedOutput, Word } from './output/output-events.js';
export { OutputParser, type OutputParserOptions } from './output/output-parser.js';
export { type PassPlan, PlanError, planPasses } from './plan.js';
export { assemblePrompt, type PromptPart, type PromptSegment } from './prompt.js';
export { readSentencePieces, type SentencePieces } from './sentencepiece/pieces.js';
export { createTagAutomaton, type TagAutomaton, type TagState } from './tag-automaton.js';
export { parseTags, printTags, TagError, type TagErrorCode, taskOfTag } from './tags.js';
export { isLabelTask, isTask, LABEL_TASKS, type LabelTask, TASKS, type Task } from './tasks.js';
export {
  type AddedToken,
  createTokenizer,
  type IncrementalDecoder,
  type Tokenizer,
  type TokenizerOptions,
} from './tokenizer.js';
