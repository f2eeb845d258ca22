package osum.client;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import osum.v1.DataType;
import osum.v1.TensorChunk;
import osum.v1.TensorEnd;
import osum.v1.TensorFrame;
import osum.v1.TensorHeader;
import osum.v1.TensorInfo;

/** Tensors on the wire. */
public final class TensorFrames {
  /** Most bytes of a chunk. */
  public static final int MAX_CHUNK_BYTES = 512 * 1024;

  private TensorFrames() {}

  /** The frames of a tensor: header, chunks with their CRC-32C, end. */
  public static List<TensorFrame> of(String name, Tensor tensor) {
    var data = ByteString.copyFrom(Pcm.bytes(tensor.values()));
    var info = TensorInfo.newBuilder().setName(name).setDtype(DataType.DATA_TYPE_F32).addAllShape(tensor.shape());
    var frames = new ArrayList<TensorFrame>();
    var header = TensorHeader.newBuilder().setInfo(info).setByteSize(data.size());
    frames.add(TensorFrame.newBuilder().setHeader(header).build());
    for (int offset = 0; offset < data.size(); offset += MAX_CHUNK_BYTES) {
      var piece = data.substring(offset, Math.min(offset + MAX_CHUNK_BYTES, data.size()));
      var chunk = TensorChunk.newBuilder().setOffset(offset).setData(piece).setCrc32C(crc32c(piece));
      frames.add(TensorFrame.newBuilder().setChunk(chunk).build());
    }
    frames.add(TensorFrame.newBuilder().setEnd(TensorEnd.getDefaultInstance()).build());
    return frames;
  }

  static int crc32c(ByteString data) {
    var checksum = new CRC32C();
    checksum.update(data.asReadOnlyByteBuffer());
    return (int) checksum.getValue();
  }
}
