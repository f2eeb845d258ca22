package osum.client;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.protobuf.StatusProto;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** A call that failed. Its message is the mesh's sentence about what was expected, what came and what to do. */
public final class OsumException extends RuntimeException {
  private static final long serialVersionUID = 1;
  private static final String DOMAIN = "osum.mesh";
  private static final Metadata.Key<String> PUSHBACK =
      Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER);

  /** What is wrong with one field of a request: its path, such as {@code config.tags}, and what was expected and what came. */
  public record FieldViolation(String field, String description) {}

  private final Status.Code code;
  private final String reason;
  private final transient ErrorInfo info;
  private final transient List<FieldViolation> violations = new ArrayList<>();
  private final Duration retryAfter;
  private final boolean retryable;

  OsumException(StatusException failure) {
    super(failure.getStatus().getDescription(), failure);
    code = failure.getStatus().getCode();
    var found = ErrorInfo.getDefaultInstance();
    var details = StatusProto.fromThrowable(failure);
    for (var packed : details == null ? List.<Any>of() : details.getDetailsList()) {
      var errorInfo = unpacked(packed, ErrorInfo.class);
      if (errorInfo.isPresent() && errorInfo.get().getDomain().equals(DOMAIN)) found = errorInfo.get();
      unpacked(packed, BadRequest.class)
          .ifPresent(
              bad ->
                  bad.getFieldViolationsList()
                      .forEach(v -> violations.add(new FieldViolation(v.getField(), v.getDescription()))));
    }
    info = found;
    reason = found.getReason();
    var trailers = failure.getTrailers();
    var pushback = trailers == null ? null : trailers.get(PUSHBACK);
    // A negative or unreadable pushback forbids to try again (gRFC A6).
    var allowed = pushback == null || pushback.matches("\\d{1,10}");
    retryAfter = pushback != null && allowed ? Duration.ofMillis(Long.parseLong(pushback)) : null;
    retryable = allowed && mayPass(code, pushback);
  }

  /** Of a failure that this side found. */
  OsumException(Status.Code code, String message) {
    this(code.toStatus().withDescription(message).asException());
  }

  /** The gRPC status. */
  public Status.Code code() {
    return code;
  }

  /** Cause in the error catalogue (docs/errors.md), such as {@code QUEUE_FULL}; empty if the mesh did not say. */
  public Optional<String> reason() {
    return Optional.of(reason).filter(name -> !name.isEmpty());
  }

  /** Number of the cause in the error catalogue; empty if the mesh did not say. */
  public OptionalInt number() {
    var number = info.getMetadataMap().get("number");
    return number == null ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(number));
  }

  /** Whether the same call may succeed later without a change. */
  public boolean retryable() {
    return retryable;
  }

  /** When the mesh asks to come back; empty if it did not say. */
  public Optional<Duration> retryAfter() {
    return Optional.ofNullable(retryAfter);
  }

  /** Fields of the request that are wrong. */
  public List<FieldViolation> violations() {
    return List.copyOf(violations);
  }

  /** Facts for programs, such as {@code limitSeconds: 60}. */
  public Map<String, String> facts() {
    var facts = new HashMap<>(info.getMetadataMap());
    facts.remove("number");
    return facts;
  }

  private static boolean mayPass(Status.Code code, String pushback) {
    return switch (code) {
      case UNAVAILABLE, ABORTED -> true;
      // Without a pushback it may mean a message that is too large for ever.
      case RESOURCE_EXHAUSTED -> pushback != null;
      default -> false;
    };
  }

  private static <T extends Message> Optional<T> unpacked(Any packed, Class<T> kind) {
    try {
      return packed.is(kind) ? Optional.of(packed.unpack(kind)) : Optional.empty();
    } catch (InvalidProtocolBufferException broken) {
      // A broken detail must not hide the status.
      return Optional.empty();
    }
  }
}
