import type { MessageInitShape } from '@bufbuild/protobuf';
import { badField, bindService, type MeshContext, MeshError } from '@osum/mesh';
import { riva } from '@osum/proto';
import { requireLanguage, transcriptLanguages } from '../spoken-language.js';
import type { Understanding } from '../understanding.js';
import { onward } from './onward.js';
import { audioFromRiva, headBytes, liveFromRiva, refuseUnsupported, wishFromRiva } from './riva-request.js';
import { recognitionResultFrom, streamingResultFrom } from './riva-results.js';

/** Riva's `RivaSpeechRecognition` on top of the router. */
export function createRivaService(understanding: Understanding) {
  return bindService(riva.RivaSpeechRecognition, {
    async recognize({ config, audio, id }, context) {
      const recognition = required(config, 'config');
      await checkConfig(recognition, understanding, context);
      const { format, convert } = audioFromRiva(recognition, audio);
      const { utterances } = await understanding.answer(
        {
          wish: wishFromRiva(recognition),
          model: recognition.model,
          audio: [convert(audio)],
          ...(format && { format }),
        },
        onward(context),
      );
      const results = utterances.map((utterance) =>
        recognitionResultFrom(utterance, recognition.languageCode),
      );
      return { results, ...(id && { id }) };
    },

    streamingRecognize: (requests, context) => streamingRecognize(understanding, requests, context),

    async getRivaSpeechRecognitionConfig({ modelName }, context) {
      const description = await understanding.describe(onward(context));
      const { model } = description;
      if (modelName !== '' && modelName !== model) {
        throw new MeshError('unknownModel', `the model ${modelName} is not served here; ${model} is`);
      }
      const parameters = {
        language_code: transcriptLanguages(description).join(','),
        sample_rate: '16000',
        streaming: 'True',
        type: 'online',
      };
      return { modelConfig: [{ modelName: model, parameters }] };
    },
  });
}

async function* streamingRecognize(
  understanding: Understanding,
  requests: AsyncIterable<riva.StreamingRecognizeRequest>,
  context: MeshContext,
): AsyncIterable<MessageInitShape<typeof riva.StreamingRecognizeResponseSchema>> {
  const messages = requests[Symbol.asyncIterator]();
  const first = await messages.next();
  const streaming = first.done ? undefined : first.value.streamingRequest;
  if (streaming?.case !== 'streamingConfig') {
    const came = first.done ? 'the end of the stream' : (streaming?.case ?? 'an empty message');
    throw new MeshError(
      'badOrder',
      `expected streaming_config in the first message and audio_content after it, got ${came}`,
    );
  }
  const { interimResults } = streaming.value;
  const config = required(streaming.value.config, 'streaming_config.config');
  const id = first.value?.id;
  await checkConfig(config, understanding, context);
  const live = liveFromRiva(config, interimResults);

  const head = await audioHead(messages);
  const { format, convert } = audioFromRiva(config, head);
  async function* audio(): AsyncIterable<Uint8Array> {
    yield convert(head);
    for await (const bytes of audioPieces(messages)) yield convert(bytes);
  }

  const request = {
    wish: wishFromRiva(config),
    model: config.model,
    audio: audio(),
    live,
    ...(format && { format }),
  };
  for await (const event of understanding.stream(request, onward(context))) {
    const result = streamingResultFrom(event, config.languageCode);
    if (result) yield { results: [result], ...(id && { id }) };
  }
}

async function checkConfig(
  config: riva.RecognitionConfig,
  understanding: Understanding,
  context: MeshContext,
): Promise<void> {
  refuseUnsupported(config);
  await requireLanguage(config.languageCode, 'config.language_code', understanding, onward(context));
}

/** The first audio of a stream, at least as much as tells a WAV header from samples; less if there is less. */
async function audioHead(messages: AsyncIterator<riva.StreamingRecognizeRequest>): Promise<Uint8Array> {
  let head = Buffer.alloc(0);
  while (head.length < headBytes) {
    const message = await messages.next();
    if (message.done) break;
    head = Buffer.concat([head, audioOf(message.value)]);
  }
  return head;
}

async function* audioPieces(
  messages: AsyncIterator<riva.StreamingRecognizeRequest>,
): AsyncIterable<Uint8Array> {
  for (let message = await messages.next(); !message.done; message = await messages.next()) {
    yield audioOf(message.value);
  }
}

function audioOf({ streamingRequest }: riva.StreamingRecognizeRequest): Uint8Array {
  if (streamingRequest.case === 'audioContent') return streamingRequest.value;
  const came = streamingRequest.case ?? 'an empty message';
  throw new MeshError('badOrder', `expected audio_content after the first message, got ${came}`);
}

function required<T>(value: T | undefined, field: string): T {
  if (value !== undefined) return value;
  throw badField(field, 'expected a message, and none came');
}
