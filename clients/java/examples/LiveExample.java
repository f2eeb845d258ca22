import java.util.Locale;
import osum.client.AudioSource;
import osum.client.OsumClient;
import osum.client.Pcm;
import osum.client.Request;

/**
 * Asks a mesh about a microphone: raw 16-bit PCM at 16 kHz, one channel, from standard input, such as that of {@code arecord -q -t raw -f S16_LE
 * -r 16000 -c 1}. The argument is the router's address.
 */
public class LiveExample {
  public static void main(String[] args) {
    var request = Request.ofTags(AudioSource.stream(System.in), "<asr>").withFormat(Pcm.int16(16_000, 1)).live();
    try (var client = new OsumClient(args[0]);
        var events = client.stream(request)) {
      for (var event : events) {
        switch (event.getResponseCase()) {
          case PARTIAL -> System.err.println("... " + event.getPartial().getText());
          case RESULT -> {
            var utterance = event.getResult();
            System.out.printf(
                Locale.ROOT,
                "%.3f %.3f %s%n",
                utterance.getStartSeconds(),
                utterance.getEndSeconds(),
                utterance.getResult().getTranscript().getText());
          }
          default -> {}
        }
      }
    }
  }
}
