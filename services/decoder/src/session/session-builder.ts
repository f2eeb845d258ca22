import type { BlockLedger } from '../cache/block-ledger.js';
import { blocksBetween, ContextSpan } from '../cache/context-span.js';
import type { PrefixCache } from '../cache/prefix-cache.js';
import type { SizedNode } from '../cache/prompt-tree.js';
import { SpeechSource } from '../cache/speech-source.js';
import type { DecoderEngine } from '../engine.js';
import type { DecoderObserver } from '../observer.js';
import { PrefixWork } from '../schedule/prefix-work.js';
import { Sequence } from '../schedule/sequence.js';
import type { Work } from '../schedule/work.js';
import { Session } from './session.js';
import type { SessionLayout } from './session-layout.js';
import type { PassRequest, SessionRequest } from './session-request.js';

/** What sessions are built from. */
export interface SessionResources {
  readonly engine: DecoderEngine;
  readonly ledger: BlockLedger;
  readonly prefixes: PrefixCache;
  readonly observer: DecoderObserver;
  /** Gives work to the step loop. */
  start(work: Work): void;
  /** The session was attached or ended. */
  changed(session: Session): void;
}

/** Takes slots and KV blocks for a session and starts its work; null, with nothing taken, when there is not enough room. */
export function buildSession(
  request: SessionRequest,
  layout: SessionLayout,
  requestedMs: number,
  resources: SessionResources,
): Session | null {
  const prefixes = takeRoom(request, layout, resources);
  if (prefixes === null) return null;
  const speech = request.speechRows === 0 ? null : new SpeechSource(request.speechRows);
  const session = new Session(request.tenant, speech, requestedMs, resources.observer, resources.changed);
  const planted: Planted = { sequences: [], shared: [] };
  layout.groups.forEach(({ system, nodes }, i) => {
    const kept = prefixes[i] ?? null;
    if (system.length > 0) resources.observer.prefix({ hit: kept !== null, tokens: system.length });
    const prefix = kept ?? startPrefix(system, request.tenant, resources);
    plant(nodes, prefix, { request, session, resources, planted });
    prefix?.release();
  });
  session.begin(planted.sequences, planted.shared);
  return session;
}

/** Makes room, holding the system texts that are there already; their spans in the order of the groups. */
function takeRoom(
  request: SessionRequest,
  layout: SessionLayout,
  { engine, prefixes }: SessionResources,
): (ContextSpan | null)[] | null {
  if (engine.freeSlots < request.passes.length) return null;
  const kept = layout.groups.map(({ system }) => (system.length === 0 ? null : prefixes.acquire(system)));
  const missing = layout.groups.reduce(
    (sum, { system }, i) => sum + (kept[i] ? 0 : blocksBetween(0, system.length)),
    0,
  );
  if (prefixes.makeRoom(layout.blocks + missing)) return kept;
  for (const span of kept) span?.release();
  return null;
}

function startPrefix(
  system: readonly number[],
  tenant: string,
  resources: SessionResources,
): ContextSpan | null {
  if (system.length === 0) return null;
  const span = resources.prefixes.create(system);
  resources.start(new PrefixWork(span, tenant));
  return span;
}

interface Planted {
  readonly sequences: Sequence[];
  readonly shared: ContextSpan[];
}

interface PlantingGround {
  readonly request: SessionRequest;
  readonly session: Session;
  readonly resources: SessionResources;
  readonly planted: Planted;
}

/** Makes the spans of a prompt tree, parents first, and starts their work. */
function plant(nodes: readonly SizedNode[], parent: ContextSpan | null, ground: PlantingGround): void {
  const { request, session, resources, planted } = ground;
  for (const node of nodes) {
    const promise = resources.ledger.promise(node.blocks);
    if (promise === null) throw new Error('room for a session was made and then was not there');
    const span = new ContextSpan(resources.ledger, promise, parent, node.prompt, session.speech);
    if (node.pass === null) {
      resources.start(new PrefixWork(span, request.tenant));
      planted.shared.push(span);
      plant(node.children, span, ground);
      span.release();
    } else {
      const { rule } = request.passes[node.pass] as PassRequest;
      const slot = resources.engine.acquireSlot();
      const sequence = new Sequence(node.pass, request.tenant, span, slot, rule, session, () => {
        resources.engine.releaseSlot(slot);
      });
      planted.sequences.push(sequence);
      resources.start(sequence);
    }
  }
}
