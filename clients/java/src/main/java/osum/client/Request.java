package osum.client;

import java.time.Duration;
import osum.v1.AudioFormat;
import osum.v1.GenerationOptions;
import osum.v1.LiveOptions;
import osum.v1.UnderstandConfig;
import osum.v1.UnderstandRequest;

/** One recording or live stream, and what to find out about it. Begin with {@link #ofInstruction} or {@link #ofTags}. */
public final class Request {
  final AudioSource audio;
  final Duration timeout;
  private final UnderstandConfig config;

  private Request(AudioSource audio, UnderstandConfig config, Duration timeout) {
    this.audio = audio;
    this.config = config;
    this.timeout = timeout;
  }

  /** A recording, and what to find out in plain words. */
  public static Request ofInstruction(AudioSource audio, String instruction) {
    return new Request(audio, UnderstandConfig.newBuilder().setInstruction(instruction).build(), null);
  }

  /** A recording, and what to find out as task tags, such as {@code <asr><age>}. */
  public static Request ofTags(AudioSource audio, String tags) {
    return new Request(audio, UnderstandConfig.newBuilder().setTags(tags).build(), null);
  }

  /** Encoding of the audio; needed for raw samples, see {@link Pcm}. Default: recognised by the first bytes. */
  public Request withFormat(AudioFormat format) {
    return new Request(audio, config.toBuilder().setFormat(format).build(), timeout);
  }

  /** The audio arrives as it is spoken. Default: it is a recording. */
  public Request live() {
    return live(LiveOptions.getDefaultInstance());
  }

  /** The audio arrives as it is spoken, with options. */
  public Request live(LiveOptions live) {
    return new Request(audio, config.toBuilder().setLive(live).build(), timeout);
  }

  /** How the answer is generated. Default: as the model package says. */
  public Request withGeneration(GenerationOptions generation) {
    return new Request(audio, config.toBuilder().setGeneration(generation).build(), timeout);
  }

  /** Time that the call may take, repetitions included. Default: no bound. */
  public Request withTimeout(Duration timeout) {
    return new Request(audio, config, timeout);
  }

  /** The first message of the call. */
  UnderstandRequest firstMessage(String model) {
    return UnderstandRequest.newBuilder().setConfig(config.toBuilder().setModel(model)).build();
  }
}
