package osum.client;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * How a call is tried again that failed with UNAVAILABLE or RESOURCE_EXHAUSTED before any answer. gRPC's own retry layer does it: it waits exactly
 * as long as the mesh's {@code grpc-retry-pushback-ms} says, and gives up where that is negative, as the mesh makes it where a repetition would fail
 * again. It cannot be told to want a pushback with RESOURCE_EXHAUSTED.
 *
 * @param attempts attempts in all, the first included: 1 to 5
 * @param firstBackoff wait before the second attempt where the mesh names no time; doubled each time, with 20 % jitter
 * @param longestBackoff longest such wait
 * @param replayBytes bytes of one call that are kept to be sent again; a call that has sent more is not repeated
 */
public record Retry(int attempts, Duration firstBackoff, Duration longestBackoff, long replayBytes) {

  /** Four attempts, from 100 ms to 3 s apart, of calls of at most 16 MiB. */
  public static final Retry DEFAULT = new Retry(4, Duration.ofMillis(100), Duration.ofSeconds(3), 16L << 20);

  public Retry withAttempts(int attempts) {
    return new Retry(attempts, firstBackoff, longestBackoff, replayBytes);
  }

  public Retry withReplayBytes(long replayBytes) {
    return new Retry(attempts, firstBackoff, longestBackoff, replayBytes);
  }

  /** gRPC's service configuration; its numbers are doubles. */
  Map<String, ?> serviceConfig() {
    var names =
        // Services whose calls have no side effects where a client makes them: they may be repeated as a whole.
        Stream.of("SpeechUnderstanding", "FeatureExtractor", "SpeechEncoder", "ModalityAdapter")
            .map(service -> Map.of("service", "osum.v1." + service))
            .toList();
    var policy =
        Map.of(
            "maxAttempts", (double) attempts,
            "initialBackoff", seconds(firstBackoff),
            "maxBackoff", seconds(longestBackoff),
            "backoffMultiplier", 2.0,
            "retryableStatusCodes", List.of("UNAVAILABLE", "RESOURCE_EXHAUSTED"));
    return Map.of(
        "methodConfig", List.of(Map.of("name", names, "retryPolicy", policy)),
        "retryThrottling", Map.of("maxTokens", 1000.0, "tokenRatio", 1.0));
  }

  private static String seconds(Duration duration) {
    return String.format(Locale.ROOT, "%.3fs", duration.toMillis() / 1000.0);
  }
}
