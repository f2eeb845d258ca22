import assert from 'node:assert/strict';
import type { RunningGateway } from '../serve-gateway.js';

/** Bytes that begin like a WAV file. */
export const recording = Buffer.from('RIFF....WAVE');

// biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever came.
type Json = any;

/** Calls a gateway's HTTP door as a client of the OpenAI API does. */
export interface OpenAiClient {
  request(path: string, init?: RequestInit): Promise<Response>;
  /** Posts a recording as a form. */
  transcribe(fields?: Record<string, string>, init?: RequestInit, audio?: Uint8Array): Promise<Response>;
  /** Posts a user message of this content. */
  chat(content: unknown, more?: object, init?: RequestInit): Promise<Response>;
}

/** See {@link OpenAiClient}. */
export function openAiClient({ httpAddress }: Pick<RunningGateway, 'httpAddress'>): OpenAiClient {
  const request = (path: string, init: RequestInit = {}) => fetch(`http://${httpAddress}/v1${path}`, init);
  return {
    request,
    transcribe(fields = {}, init = {}, audio = recording) {
      const body = new FormData();
      for (const [name, value] of Object.entries(fields)) body.append(name, value);
      body.append('file', new Blob([Uint8Array.from(audio)]), 'a.wav');
      return request('/audio/transcriptions', { ...init, method: 'POST', body });
    },
    chat(content, more = {}, init = {}) {
      const body = JSON.stringify({ model: 'fake', messages: [{ role: 'user', content }], ...more });
      const headers = { 'content-type': 'application/json' };
      return request('/chat/completions', { ...init, method: 'POST', headers, body });
    },
  };
}

/** A content part that holds a recording. */
export function inputAudio(audio: Buffer = recording): object {
  return { type: 'input_audio', input_audio: { data: audio.toString('base64'), format: 'wav' } };
}

/** A question about the recording. */
export function question(text: string): object[] {
  return [{ type: 'text', text }, inputAudio()];
}

/** A JSON answer, to be looked into without types. */
export async function jsonOf(response: Response): Promise<Json> {
  assert.equal(response.status, 200);
  return response.json();
}

/** The server-sent events of an answer. */
export async function eventsOf(response: Response): Promise<Json[]> {
  assert.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  const events = (await response.text()).split('\n\n').filter((event) => event !== '');
  return events.map((event) => {
    assert.match(event, /^data: /);
    const data = event.slice('data: '.length);
    return data === '[DONE]' ? data : JSON.parse(data);
  });
}

/** An answer that is a failure. */
export async function refusalOf(response: Response) {
  const { error } = (await response.json()) as {
    error: { message: string; type: string; param: string | null; code: string | null };
  };
  return { status: response.status, ...error };
}
