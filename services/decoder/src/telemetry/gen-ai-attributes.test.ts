import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as conventions from '@opentelemetry/semantic-conventions/incubating';
import { genAi } from './gen-ai-attributes.js';

const published = new Set<unknown>(
  Object.entries(conventions).flatMap(([constant, name]) => (constant.startsWith('ATTR_') ? [name] : [])),
);
/** In the registry of open-telemetry/semantic-conventions-genai v0.1.0, and in no release of the package yet. */
const inRegistryOnly = ['gen_ai.usage.text.input_tokens', 'gen_ai.usage.audio.input_tokens'];

test('the attributes are those of the published conventions', () => {
  const unknown = Object.values(genAi).filter((name) => !published.has(name));
  assert.deepEqual(unknown, inRegistryOnly);
});
