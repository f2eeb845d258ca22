import type { MessageInitShape } from '@bufbuild/protobuf';
import { bindService, type MeshContext, MeshError, outgoing } from '@osum/mesh';
import { riva } from '@osum/proto';
import type { Understanding, UnderstandingEvent } from '../understanding.js';
import { audioFromRiva, wishFromRiva } from './riva-request.js';
import { alternativeFrom, recognitionResultFrom } from './riva-results.js';

/** How likely the text of an open utterance is to stay, in Riva's 0..1: partial results are replaced as a whole. */
const partialStability = 0.1;

/** Riva's `RivaSpeechRecognition` on top of the router. */
export function createRivaService(understanding: Understanding) {
  return bindService(riva.RivaSpeechRecognition, {
    async recognize({ config, audio, id }, context) {
      const recognition = required(config, 'config');
      const { format, convert } = audioFromRiva(recognition, audio);
      const utterances = await understanding.collect(
        { wish: wishFromRiva(recognition), audio: [convert(audio)], ...(format && { format }) },
        outgoing(context),
      );
      const results = utterances.map((utterance) =>
        recognitionResultFrom(utterance, recognition.languageCode),
      );
      return { results, ...(id && { id }) };
    },

    streamingRecognize: (requests, context) => streamingRecognize(understanding, requests, context),

    async getRivaSpeechRecognitionConfig({ modelName }, context) {
      const { model, tasks } = await understanding.describe(outgoing(context));
      if (modelName !== '' && modelName !== model) {
        throw new MeshError('unknownModel', `the model ${modelName} is not served here; ${model} is`);
      }
      const languages = tasks.find(({ tag }) => tag === '<asr>')?.languages ?? [];
      const parameters = {
        language_code: languages.join(','),
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
    throw new MeshError(
      'badOrder',
      'expected streaming_config in the first message, and audio_content after it',
    );
  }
  const { interimResults } = streaming.value;
  const config = required(streaming.value.config, 'streaming_config.config');
  const id = first.value?.id;
  const head = await nextAudio(messages);
  const { format, convert } = audioFromRiva(config, head ?? new Uint8Array());

  async function* audio(): AsyncIterable<Uint8Array> {
    for (let bytes = head; bytes !== undefined; bytes = await nextAudio(messages)) yield convert(bytes);
  }

  const partialInterval = interimResults ? {} : { partialInterval: { seconds: 0n, nanos: 0 } };
  const request = {
    wish: wishFromRiva(config),
    audio: audio(),
    live: partialInterval,
    ...(format && { format }),
  };
  for await (const event of understanding.stream(request, outgoing(context))) {
    const result = streamingResultFrom(event, config.languageCode);
    if (result) yield { results: [result], ...(id && { id }) };
  }
}

function streamingResultFrom(
  event: UnderstandingEvent,
  languageCode: string,
): MessageInitShape<typeof riva.StreamingRecognitionResultSchema> | undefined {
  if (event.case === 'partial') {
    const { text, endSeconds } = event.value;
    return {
      alternatives: [{ transcript: text }],
      isFinal: false,
      stability: partialStability,
      channelTag: 1,
      audioProcessed: endSeconds,
    };
  }
  if (event.case !== 'result') return undefined;
  return {
    alternatives: [alternativeFrom(event.value, languageCode)],
    isFinal: true,
    stability: 1,
    channelTag: 1,
    audioProcessed: event.value.endSeconds,
  };
}

async function nextAudio(
  messages: AsyncIterator<riva.StreamingRecognizeRequest>,
): Promise<Uint8Array | undefined> {
  const message = await messages.next();
  if (message.done) return undefined;
  const { streamingRequest } = message.value;
  if (streamingRequest.case !== 'audioContent') {
    throw new MeshError('badOrder', 'expected audio_content after the first message');
  }
  return streamingRequest.value;
}

function required<T>(value: T | undefined, field: string): T {
  if (value !== undefined) return value;
  throw new MeshError('badRequest', `${field} is required`, {
    violations: [{ field, description: 'expected a message, and none came' }],
  });
}
