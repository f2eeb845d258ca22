package osum.client;

import io.grpc.ChannelCredentials;
import io.grpc.ClientInterceptor;
import java.util.ArrayList;
import java.util.List;
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
 * @param interceptors see every call once, repetitions included; the first is the outermost
 */
public record ClientOptions(
    String address,
    ChannelCredentials credentials,
    String apiKey,
    Supplier<String> token,
    String tenant,
    String model,
    Retry retry,
    List<ClientInterceptor> interceptors) {

  /** Keeps its own list of interceptors. */
  public ClientOptions {
    interceptors = List.copyOf(interceptors);
  }

  /** Plaintext, without keys, for the package that is served there. */
  public static ClientOptions of(String address) {
    return new ClientOptions(address, null, null, null, null, "", Retry.DEFAULT, List.of());
  }

  public ClientOptions withCredentials(ChannelCredentials credentials) {
    return new ClientOptions(address, credentials, apiKey, token, tenant, model, retry, interceptors);
  }

  public ClientOptions withApiKey(String apiKey) {
    return new ClientOptions(address, credentials, apiKey, token, tenant, model, retry, interceptors);
  }

  public ClientOptions withToken(String token) {
    return withToken(() -> token);
  }

  public ClientOptions withToken(Supplier<String> token) {
    return new ClientOptions(address, credentials, apiKey, token, tenant, model, retry, interceptors);
  }

  public ClientOptions withTenant(String tenant) {
    return new ClientOptions(address, credentials, apiKey, token, tenant, model, retry, interceptors);
  }

  public ClientOptions withModel(String model) {
    return new ClientOptions(address, credentials, apiKey, token, tenant, model, retry, interceptors);
  }

  public ClientOptions withRetry(Retry retry) {
    return new ClientOptions(address, credentials, apiKey, token, tenant, model, retry, interceptors);
  }

  /** Adds an interceptor of gRPC, such as one for traces. */
  public ClientOptions withInterceptor(ClientInterceptor interceptor) {
    var all = new ArrayList<>(interceptors);
    all.add(interceptor);
    return new ClientOptions(address, credentials, apiKey, token, tenant, model, retry, all);
  }
}
