import { status } from '@grpc/grpc-js';

/** One cause of failure: its gRPC status and what a person should know about it. */
export interface StatusEntry {
  /** Number in the error catalogue; never reused. */
  readonly number: number;
  /** gRPC status code. */
  readonly code: status;
  /** Whether the same call may succeed later: at once on another instance, after a pushback, or never. */
  readonly retry: 'elsewhere' | 'afterPushback' | 'never';
  /** What happened. */
  readonly meaning: string;
  /** What to do about it. */
  readonly advice: string;
}

/**
 * The one table from causes to gRPC statuses. Nothing else in the mesh creates a status.
 *
 * Its rows are the error catalogue: the name travels as `reason` (in UPPER_SNAKE_CASE) and the number as metadata `number` of
 * `google.rpc.ErrorInfo`, domain `osum.mesh`.
 */
export const statusTable = {
  queueFull: {
    number: 1001,
    code: status.RESOURCE_EXHAUSTED,
    retry: 'afterPushback',
    meaning: 'The queue of the stage holds as much work as it may.',
    advice: 'Wait as long as grpc-retry-pushback-ms says; add instances if it happens often.',
  },
  tenantOverShare: {
    number: 1002,
    code: status.RESOURCE_EXHAUSTED,
    retry: 'afterPushback',
    meaning: 'The tenant uses more than its share while others wait.',
    advice: 'Wait as long as grpc-retry-pushback-ms says, or ask for a larger share.',
  },
  memoryFull: {
    number: 1003,
    code: status.RESOURCE_EXHAUSTED,
    retry: 'afterPushback',
    meaning: 'No KV blocks or device memory are free for the call.',
    advice: 'Wait as long as grpc-retry-pushback-ms says; add decoders if it happens often.',
  },
  quotaExceeded: {
    number: 1004,
    code: status.RESOURCE_EXHAUSTED,
    retry: 'afterPushback',
    meaning: 'The tenant has used up the seconds of audio that its quota gives.',
    advice: 'Wait as long as grpc-retry-pushback-ms says, or ask the operator for a larger quota.',
  },
  tooManyCalls: {
    number: 1005,
    code: status.RESOURCE_EXHAUSTED,
    retry: 'afterPushback',
    meaning: 'The tenant has as many calls under way as it may.',
    advice: 'Wait until one is over, or ask the operator for more.',
  },
  headersTooLarge: {
    number: 1006,
    code: status.RESOURCE_EXHAUSTED,
    retry: 'never',
    meaning: 'The headers of the call are larger than the server takes.',
    advice: 'Send fewer or shorter headers; the details name the limit.',
  },
  messageTooLarge: {
    number: 1007,
    code: status.RESOURCE_EXHAUSTED,
    retry: 'never',
    meaning: 'A message of the call is larger than the server takes.',
    advice: 'Send smaller messages; the details name the limit.',
  },
  loading: {
    number: 1101,
    code: status.UNAVAILABLE,
    retry: 'elsewhere',
    meaning: 'The stage is still loading its model.',
    advice: 'Try again; watch the health service to know when it serves.',
  },
  draining: {
    number: 1102,
    code: status.UNAVAILABLE,
    retry: 'elsewhere',
    meaning: 'The instance is shutting down.',
    advice: 'Try again: another instance will answer.',
  },
  stageUnreachable: {
    number: 1103,
    code: status.UNAVAILABLE,
    retry: 'elsewhere',
    meaning: 'A stage could not be reached, or its connection broke.',
    advice: 'Try again; check that the stage runs and that its address is right.',
  },
  deviceLost: {
    number: 1104,
    code: status.UNAVAILABLE,
    retry: 'elsewhere',
    meaning: 'The device failed during the call and was taken out of service.',
    advice: 'Try again; look at the log of the stage for the code of the device.',
  },
  callerGone: {
    number: 1201,
    code: status.CANCELLED,
    retry: 'never',
    meaning: 'The caller cancelled the call or went away.',
    advice: 'Nothing: all work for the call was given up.',
  },
  deadlinePassed: {
    number: 1202,
    code: status.DEADLINE_EXCEEDED,
    retry: 'never',
    meaning: 'The deadline of the call passed, or cannot be met.',
    advice: 'Give the call more time; the details name the stage and the budget.',
  },
  requestStalled: {
    number: 1203,
    code: status.DEADLINE_EXCEEDED,
    retry: 'never',
    meaning: 'The caller kept the server waiting for its next message, or did not read the answers.',
    advice:
      'Send the messages without long pauses and read the answers; mark audio that arrives as it is spoken as live.',
  },
  badRequest: {
    number: 1301,
    code: status.INVALID_ARGUMENT,
    retry: 'never',
    meaning: 'A field of the request is missing or out of its range.',
    advice: 'Mend the fields that the details name.',
  },
  badOrder: {
    number: 1302,
    code: status.INVALID_ARGUMENT,
    retry: 'never',
    meaning: 'A message of the stream came out of order, or the stream closed too early.',
    advice: 'Send the configuration first, then the rest, and close the stream after it.',
  },
  badTensor: {
    number: 1303,
    code: status.INVALID_ARGUMENT,
    retry: 'never',
    meaning: 'A tensor is not the one that the stage expects, or its frames are wrong.',
    advice: 'Send what the message says was expected; check that all stages serve the same package.',
  },
  badAudio: {
    number: 1304,
    code: status.INVALID_ARGUMENT,
    retry: 'never',
    meaning: 'The audio is empty, too short, cut short, unreadable, or holds samples that are not numbers.',
    advice: 'Send one of the encodings that Describe lists, whole.',
  },
  unknownTag: {
    number: 1305,
    code: status.INVALID_ARGUMENT,
    retry: 'never',
    meaning: 'The tags hold something that is no task tag, or a tag twice.',
    advice: 'Use the tags that Describe lists.',
  },
  tooLong: {
    number: 1401,
    code: status.OUT_OF_RANGE,
    retry: 'never',
    meaning: 'Audio, prompt or tensor is longer than the model or the configuration allows.',
    advice: 'Send less; the details name the limit.',
  },
  corrupted: {
    number: 1402,
    code: status.DATA_LOSS,
    retry: 'never',
    meaning: 'The checksum of a chunk does not fit its bytes.',
    advice: 'Send it again; if it happens often, look for a broken proxy or memory.',
  },
  unknownModel: {
    number: 1501,
    code: status.NOT_FOUND,
    retry: 'never',
    meaning: 'The model package is not served here.',
    advice: 'Leave the model empty, or use the name that Describe gives.',
  },
  unknownSession: {
    number: 1502,
    code: status.NOT_FOUND,
    retry: 'never',
    meaning: 'There is no such decoding session, it is over, or the token does not fit.',
    advice: 'Start a session with LanguageDecoder.Generate, and attach to it once.',
  },
  unknownService: {
    number: 1503,
    code: status.NOT_FOUND,
    retry: 'never',
    meaning: 'The health service was asked for a service that is not here.',
    advice: 'Use a full name, such as osum.v1.SpeechEncoder; Health.List gives all.',
  },
  unsupportedTask: {
    number: 1601,
    code: status.FAILED_PRECONDITION,
    retry: 'never',
    meaning: 'The model package cannot do what was asked for.',
    advice: 'Ask for one of the tasks that the message names, or serve another package.',
  },
  wrongState: {
    number: 1602,
    code: status.FAILED_PRECONDITION,
    retry: 'never',
    meaning: 'The call does not fit the state of its session.',
    advice: 'Attach the speech once, and only to a session that wants it.',
  },
  sessionLost: {
    number: 1701,
    code: status.ABORTED,
    retry: 'elsewhere',
    meaning: 'The state of a decoding session was lost.',
    advice: 'Start the session again.',
  },
  unauthenticated: {
    number: 1801,
    code: status.UNAUTHENTICATED,
    retry: 'never',
    meaning: 'The call carries no valid credentials.',
    advice: 'Send valid credentials.',
  },
  notAllowed: {
    number: 1802,
    code: status.PERMISSION_DENIED,
    retry: 'never',
    meaning: 'The caller may not do this.',
    advice: 'Ask the operator for the right.',
  },
  internal: {
    number: 1901,
    code: status.INTERNAL,
    retry: 'never',
    meaning: 'A fault of the mesh itself.',
    advice: 'Look at the log of the stage at the time of the call, and report it.',
  },
} as const satisfies Record<string, StatusEntry>;

/** Name of a row of the table. */
export type StatusKind = keyof typeof statusTable;

/** `queueFull` to `QUEUE_FULL`: the name as it travels. */
export function reasonFromKind(kind: StatusKind): string {
  return kind.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

const kindsByReason = new Map(
  Object.keys(statusTable).map((kind) => [reasonFromKind(kind as StatusKind), kind]),
);

/** The row that a travelling name means; undefined if it is none of ours. */
export function kindFromReason(reason: string): StatusKind | undefined {
  return kindsByReason.get(reason) as StatusKind | undefined;
}
