package osum.client;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.stub.AbstractStub;
import io.grpc.stub.BlockingClientCall;
import java.nio.FloatBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import osum.v1.AdaptConfig;
import osum.v1.AdaptRequest;
import osum.v1.EncodeConfig;
import osum.v1.EncodeRequest;
import osum.v1.ExtractConfig;
import osum.v1.ExtractRequest;
import osum.v1.FeatureExtractorGrpc;
import osum.v1.ModalityAdapterGrpc;
import osum.v1.PcmEncoding;
import osum.v1.SpeechEncoderGrpc;
import osum.v1.StageReport;
import osum.v1.TensorFrame;

/**
 * A client of one stage, for any number of threads. Use the method of the stage that the address serves; behind a proxy that routes by service, all of
 * them. The tensors of a stage are described beside its service in {@code osum/v1}. Calls fail with {@link OsumException}.
 */
public final class StageClient implements AutoCloseable {
  private final Connection connection;

  /** A client of the stage at {@code host:port}, in plaintext. */
  public StageClient(String address) {
    this(ClientOptions.of(address));
  }

  /**
   * A client of a stage.
   *
   * @throws IllegalArgumentException if a key or token would travel over a network in plaintext
   */
  public StageClient(ClientOptions options) {
    connection = new Connection(options);
  }

  /** Log-mel features [frames, bins] of one utterance: one channel at 16 kHz, in [-1, 1]. {@code timeout} null: no bound. */
  public StageAnswer extract(FloatBuffer pcm, Duration timeout) {
    var stub = within(FeatureExtractorGrpc.newBlockingV2Stub(connection.channel), timeout);
    var config =
        ExtractConfig.newBuilder().setEncoding(PcmEncoding.PCM_ENCODING_F32LE).setModel(connection.model).build();
    var requests = new ArrayList<ExtractRequest>();
    requests.add(ExtractRequest.newBuilder().setConfig(config).build());
    var data = ByteString.copyFrom(Pcm.bytes(pcm));
    for (int start = 0; start < data.size(); start += TensorFrames.MAX_CHUNK_BYTES) {
      var piece = data.substring(start, Math.min(start + TensorFrames.MAX_CHUNK_BYTES, data.size()));
      requests.add(ExtractRequest.newBuilder().setPcm(piece).build());
    }
    return answer(
        stub.extract(),
        requests,
        "features",
        response -> response.hasFrame() ? response.getFrame() : null,
        response -> response.getReport().getStagesList());
  }

  /** Hidden states [positions, encoder width] of features. {@code timeout} null: no bound. */
  public StageAnswer encode(Tensor features, Duration timeout) {
    var stub = within(SpeechEncoderGrpc.newBlockingV2Stub(connection.channel), timeout);
    var requests = new ArrayList<EncodeRequest>();
    requests.add(EncodeRequest.newBuilder().setConfig(EncodeConfig.newBuilder().setModel(connection.model)).build());
    for (var frame : TensorFrames.of("features", features)) {
      requests.add(EncodeRequest.newBuilder().setFrame(frame).build());
    }
    return answer(
        stub.encode(),
        requests,
        "hidden",
        response -> response.hasFrame() ? response.getFrame() : null,
        response -> response.getReport().getStagesList());
  }

  /** Speech embeddings [rows, decoder width] of hidden states. {@code timeout} null: no bound. */
  public StageAnswer adapt(Tensor hidden, Duration timeout) {
    var stub = within(ModalityAdapterGrpc.newBlockingV2Stub(connection.channel), timeout);
    var requests = new ArrayList<AdaptRequest>();
    requests.add(AdaptRequest.newBuilder().setConfig(AdaptConfig.newBuilder().setModel(connection.model)).build());
    for (var frame : TensorFrames.of("hidden", hidden)) {
      requests.add(AdaptRequest.newBuilder().setFrame(frame).build());
    }
    return answer(
        stub.adapt(),
        requests,
        "speech",
        response -> response.hasFrame() ? response.getFrame() : null,
        response -> response.getReport().getStagesList());
  }

  /** Closes the connection; running calls fail. */
  @Override
  public void close() {
    connection.close();
  }

  /** Sends all requests, then reads the tensor and the report: a stage answers only when it has everything. */
  private static <Q, R> StageAnswer answer(
      BlockingClientCall<Q, R> call,
      List<Q> requests,
      String tensor,
      Function<R, TensorFrame> frameOf,
      Function<R, List<StageReport>> stagesOf) {
    var reader = new TensorReader(tensor);
    var stages = List.<StageReport>of();
    try {
      for (var request : requests) call.write(request);
      call.halfClose();
      for (R response; (response = call.read()) != null; ) {
        var frame = frameOf.apply(response);
        if (frame == null) stages = stagesOf.apply(response);
        else reader.add(frame);
      }
      return new StageAnswer(reader.tensor(), stages);
    } catch (StatusException failure) {
      throw new OsumException(failure);
    } catch (InterruptedException interruption) {
      Thread.currentThread().interrupt();
      throw new OsumException(Status.Code.CANCELLED, "The thread that called the stage was interrupted.");
    } finally {
      call.cancel("the caller left", null);
    }
  }

  private static <S extends AbstractStub<S>> S within(S stub, Duration timeout) {
    return timeout == null ? stub : stub.withDeadlineAfter(timeout);
  }
}
