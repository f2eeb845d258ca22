package osum.client;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import osum.v1.AudioEncoding;
import osum.v1.AudioFormat;

/** Raw samples, as a microphone gives them: channels interleaved. */
public final class Pcm {
  private Pcm() {}

  /** The format of 16-bit integers, little-endian. */
  public static AudioFormat int16(int sampleRateHz, int channels) {
    return format(AudioEncoding.AUDIO_ENCODING_PCM_S16LE, sampleRateHz, channels);
  }

  /** The format of 32-bit floats in [-1, 1], little-endian. */
  public static AudioFormat float32(int sampleRateHz, int channels) {
    return format(AudioEncoding.AUDIO_ENCODING_PCM_F32LE, sampleRateHz, channels);
  }

  /** The remaining samples as the bytes of {@link #int16}. */
  public static byte[] bytes(ShortBuffer samples) {
    var bytes = littleEndian(Short.BYTES * samples.remaining());
    bytes.asShortBuffer().put(samples.duplicate());
    return bytes.array();
  }

  /** The remaining samples as the bytes of {@link #float32}. */
  public static byte[] bytes(FloatBuffer samples) {
    var bytes = littleEndian(Float.BYTES * samples.remaining());
    bytes.asFloatBuffer().put(samples.duplicate());
    return bytes.array();
  }

  static ByteBuffer littleEndian(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static AudioFormat format(AudioEncoding encoding, int sampleRateHz, int channels) {
    return AudioFormat.newBuilder()
        .setEncoding(encoding)
        .setSampleRateHz(sampleRateHz)
        .setChannels(channels)
        .build();
  }
}
