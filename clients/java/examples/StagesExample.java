import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.time.Duration;
import java.util.Locale;
import osum.client.StageClient;
import osum.client.Tensor;

/**
 * Sends raw 16-bit PCM at 16 kHz, one channel, from standard input through three stages of a mesh, tensor by tensor. The arguments are the addresses of
 * features, encoder and adapter.
 */
public class StagesExample {
  public static void main(String[] args) throws IOException {
    var timeout = Duration.ofMinutes(1);
    try (var featuresStage = new StageClient(args[0]);
        var encoderStage = new StageClient(args[1]);
        var adapterStage = new StageClient(args[2])) {
      var features = featuresStage.extract(samples(System.in.readAllBytes()), timeout).tensor();
      var hidden = encoderStage.encode(features, timeout).tensor();
      var speech = adapterStage.adapt(hidden, timeout).tensor();
      show("features", features);
      show("hidden", hidden);
      show("speech", speech);
    }
  }

  private static FloatBuffer samples(byte[] bytes) {
    var integers = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asShortBuffer();
    var floats = FloatBuffer.allocate(integers.remaining());
    while (integers.hasRemaining()) floats.put(integers.get() / 32768f);
    return floats.flip();
  }

  private static void show(String name, Tensor tensor) {
    var sum = 0.0;
    for (var values = tensor.values().duplicate(); values.hasRemaining(); ) {
      double value = values.get();
      sum += value * value;
    }
    System.out.printf(Locale.ROOT, "%s %s sum of squares %.6e%n", name, tensor.shape(), sum);
  }
}
