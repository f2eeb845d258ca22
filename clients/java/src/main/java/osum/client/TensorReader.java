package osum.client;

import io.grpc.Status;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import osum.v1.DataType;
import osum.v1.TensorChunk;
import osum.v1.TensorFrame;
import osum.v1.TensorHeader;
import osum.v1.TensorInfo;

/** Puts the frames of one tensor of F32 or BF16 together, and checks each of them. */
public final class TensorReader {
  private final String name;
  private TensorInfo info;
  private ByteBuffer data;
  private int chunks;
  private boolean ended;

  /** Expects a tensor of a name. */
  public TensorReader(String name) {
    this.name = name;
  }

  /**
   * Takes the next frame.
   *
   * @throws OsumException DATA_LOSS for a checksum that does not fit, INTERNAL for frames out of order
   */
  public void add(TensorFrame frame) {
    if (info == null && frame.hasHeader()) {
      open(frame.getHeader());
    } else if (info != null && !ended && frame.hasChunk()) {
      append(frame.getChunk());
    } else if (info != null && !ended && frame.hasEnd()) {
      if (data.hasRemaining()) throw bad("the end came after " + data.position() + " of " + data.limit() + " bytes");
      ended = true;
    } else {
      var expected = ended ? "the end of the answer" : info == null ? "a header" : "a chunk or the end";
      throw bad("expected " + expected + ", got " + frame.getFrameCase());
    }
  }

  /** What came; BF16 is widened, which is exact. Throws OsumException if frames are missing. */
  public Tensor tensor() {
    if (!ended) throw bad("the answer ended before the tensor did");
    var values = data.flip().slice().order(ByteOrder.LITTLE_ENDIAN);
    if (info.getDtype() == DataType.DATA_TYPE_F32) return new Tensor(info.getShapeList(), values.asFloatBuffer());
    var halves = values.asShortBuffer();
    var widened = FloatBuffer.allocate(halves.remaining());
    while (halves.hasRemaining()) widened.put(Float.intBitsToFloat(halves.get() << 16));
    return new Tensor(info.getShapeList(), widened.flip());
  }

  private void open(TensorHeader header) {
    var found = header.getInfo();
    var elementBytes =
        switch (found.getDtype()) {
          case DATA_TYPE_F32 -> Float.BYTES;
          case DATA_TYPE_BF16 -> Short.BYTES;
          default -> 0;
        };
    if (!found.getName().equals(name) || elementBytes == 0) {
      throw bad("expected elements of F32 or BF16, got \"" + found.getName() + "\" of " + found.getDtype());
    }
    var size = found.getShapeList().stream().mapToLong(Integer::toUnsignedLong).reduce(elementBytes, Math::multiplyExact);
    if (size != header.getByteSize() || size > Integer.MAX_VALUE) {
      throw bad("byte_size is " + header.getByteSize() + ", but shape and element type make " + size);
    }
    info = found;
    data = ByteBuffer.allocate((int) size);
  }

  private void append(TensorChunk chunk) {
    var length = chunk.getData().size();
    if (chunk.getOffset() != data.position() || length > data.remaining()) {
      throw bad("chunk " + chunks + ": " + length + " bytes at " + chunk.getOffset() + " do not follow " + data.position());
    }
    if (TensorFrames.crc32c(chunk.getData()) != chunk.getCrc32C()) {
      var text = "tensor \"" + name + "\", chunk " + chunks + ": its CRC-32C does not fit its bytes; call again.";
      throw new OsumException(Status.Code.DATA_LOSS, text);
    }
    chunk.getData().copyTo(data);
    chunks++;
  }

  private OsumException bad(String problem) {
    return new OsumException(Status.Code.INTERNAL, "tensor \"" + name + "\": " + problem + ".");
  }
}
