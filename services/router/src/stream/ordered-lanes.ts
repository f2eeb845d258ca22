/** One lane of {@link OrderedLanes}. Its messages come out after those of all earlier lanes. */
export interface Lane<Message> {
  push(message: Message): void;
  /** Like `push`, but takes the place of the last message if that was pushed this way and is still waiting. */
  replace(message: Message): void;
  /** Nothing more will come. */
  end(): void;
}

/** Puts what is made at the same time into order. */
export interface OrderedLanes<Message> {
  /** Opens the next lane. */
  open(): Lane<Message>;
  /** No further lane will be opened. */
  close(): void;
  /** Ends the messages with an error, after those of the lanes that were opened before and have ended or will. */
  fail(error: unknown): void;
  /** All messages, lane after lane. To be iterated once. */
  messages(): AsyncGenerator<Message, void, undefined>;
}

interface Waiting<Message> {
  readonly message: Message;
  readonly replaceable: boolean;
}

interface LaneState<Message> {
  readonly waiting: Waiting<Message>[];
  ended: boolean;
}

/** See {@link OrderedLanes}. */
export function createOrderedLanes<Message>(): OrderedLanes<Message> {
  const lanes: LaneState<Message>[] = [];
  let closed = false;
  let failure: { readonly error: unknown } | undefined;
  let wake: () => void = () => {};

  const openLane = (): Lane<Message> => {
    const lane: LaneState<Message> = { waiting: [], ended: false };
    lanes.push(lane);
    return {
      push(message) {
        lane.waiting.push({ message, replaceable: false });
        wake();
      },
      replace(message) {
        if (lane.waiting.at(-1)?.replaceable) lane.waiting.pop();
        lane.waiting.push({ message, replaceable: true });
        wake();
      },
      end() {
        lane.ended = true;
        wake();
      },
    };
  };

  async function* messages(): AsyncGenerator<Message, void, undefined> {
    while (true) {
      const lane = lanes[0];
      const next = lane?.waiting.shift();
      if (next !== undefined) {
        yield next.message;
      } else if (lane?.ended) {
        lanes.shift();
      } else if (lane === undefined && failure !== undefined) {
        throw failure.error;
      } else if (lane === undefined && closed) {
        return;
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  }

  return {
    open: openLane,
    close() {
      closed = true;
      wake();
    },
    fail(error) {
      failure ??= { error };
      wake();
    },
    messages,
  };
}
