import type { MessageInitShape } from '@bufbuild/protobuf';
import { annotate, inSpan, linkSignals, type MeshContext, openStream } from '@osum/mesh';
import type { UnderstandRequest, UnderstandResponseSchema, Usage } from '@osum/proto';
import type { AdmittedCall } from '../access/admission.js';
import { type Plan, planFor, planMessage } from '../plan/plan.js';
import type { Router } from '../router.js';
import { silentResult } from '../utterance/result.js';
import type { ResultInit } from '../utterance/task-parts.js';
import { understandUtterance } from '../utterance/understand-utterance.js';
import {
  audioSecondsOf,
  endSecondsOf,
  isSilent,
  startSecondsOf,
  type Utterance,
} from '../utterance/utterance.js';
import { boundedAudio } from './bounded-audio.js';
import { createLivePartials } from './live-partials.js';
import { createOrderedLanes, type Lane } from './ordered-lanes.js';
import { createSlots } from './slots.js';
import { checkedSettings, type UnderstandSettings } from './understand-config.js';
import { logAnswer, planAttributes, utteranceAttributes } from './understand-telemetry.js';
import { utterancesOf } from './utterance-source.js';

/** A message of Understand as the handler yields it. */
export type UnderstandResponseInit = MessageInitShape<typeof UnderstandResponseSchema>;
type Response = NonNullable<UnderstandResponseInit['response']>;

/** Serves one Understand call, which its tenant has been let make. */
export async function* understand(
  requests: AsyncIterable<UnderstandRequest>,
  context: MeshContext,
  router: Router,
  admitted: AdmittedCall,
): AsyncGenerator<UnderstandResponseInit, void, undefined> {
  const beganMs = performance.now();
  const { first: config, rest: audio } = await openStream(requests, 'config', 'audio');
  const settings = checkedSettings(config, router.manifest);
  const { wish } = settings;
  const plan =
    wish.case === 'tags'
      ? router.planner.fromTags(wish.value)
      : await router.planner.fromInstruction(wish.value, context);
  annotate(context, planAttributes(plan, context));

  const linked = linkSignals(context.signal);
  const call = createCall(settings, plan, router, admitted, { ...context, signal: linked.signal });
  const running = call.run(audio);
  try {
    // The plan of a recording goes out with its first answer: a refusal of its first utterance is still without headers.
    let planned = false;
    const planResponse: UnderstandResponseInit = { response: { case: 'plan', value: planMessage(plan) } };
    if (settings.live !== undefined) {
      planned = true;
      yield planResponse;
    }
    for await (const response of call.responses()) {
      if (!planned) yield planResponse;
      planned = true;
      yield { response };
    }
    if (!planned) yield planResponse;
    yield { response: { case: 'summary', value: call.summary((performance.now() - beganMs) / 1000) } };
  } finally {
    linked.abort(new Error('the call is over'));
    linked.unlink();
    await running;
  }
}

function createCall(
  settings: UnderstandSettings,
  plan: Plan,
  router: Router,
  admitted: AdmittedCall,
  context: MeshContext,
) {
  const { live } = settings;
  const lanes = createOrderedLanes<Response>();
  const openLanes = new Map<number, Lane<Response>>();
  const slots = createSlots(router.limits.maxParallelUtterances);
  const partials = createLivePartials(live ? transcriptPlan(plan, router) : null, router, context);
  const totals = {
    audioSeconds: 0,
    utterances: 0,
    usage: { audioSeconds: 0, promptTokens: 0, speechRows: 0, generatedTokens: 0 },
  };
  const tasks = new Set<Promise<void>>();

  const laneOf = (index: number) => {
    let lane = openLanes.get(index);
    if (lane === undefined) {
      lane = lanes.open();
      openLanes.set(index, lane);
    }
    return lane;
  };

  const started = (lane: Lane<Response>, utterance: number, startSeconds: number) =>
    lane.push({ case: 'utteranceStarted', value: { utterance, startSeconds } });

  const answer = async (utterance: Utterance, lane: Lane<Response>, isFirst: boolean) => {
    const { index } = utterance;
    const [startSeconds, endSeconds] = [startSecondsOf(utterance), endSecondsOf(utterance)];
    const deliver = (result: ResultInit) => {
      lane.push({ case: 'utteranceEnded', value: { utterance: index, endSeconds } });
      lane.push({ case: 'result', value: { utterance: index, startSeconds, endSeconds, result } });
      addUsage(totals.usage, result.usage ?? {});
      totals.utterances += 1;
      router.metrics.answered(audioSecondsOf(utterance), result.timings?.totalSeconds ?? 0);
      logAnswer(context, utterance, plan, result);
    };
    if (live === undefined && isSilent(utterance, router.limits.silenceLevel)) {
      started(lane, index, startSeconds);
      deliver(silentResult(utterance, plan));
      return;
    }
    const wish = { plan, generation: settings.generation, patient: !isFirst || live !== undefined };
    await inSpan(context, 'utterance', utteranceAttributes(utterance), async (within) => {
      for await (const message of understandUtterance(utterance, wish, router, within)) {
        if (message.type === 'admitted' && live === undefined) started(lane, index, startSeconds);
        if (message.type === 'event') {
          lane.push({ case: 'event', value: { utterance: index, pass: message.pass, event: message.event } });
        }
        if (message.type === 'result') deliver(message.result);
      }
    });
  };

  const begin = (utterance: Utterance, release: () => void) => {
    const lane = laneOf(utterance.index);
    openLanes.delete(utterance.index);
    const task = answer(utterance, lane, utterance.index === 0)
      .catch((error) => {
        router.metrics.failed();
        lane.fail(error);
      })
      .finally(() => {
        lane.end();
        release();
        tasks.delete(task);
      });
    tasks.add(task);
  };

  const consume = async (audio: AsyncIterable<Uint8Array>) => {
    const { thread } = router;
    const maxAudioSeconds = Math.min(router.limits.maxAudioSeconds, admitted.maxAudioSeconds);
    const limits = { ...router.limits, maxAudioSeconds };
    const onAudio = (seconds: number) => {
      admitted.charge(seconds);
      totals.audioSeconds += seconds;
    };
    const options = { settings, thread, ...limits, signal: context.signal, onAudio };
    for await (const event of utterancesOf(boundedAudio(audio, limits, live !== undefined), options)) {
      if (event.type === 'closed') {
        partials.stop();
        begin(event.utterance, await slots.take(context.signal));
      } else if (live !== undefined && event.type === 'started') {
        started(laneOf(event.index), event.index, event.startSample / router.sampleRateHz);
      } else if (event.type === 'open') {
        const { utterance } = event;
        const lane = laneOf(utterance.index);
        partials.transcribe(utterance, (text) =>
          lane.replace({
            case: 'partial',
            value: { utterance: utterance.index, text, endSeconds: endSecondsOf(utterance) },
          }),
        );
      }
    }
  };

  return {
    /** Reads the audio to its end and answers all of it. Never rejects: errors come out of `responses`. */
    async run(audio: AsyncIterable<Uint8Array>): Promise<void> {
      try {
        await consume(audio);
      } catch (error) {
        lanes.open().fail(error);
      }
      partials.stop();
      for (const lane of openLanes.values()) lane.end();
      lanes.close();
      await Promise.all(tasks);
    },
    responses: () => lanes.messages(),
    summary: (totalSeconds: number) => ({ ...totals, totalSeconds }),
  };
}

// Partials show words only, so they take the cheapest pass that gives them.
function transcriptPlan(plan: Plan, { capabilities }: Router): Plan | null {
  const wanted = plan.tasks.includes('asr') || plan.tasks.includes('align');
  if (!wanted || !capabilities.supported.includes('asr')) return null;
  return planFor(['asr'], capabilities, { score: plan.score, source: plan.source, instruction: undefined });
}

type UsageNumbers = Omit<Usage, '$typeName' | '$unknown'>;

function addUsage(totals: UsageNumbers, usage: Partial<UsageNumbers>): void {
  totals.audioSeconds += usage.audioSeconds ?? 0;
  totals.promptTokens += usage.promptTokens ?? 0;
  totals.speechRows += usage.speechRows ?? 0;
  totals.generatedTokens += usage.generatedTokens ?? 0;
}
