// Package osum is a client of an OSUM mesh: speech understanding over gRPC, with typed results.
//
//	client, err := osum.NewClient("127.0.0.1:50051")
//	if err != nil { ... }
//	defer client.Close()
//	answer, err := client.Understand(ctx, osum.Request{Audio: file, Instruction: "Write down what she says."})
//
// Messages are those of osum.v1, generated from the project's protos in the package osumv1. Deadlines and cancellation are those of the
// context. Calls fail with [*Error]. [StageClient] calls one stage of the mesh with tensors.
package osum
