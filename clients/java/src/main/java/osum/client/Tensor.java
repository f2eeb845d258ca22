package osum.client;

import java.nio.FloatBuffer;
import java.util.List;

/**
 * An array of 32-bit floats.
 *
 * @param shape extent of each dimension, outermost first
 * @param values in row-major order; all that remain in the buffer
 */
public record Tensor(List<Integer> shape, FloatBuffer values) {

  /** Fails with IllegalArgumentException if shape and number of values differ. */
  public Tensor {
    var wanted = shape.stream().mapToLong(Integer::longValue).reduce(1, Math::multiplyExact);
    if (wanted != values.remaining()) {
      throw new IllegalArgumentException(
          "a tensor of shape " + shape + " needs " + wanted + " values, got " + values.remaining());
    }
  }
}
