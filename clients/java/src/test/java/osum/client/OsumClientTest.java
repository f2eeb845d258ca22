package osum.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.UncheckedIOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import osum.client.OsumException.FieldViolation;
import osum.v1.UnderstandResponse.ResponseCase;

@DisplayNameGeneration(ReplaceUnderscores.class)
@Timeout(60)
class OsumClientTest {
  private static final byte[] AUDIO = new byte[40_000];

  private final Scripted scripted = new Scripted();
  private final OsumClient client = new OsumClient(scripted.options);

  @AfterEach
  void close() {
    client.close();
  }

  private static Request ask(String instruction) {
    return Request.ofInstruction(AudioSource.bytes(AUDIO), instruction);
  }

  private OsumException failureOf(Request request) {
    return assertThrows(OsumException.class, () -> client.understand(request));
  }

  @Test
  void an_answer_is_typed_and_the_same_for_all_kinds_of_audio_in_small_messages(@TempDir Path folder)
      throws IOException {
    var file = Files.write(folder.resolve("audio.raw"), AUDIO);
    var sources =
        List.of(
            AudioSource.file(file), AudioSource.bytes(AUDIO), AudioSource.stream(new ByteArrayInputStream(AUDIO)));
    for (var source : sources) {
      var answer = client.understand(Request.ofTags(source, "answer"));
      assertEquals("<asr>", answer.plan().getTags());
      assertEquals("40000 bytes", answer.utterances().get(0).getResult().getTranscript().getText());
      assertEquals(1, answer.summary().getUtterances());
    }
    for (var attempt : scripted.attempts()) {
      assertTrue(attempt.get("largestMessage").getNumberValue() <= 15 * 1024);
    }
    assertEquals("scripted", client.describe().getModel());
  }

  @Test
  void live_audio_is_answered_while_it_is_being_spoken() throws IOException {
    var microphone = new PipedOutputStream();
    var request =
        Request.ofInstruction(AudioSource.stream(new PipedInputStream(microphone)), "answer")
            .withFormat(Pcm.float32(16_000, 1))
            .live();
    var samples = Pcm.bytes(FloatBuffer.allocate(100));
    var partials = new ArrayList<String>();
    var results = new ArrayList<String>();
    try (var events = client.stream(request)) {
      microphone.write(samples);
      microphone.flush();
      for (var event : events) {
        if (event.getResponseCase() == ResponseCase.PARTIAL) {
          partials.add(event.getPartial().getText());
          if (partials.size() == 1) microphone.write(samples);
          else microphone.close();
          microphone.flush();
        } else if (event.getResponseCase() == ResponseCase.RESULT) {
          results.add(event.getResult().getResult().getTranscript().getText());
        }
      }
    }
    assertEquals(List.of("400 bytes", "800 bytes"), partials);
    assertEquals(List.of("800 bytes"), results);
  }

  @Test
  void a_source_that_fails_ends_the_call_with_its_own_failure() {
    var broken =
        new InputStream() {
          @Override
          public int read() throws IOException {
            scripted.until(seen -> seen.size() == 1);
            throw new IOException("the microphone was unplugged");
          }
        };
    var request = Request.ofInstruction(AudioSource.stream(broken), "answer");
    var failure = assertThrows(UncheckedIOException.class, () -> client.understand(request));
    assertTrue(failure.getMessage().contains("unplugged"));
    assertEquals("cancelled", scripted.ended());
  }

  @Test
  void a_file_that_is_not_there_is_the_failure_of_the_file() {
    var request = Request.ofInstruction(AudioSource.file(Path.of("/no/such/file")), "answer");
    assertThrows(UncheckedIOException.class, () -> client.understand(request));
  }

  @Test
  void a_refused_call_is_repeated_after_exactly_the_pushback_with_all_of_its_audio() {
    var answer = client.understand(ask("refuse 2 400"));
    assertEquals("40000 bytes", answer.utterances().get(0).getResult().getTranscript().getText());
    var times = scripted.attempts().stream().mapToDouble(attempt -> attempt.get("atMs").getNumberValue()).toArray();
    assertEquals(3, times.length);
    assertTrue(times[1] - times[0] >= 395 && times[2] - times[1] >= 395);
  }

  @ParameterizedTest
  @CsvSource({"100000, 2", "20000, 1"})
  void a_call_is_repeated_after_all_of_its_audio_was_sent_unless_that_was_more_than_is_kept(
      long replayBytes, int attempts) {
    var retry = Retry.DEFAULT.withReplayBytes(replayBytes);
    try (var keeping = new OsumClient(scripted.options.withRetry(retry))) {
      if (attempts == 1) {
        assertThrows(OsumException.class, () -> keeping.understand(ask("late 1 10")));
      } else {
        var answer = keeping.understand(ask("late 1 10"));
        assertEquals("40000 bytes", answer.utterances().get(0).getResult().getTranscript().getText());
      }
      assertEquals(attempts, scripted.attempts().size());
    }
  }

  @Test
  void a_call_without_pushback_is_repeated_by_the_schedule_of_the_client() {
    client.understand(ask("unavailable 2"));
    assertEquals(
        List.of("refused", "refused", "answered"), scripted.attempts().stream().map(Scripted::ended).toList());
  }

  @ParameterizedTest
  @CsvSource({"refuse 9 -1, RESOURCE_EXHAUSTED, false", "break, UNAVAILABLE, true"})
  void a_call_is_not_repeated_where_it_is_forbidden_or_something_was_answered(
      String script, Status.Code code, boolean retryable) {
    var failure = failureOf(ask(script));
    assertEquals(code, failure.code());
    assertEquals(retryable, failure.retryable());
    assertEquals(1, scripted.attempts().size());
  }

  @Test
  void a_call_with_a_message_that_is_too_large_is_not_repeated() {
    var failure = failureOf(ask("x".repeat(5 << 20)));
    assertEquals(Status.Code.RESOURCE_EXHAUSTED, failure.code());
    assertEquals("MESSAGE_TOO_LARGE", failure.reason().orElseThrow());
    assertFalse(failure.retryable());
    assertEquals(1, scripted.attempts().size());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void a_call_fails_after_its_last_attempt_and_says_when_to_come_back(int attempts) {
    try (var patient = new OsumClient(scripted.options.withRetry(Retry.DEFAULT.withAttempts(attempts)))) {
      var failure = assertThrows(OsumException.class, () -> patient.understand(ask("refuse 9 10")));
      assertTrue(failure.retryable());
      assertEquals(Duration.ofMillis(10), failure.retryAfter().orElseThrow());
      assertEquals(attempts, scripted.attempts().size());
    }
  }

  @Test
  void an_interceptor_sees_a_call_once_and_those_given_first_are_the_outermost() {
    var seen = new ArrayList<String>();
    var options = scripted.options.withInterceptor(noting("outer", seen)).withInterceptor(noting("inner", seen));
    try (var observed = new OsumClient(options)) {
      observed.understand(ask("refuse 1 5"));
    }
    assertEquals(List.of("outer Understand", "inner Understand"), seen);
    assertEquals(2, scripted.attempts().size());
  }

  private static ClientInterceptor noting(String name, List<String> seen) {
    return new ClientInterceptor() {
      @Override
      public <Q, R> ClientCall<Q, R> interceptCall(MethodDescriptor<Q, R> method, CallOptions call, Channel next) {
        seen.add(name + " " + method.getBareMethodName());
        return next.newCall(method, call);
      }
    };
  }

  @Test
  void a_failure_names_its_cause_the_wrong_fields_and_facts() {
    var failure = failureOf(ask("violate"));
    assertEquals(Status.Code.INVALID_ARGUMENT, failure.code());
    assertEquals("BAD_REQUEST", failure.reason().orElseThrow());
    assertEquals(OptionalInt.of(1301), failure.number());
    assertFalse(failure.retryable());
    assertEquals(List.of(new FieldViolation("config.tags", "expected tags, got none")), failure.violations());
    assertEquals(Map.of("limit", "7"), failure.facts());
  }

  @Test
  void a_mesh_that_is_not_there_is_unavailable() {
    var nowhere = ClientOptions.of("127.0.0.1:1").withRetry(Retry.DEFAULT.withAttempts(1));
    try (var lost = new OsumClient(nowhere)) {
      var failure = assertThrows(OsumException.class, lost::describe);
      assertEquals(Status.Code.UNAVAILABLE, failure.code());
    }
  }

  @Test
  void a_timeout_is_told_to_the_mesh_and_covers_repetitions() {
    assertEquals(
        Status.Code.DEADLINE_EXCEEDED, failureOf(ask("wait").withTimeout(Duration.ofMillis(300))).code());
    assertEquals("cancelled", scripted.ended());
    assertTrue(scripted.attempts().get(0).get("budgetMs").getNumberValue() <= 400);
    failureOf(ask("refuse 9 5000").withTimeout(Duration.ofMillis(300)));
    assertEquals(2, scripted.attempts().size());
  }

  @Test
  void closing_the_stream_ends_the_work_of_the_mesh() {
    try (var events = client.stream(ask("talk"))) {
      assertEquals(ResponseCase.PLAN, events.next().getResponseCase());
      assertEquals(ResponseCase.PARTIAL, events.next().getResponseCase());
    }
    assertEquals("cancelled", scripted.ended());
  }

  @ParameterizedTest
  @ValueSource(strings = {"wait", "talk"})
  void interrupting_the_thread_ends_the_work_of_the_mesh(String script) throws Exception {
    var outcome = new FutureTask<>(() -> failureOf(ask(script)).code());
    var thread = new Thread(outcome);
    thread.start();
    scripted.until(seen -> seen.size() == 1);
    thread.interrupt();
    assertEquals(Status.Code.CANCELLED, outcome.get());
    assertEquals("cancelled", scripted.ended());
  }
}
