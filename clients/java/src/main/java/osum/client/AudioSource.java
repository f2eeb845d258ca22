package osum.client;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Audio to send. It is opened when its call begins, and closed when its call ends, which also ends a read that waits. */
@FunctionalInterface
public interface AudioSource {

  /** Bytes in the encoding that the request names, or in a container that the mesh recognises. */
  InputStream open() throws IOException;

  /** A file. */
  static AudioSource file(Path path) {
    return () -> Files.newInputStream(path);
  }

  /** The bytes of a file. */
  static AudioSource bytes(byte[] bytes) {
    return () -> new ByteArrayInputStream(bytes);
  }

  /** Bytes as they come: a microphone, a pipe, a socket. For one call. */
  static AudioSource stream(InputStream stream) {
    return () -> stream;
  }
}
