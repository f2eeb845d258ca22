import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import osum.client.AudioSource;
import osum.client.OsumClient;
import osum.client.Request;

/** Asks a mesh about a recording: {@code 127.0.0.1:50051 recording.ogg "Write down what is said."}. */
public class FileExample {
  public static void main(String[] args) {
    try (var client = new OsumClient(args[0])) {
      var audio = AudioSource.file(Path.of(args[1]));
      var answer = client.understand(Request.ofInstruction(audio, args[2]).withTimeout(Duration.ofMinutes(1)));
      System.out.println(answer.plan().getTags());
      for (var utterance : answer.utterances()) {
        var result = utterance.getResult();
        System.out.printf(
            Locale.ROOT,
            "%.3f %.3f %s%n",
            utterance.getStartSeconds(),
            utterance.getEndSeconds(),
            result.getTranscript().getText());
        if (result.hasGender()) System.out.println("gender " + result.getGender().getLabel());
      }
    }
  }
}
