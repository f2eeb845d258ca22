package osum.client;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.fail;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.ListValue;
import com.google.protobuf.Value;
import com.google.protobuf.util.JsonFormat;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Predicate;

/**
 * The mesh of packages/client/src/testing, which does what instructions say; {@code npm run test:clients} starts it. Each test has a tenant of its own.
 */
final class Scripted {
  final ClientOptions options =
      ClientOptions.of(environment("OSUM_SCRIPTED")).withTenant(UUID.randomUUID().toString());

  static String environment(String name) {
    var value = System.getenv(name);
    assertNotNull(value, name + " is not set: run the tests by npm run test:clients");
    return value;
  }

  /** What the mesh saw of each attempt of this test's calls. */
  List<Map<String, Value>> attempts() {
    try (var client = new OsumClient(options)) {
      var list = ListValue.newBuilder();
      JsonFormat.parser().merge(client.interpret("attempts").getTags(), list);
      return list.getValuesList().stream().map(value -> value.getStructValue().getFieldsMap()).toList();
    } catch (InvalidProtocolBufferException broken) {
      throw new AssertionError(broken);
    }
  }

  /** How the last attempt ended, once it has. */
  String ended() {
    until(seen -> !seen.isEmpty() && !ended(seen.get(seen.size() - 1)).equals("running"));
    var attempts = attempts();
    return ended(attempts.get(attempts.size() - 1));
  }

  static String ended(Map<String, Value> attempt) {
    return attempt.get("ended").getStringValue();
  }

  /** Waits until what the mesh saw is as wanted. */
  void until(Predicate<List<Map<String, Value>>> met) {
    for (int i = 0; i < 500; i++) {
      if (met.test(attempts())) return;
      try {
        Thread.sleep(20);
      } catch (InterruptedException interruption) {
        throw new AssertionError(interruption);
      }
    }
    fail("nothing happened for 10 s");
  }
}
