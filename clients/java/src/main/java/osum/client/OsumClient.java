package osum.client;

import io.grpc.StatusException;
import java.time.Duration;
import java.util.ArrayList;
import osum.v1.DescribeRequest;
import osum.v1.DescribeResponse;
import osum.v1.InterpretRequest;
import osum.v1.Plan;
import osum.v1.SpeechUnderstandingGrpc;
import osum.v1.SpeechUnderstandingGrpc.SpeechUnderstandingBlockingV2Stub;
import osum.v1.UnderstandSummary;
import osum.v1.UtteranceResult;

/** A client of one mesh, for any number of threads. Connects with the first call; calls fail with {@link OsumException}. */
public final class OsumClient implements AutoCloseable {
  private final Connection connection;
  private final SpeechUnderstandingBlockingV2Stub service;

  /** A client of the router at {@code host:port}, in plaintext. */
  public OsumClient(String address) {
    this(ClientOptions.of(address));
  }

  /**
   * A client of a router.
   *
   * @throws IllegalArgumentException if a key or token would travel over a network in plaintext
   */
  public OsumClient(ClientOptions options) {
    connection = new Connection(options);
    service = SpeechUnderstandingGrpc.newBlockingV2Stub(connection.channel);
  }

  /** Understands a recording, and waits for all of it. */
  public Understanding understand(Request request) {
    Plan plan = null;
    UnderstandSummary summary = null;
    var utterances = new ArrayList<UtteranceResult>();
    try (var events = stream(request)) {
      for (var event : events) {
        switch (event.getResponseCase()) {
          case PLAN -> plan = event.getPlan();
          case RESULT -> utterances.add(event.getResult());
          case SUMMARY -> summary = event.getSummary();
          default -> {}
        }
      }
    }
    if (plan == null || summary == null) {
      throw new IllegalStateException("the answer holds no plan or no summary: is the server an osum.v1 router?");
    }
    return new Understanding(plan, utterances, summary);
  }

  /** Understands a recording or a live stream, message by message; use it in a {@code try} block. */
  public EventStream stream(Request request) {
    return new EventStream(within(request.timeout).understand(), request.firstMessage(connection.model), request.audio);
  }

  /** Turns an instruction into a plan, without audio. */
  public Plan interpret(String instruction) {
    return interpret(instruction, null);
  }

  /** The same within a time; null: no bound. */
  public Plan interpret(String instruction, Duration timeout) {
    var request = InterpretRequest.newBuilder().setInstruction(instruction).setModel(connection.model).build();
    try {
      return within(timeout).interpret(request).getPlan();
    } catch (StatusException failure) {
      throw new OsumException(failure);
    }
  }

  /** What the mesh can do: tasks, labels and measured scores of its model package, audio formats, limits. */
  public DescribeResponse describe() {
    return describe(null);
  }

  /** The same within a time; null: no bound. */
  public DescribeResponse describe(Duration timeout) {
    try {
      return within(timeout).describe(DescribeRequest.newBuilder().setModel(connection.model).build());
    } catch (StatusException failure) {
      throw new OsumException(failure);
    }
  }

  /** Closes the connection; running calls fail. */
  @Override
  public void close() {
    connection.close();
  }

  private SpeechUnderstandingBlockingV2Stub within(Duration timeout) {
    return timeout == null ? service : service.withDeadlineAfter(timeout);
  }
}
