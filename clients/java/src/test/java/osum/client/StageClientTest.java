package osum.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import java.nio.FloatBuffer;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import osum.v1.DataType;
import osum.v1.Stage;
import osum.v1.TensorChunk;
import osum.v1.TensorEnd;
import osum.v1.TensorFrame;
import osum.v1.TensorHeader;
import osum.v1.TensorInfo;

@DisplayNameGeneration(ReplaceUnderscores.class)
@Timeout(60)
class StageClientTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final Tensor FEATURES = new Tensor(List.of(2500, 80), ramp(2500 * 80));

  private static FloatBuffer ramp(int size) {
    var values = FloatBuffer.allocate(size);
    for (int i = 0; i < size; i++) values.put(i / 7f);
    return values.flip();
  }

  private static ClientOptions options() {
    return ClientOptions.of(Scripted.environment("OSUM_SCRIPTED"));
  }

  @Test
  void samples_go_out_and_a_tensor_comes_back() {
    try (var stage = new StageClient(options())) {
      var answer = stage.extract(ramp(300_000), TIMEOUT);
      assertEquals(new Tensor(List.of(300_000, 1), ramp(300_000)), answer.tensor());
      assertEquals(Stage.STAGE_FEATURES, answer.stages().get(0).getStage());
    }
  }

  @Test
  void a_tensor_of_several_chunks_comes_back_as_it_went() {
    try (var stage = new StageClient(options())) {
      assertEquals(FEATURES, stage.encode(FEATURES, null).tensor());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "corrupt, DATA_LOSS, chunk 0: its CRC-32C does not fit",
    "gap, INTERNAL, do not follow",
    "cut, INTERNAL, ended before the tensor did"
  })
  void an_answer_with_broken_frames_fails(String script, Status.Code code, String sentence) {
    try (var stage = new StageClient(options().withModel(script))) {
      var failure = assertThrows(OsumException.class, () -> stage.encode(FEATURES, TIMEOUT));
      assertEquals(code, failure.code());
      assertTrue(failure.getMessage().contains(sentence), failure.getMessage());
    }
  }

  @Test
  void a_tensor_that_the_stage_does_not_take_is_refused_with_its_sentence() {
    try (var stage = new StageClient(options())) {
      var cube = new Tensor(List.of(2, 2, 2), FloatBuffer.allocate(8));
      var failure = assertThrows(OsumException.class, () -> stage.encode(cube, TIMEOUT));
      assertEquals(Status.Code.INVALID_ARGUMENT, failure.code());
      assertTrue(failure.getMessage().contains("shape"), failure.getMessage());
    }
    assertThrows(IllegalArgumentException.class, () -> new Tensor(List.of(2, 2), FloatBuffer.allocate(3)));
  }

  @Test
  void bfloat16_is_widened_exactly() {
    var data = ByteString.copyFrom(new byte[] {(byte) 0x80, 0x3f, 0x20, (byte) 0xc0});
    var info = TensorInfo.newBuilder().setName("x").setDtype(DataType.DATA_TYPE_BF16).addShape(2);
    var chunk = TensorChunk.newBuilder().setData(data).setCrc32C(TensorFrames.crc32c(data));
    var reader = new TensorReader("x");
    reader.add(TensorFrame.newBuilder().setHeader(TensorHeader.newBuilder().setInfo(info).setByteSize(4)).build());
    reader.add(TensorFrame.newBuilder().setChunk(chunk).build());
    reader.add(TensorFrame.newBuilder().setEnd(TensorEnd.getDefaultInstance()).build());
    assertEquals(new Tensor(List.of(2), FloatBuffer.wrap(new float[] {1, -2.5f})), reader.tensor());
  }
}
