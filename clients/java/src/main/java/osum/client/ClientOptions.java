package osum.client;

import io.grpc.ChannelCredentials;
import java.util.function.Supplier;

/**
 * How to reach a mesh or one of its stages. Begin with {@link #of}.
 *
 * @param address {@code host:port}
 * @param credentials transport security: {@code TlsChannelCredentials} for TLS, and with key and certificate for mTLS; null: plaintext
 * @param apiKey sent with every call as the header {@code x-api-key}; null: none
 * @param token asked once a call, sent as {@code authorization: Bearer ...}, so that it may be renewed; null: none
 * @param tenant name of the tenant for fair sharing; null: the mesh's "default"
 * @param model model package wanted; empty: the one served there
 * @param retry repetition of calls that were refused before any answer
 */
public record ClientOptions(
    String address,
    ChannelCredentials credentials,
    String apiKey,
    Supplier<String> token,
    String tenant,
    String model,
    Retry retry) {

  /** Plaintext, without keys, for the package that is served there. */
  public static ClientOptions of(String address) {
    return new ClientOptions(address, null, null, null, null, "", Retry.DEFAULT);
  }

  public ClientOptions withCredentials(ChannelCredentials credentials) {
    return new ClientOptions(address, credentials, apiKey, token, tenant, model, retry);
  }

  public ClientOptions withApiKey(String apiKey) {
    return new ClientOptions(address, credentials, apiKey, token, tenant, model, retry);
  }

  public ClientOptions withToken(String token) {
    return withToken(() -> token);
  }

  public ClientOptions withToken(Supplier<String> token) {
    return new ClientOptions(address, credentials, apiKey, token, tenant, model, retry);
  }

  public ClientOptions withTenant(String tenant) {
    return new ClientOptions(address, credentials, apiKey, token, tenant, model, retry);
  }

  public ClientOptions withModel(String model) {
    return new ClientOptions(address, credentials, apiKey, token, tenant, model, retry);
  }

  public ClientOptions withRetry(Retry retry) {
    return new ClientOptions(address, credentials, apiKey, token, tenant, model, retry);
  }
}
