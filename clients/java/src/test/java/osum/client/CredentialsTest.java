package osum.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Status;
import io.grpc.TlsChannelCredentials;
import java.io.File;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@DisplayNameGeneration(ReplaceUnderscores.class)
@Timeout(60)
class CredentialsTest {
  @Test
  void key_and_token_go_with_each_call_and_a_function_gives_a_new_token() {
    var scripted = new Scripted();
    var asked = new AtomicInteger();
    var options = scripted.options.withApiKey("key").withToken(() -> "token " + asked.incrementAndGet());
    try (var client = new OsumClient(options)) {
      for (int i = 0; i < 2; i++) client.understand(Request.ofTags(AudioSource.bytes(new byte[1]), "answer"));
    }
    var seen =
        scripted.attempts().stream()
            .map(a -> a.get("apiKey").getStringValue() + ", " + a.get("authorization").getStringValue())
            .toList();
    assertEquals(List.of("key, Bearer token 1", "key, Bearer token 2"), seen);
  }

  @Test
  void key_and_token_are_not_sent_in_plaintext_over_a_network() {
    var options = ClientOptions.of("mesh.example:443");
    for (var secret : List.of(options.withApiKey("key"), options.withToken("token"))) {
      var failure = assertThrows(IllegalArgumentException.class, () -> new OsumClient(secret));
      assertTrue(failure.getMessage().contains("over TLS only"));
    }
  }

  @Test
  void a_mesh_is_reached_by_tls_only_when_its_certificate_is_trusted() throws IOException {
    var options =
        ClientOptions.of(Scripted.environment("OSUM_SCRIPTED_TLS")).withRetry(Retry.DEFAULT.withAttempts(1));
    var authority = new File(Scripted.environment("OSUM_TLS_CA"));
    var trusted = TlsChannelCredentials.newBuilder().trustManager(authority).build();
    try (var client = new OsumClient(options.withCredentials(trusted).withApiKey("key"))) {
      assertEquals("scripted", client.describe().getModel());
    }
    try (var client = new OsumClient(options.withCredentials(TlsChannelCredentials.create()))) {
      var failure = assertThrows(OsumException.class, client::describe);
      assertEquals(Status.Code.UNAVAILABLE, failure.code());
    }
  }
}
