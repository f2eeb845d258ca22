package osum.client;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** What all calls of a client share: a channel, with the headers that go with each call. */
final class Connection implements AutoCloseable {
  private static final Metadata.Key<String> TENANT = header("osum-tenant");
  private static final Metadata.Key<String> API_KEY = header("x-api-key");
  private static final Metadata.Key<String> AUTHORIZATION = header("authorization");
  // Addresses that never leave this machine: there, a sidecar may do the TLS.
  private static final Pattern LOOPBACK =
      Pattern.compile("(dns:///)?(localhost|127(\\.\\d{1,3}){3}|\\[::1]):\\d+|unix:.*");

  final ManagedChannel channel;
  final String model;

  /** Opens a connection; nothing is sent before the first call. */
  Connection(ClientOptions options) {
    var secret = options.apiKey() != null || options.token() != null;
    if (secret && options.credentials() == null && !LOOPBACK.matcher(options.address()).matches()) {
      throw new IllegalArgumentException(
          "key and token are sent over TLS only, and "
              + options.address()
              + " would be called in plaintext: give credentials, such as TlsChannelCredentials.create()");
    }
    var credentials = options.credentials() == null ? InsecureChannelCredentials.create() : options.credentials();
    var builder =
        Grpc.newChannelBuilder(options.address(), credentials)
            .intercept(new Headers(options))
            // A mesh that vanished without a word is noticed within 50 s, in the silence of a live stream, too.
            .keepAliveTime(30, TimeUnit.SECONDS)
            .keepAliveTimeout(20, TimeUnit.SECONDS);
    // The channel calls those that were added last first.
    var interceptors = new ArrayList<>(options.interceptors());
    Collections.reverse(interceptors);
    builder.intercept(interceptors);
    var retry = options.retry();
    if (retry.attempts() < 2) {
      builder.disableRetry();
    } else {
      builder.enableRetry().defaultServiceConfig(retry.serviceConfig()).perRpcBufferLimit(retry.replayBytes());
    }
    channel = builder.build();
    model = options.model();
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }

  private static Metadata.Key<String> header(String name) {
    return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
  }

  private record Headers(ClientOptions options) implements ClientInterceptor {
    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(MethodDescriptor<Q, R> method, CallOptions call, Channel next) {
      return new SimpleForwardingClientCall<>(next.newCall(method, call)) {
        @Override
        public void start(Listener<R> listener, Metadata headers) {
          if (options.tenant() != null) headers.put(TENANT, options.tenant());
          if (options.apiKey() != null) headers.put(API_KEY, options.apiKey());
          if (options.token() != null) headers.put(AUTHORIZATION, "Bearer " + options.token().get());
          super.start(listener, headers);
        }
      };
    }
  }
}
