/** One lane of {@link OrderedLanes}. Its messages come out after those of all earlier lanes. */
export interface Lane<Message> {
  push(message: Message): void;
  /** Like `push`, but takes the place of the last message if that was pushed this way and is still waiting. */
  replace(message: Message): void;
  /** Nothing more will come. */
  end(): void;
  /** All messages end here, with this error. Without effect after `end`. */
  fail(error: unknown): void;
}

/** Puts what is made at the same time into order. */
export interface OrderedLanes<Message> {
  /** Opens the next lane. */
  open(): Lane<Message>;
  /** No further lane will be opened. */
  close(): void;
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
  failure: { readonly error: unknown } | undefined;
}

/** See {@link OrderedLanes}. */
export function createOrderedLanes<Message>(): OrderedLanes<Message> {
  const lanes: LaneState<Message>[] = [];
  let closed = false;
  let wake: () => void = () => {};

  const openLane = (): Lane<Message> => {
    const lane: LaneState<Message> = { waiting: [], ended: false, failure: undefined };
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
      fail(error) {
        if (lane.ended) return;
        lane.ended = true;
        lane.failure = { error };
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
      } else if (lane?.failure) {
        throw lane.failure.error;
      } else if (lane?.ended) {
        lanes.shift();
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
    messages,
  };
}
