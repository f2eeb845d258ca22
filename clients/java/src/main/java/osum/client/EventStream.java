package osum.client;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.stub.BlockingClientCall;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Iterator;
import java.util.NoSuchElementException;
import osum.v1.UnderstandRequest;
import osum.v1.UnderstandResponse;

/**
 * The messages of a running call, for one thread: {@code getResponseCase()} tells which part each holds. Closing it cancels the call, and frees its
 * work on the devices; so does interrupting the thread that reads.
 */
public final class EventStream implements Iterable<UnderstandResponse>, Iterator<UnderstandResponse>, AutoCloseable {
  private final BlockingClientCall<UnderstandRequest, UnderstandResponse> call;
  private final AudioSender sender;
  private UnderstandResponse next;
  private boolean over;

  EventStream(
      BlockingClientCall<UnderstandRequest, UnderstandResponse> call, UnderstandRequest first, AudioSource audio) {
    this.call = call;
    try {
      sender = new AudioSender(call, first, audio.open());
    } catch (IOException failure) {
      call.cancel("the audio cannot be opened", failure);
      throw new UncheckedIOException(failure);
    }
    sender.start();
  }

  @Override
  public Iterator<UnderstandResponse> iterator() {
    return this;
  }

  /**
   * Waits for the next message.
   *
   * @throws OsumException if the call fails
   * @throws UncheckedIOException if the audio cannot be read
   */
  @Override
  public boolean hasNext() {
    if (next != null) return true;
    if (over) return false;
    try {
      next = call.read();
    } catch (StatusException failure) {
      close();
      if (sender.failure != null) throw new UncheckedIOException(sender.failure);
      throw new OsumException(failure);
    } catch (InterruptedException interruption) {
      close();
      Thread.currentThread().interrupt();
      throw new OsumException(Status.Code.CANCELLED, "The thread that read the answer was interrupted.");
    }
    if (next == null) close();
    return next != null;
  }

  @Override
  public UnderstandResponse next() {
    if (!hasNext()) throw new NoSuchElementException();
    var response = next;
    next = null;
    return response;
  }

  @Override
  public void close() {
    if (over) return;
    over = true;
    call.cancel("the caller left", null);
    sender.stop();
  }

  /** Sends the configuration and all of the audio from a thread of its own. */
  private static final class AudioSender implements Runnable {
    /** What the contract recommends, so that decoding starts early. */
    private static final int MESSAGE_BYTES = 15 * 1024;

    private final BlockingClientCall<UnderstandRequest, UnderstandResponse> call;
    private final UnderstandRequest first;
    private final InputStream audio;
    private volatile boolean stopped;
    volatile IOException failure;

    AudioSender(
        BlockingClientCall<UnderstandRequest, UnderstandResponse> call, UnderstandRequest first, InputStream audio) {
      this.call = call;
      this.first = first;
      this.audio = audio;
    }

    void start() {
      var thread = new Thread(this, "osum-audio");
      thread.setDaemon(true);
      thread.start();
    }

    void stop() {
      stopped = true;
      try {
        audio.close();
      } catch (IOException ignored) {
        // The call is over: nobody waits for this audio.
      }
    }

    @Override
    public void run() {
      try {
        if (!call.write(first)) return;
        var buffer = new byte[MESSAGE_BYTES];
        for (int length; (length = audio.read(buffer)) >= 0; ) {
          var bytes = ByteString.copyFrom(buffer, 0, length);
          if (stopped || !call.write(UnderstandRequest.newBuilder().setAudio(bytes).build())) return;
        }
        if (!stopped) call.halfClose();
      } catch (IOException unreadable) {
        if (stopped) return;
        failure = unreadable;
        call.cancel("the audio cannot be read", unreadable);
      } catch (StatusException | IllegalStateException over) {
        // The call has ended; its reader learns why.
      } catch (InterruptedException never) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
