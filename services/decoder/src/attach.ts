import type { MessageInitShape } from '@bufbuild/protobuf';
import { abortable, type MeshContext, MeshError, openStream, readTensor, tensorInfo } from '@osum/mesh';
import { type AttachRequest, type AttachResponseSchema, DataType, Stage } from '@osum/proto';
import type { SpeechRows } from './engine.js';
import type { Generator } from './generate.js';
import { attachBroken, endedMeanwhile } from './session/refusals.js';
import type { Session } from './session/session.js';

/** Fewest rows of speech: begin, one row of sound, end. */
const MIN_SPEECH_ROWS = 3;

/** Serves one Attach call. Once the session is claimed, a failure here ends it, for its speech will not come again. */
export async function attach(
  requests: AsyncIterable<AttachRequest>,
  { tenant }: MeshContext,
  { decoders, language, instance }: Generator,
): Promise<MessageInitShape<typeof AttachResponseSchema>> {
  const { first, rest } = await openStream(requests, 'attach', 'frame');
  const session = decoders.find(tenant, first.sessionId, first.token);
  const maxRows = session.claimAttach();
  try {
    const { width } = language.manifest.decoder;
    const { tensor, transferSeconds } = await readTensor(abortable(rest, session.overSignal), {
      name: 'speech',
      dtypes: [DataType.F32, DataType.BF16],
      shape: [null, width],
      maxBytes: language.manifest.decoder.maxPositions * width * Float32Array.BYTES_PER_ELEMENT,
    });
    const rows = tensor.shape[0]!;
    checkRows(rows, maxRows);
    const dtype = tensor.dtype === DataType.F32 ? 'f32' : 'bf16';
    deliver(session, { dtype, rows, data: tensor.data });
    return {
      report: {
        stage: Stage.DECODER,
        instance,
        inputs: [tensorInfo(tensor)],
        timing: { queueSeconds: 0, computeSeconds: 0, transferSeconds },
        batchUtterances: 1,
      },
    };
  } catch (error) {
    // The end of the session breaks off the reading with its own reason, which Generate tells.
    const refusal = session.over && !(error instanceof MeshError) ? endedMeanwhile(error) : error;
    session.end(attachBroken(error));
    throw refusal;
  }
}

function deliver(session: Session, rows: SpeechRows): void {
  if (session.over) throw endedMeanwhile();
  session.deliver(rows);
}

function checkRows(rows: number, maxRows: number): void {
  if (rows < MIN_SPEECH_ROWS) {
    throw new MeshError(
      'badTensor',
      `tensor "speech": expected at least ${MIN_SPEECH_ROWS} rows (begin, speech, end), got ${rows}.`,
    );
  }
  if (rows <= maxRows) return;
  throw new MeshError(
    'tooLong',
    `${rows} rows of speech exceed the ${maxRows} that Generate announced as speech_rows; announce an upper bound.`,
    { facts: { limitRows: String(maxRows) } },
  );
}
