/**
 * A client of an OSUM mesh: speech understanding over gRPC, with typed results.
 *
 * <pre>{@code
 * try (var client = new OsumClient("127.0.0.1:50051")) {
 *   var request = Request.ofInstruction(AudioSource.file(Path.of("call.flac")), "Write down what she says.");
 *   for (var utterance : client.understand(request).utterances()) {
 *     System.out.println(utterance.getResult().getTranscript().getText());
 *   }
 * }
 * }</pre>
 *
 * <p>Messages are those of {@code osum.v1}, generated from the project's protos.
 */
package osum.client;
