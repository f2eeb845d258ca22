export { alignSequences, countEdits, type EditCounts } from './align-sequences.js';
export { type BootstrapOptions, type Measured, measure } from './bootstrap.js';
export { editErrors, errorRate, sumEdits } from './error-rate.js';
export {
  accuracy,
  confusionMatrix,
  type Labelled,
  macroAccuracy,
  noLabel,
  recalls,
} from './label-scores.js';
export { quantile } from './quantile.js';
export { type ReplyRubric, replyFaults, replyFits } from './reply-rubric.js';
export { seededRandom } from './seeded-random.js';
export { isMostlyCjk, textCharacters, textUnits } from './text-units.js';
export {
  edgeErrorsMs,
  edgesWithin,
  type TimedWord,
  type WordEdge,
  type WordTimeErrors,
  wordTimeErrors,
} from './word-times.js';
