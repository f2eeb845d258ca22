// Live asks a mesh about a microphone: raw 16-bit PCM at 16 kHz, one channel, from standard input.
//
//	arecord -q -t raw -f S16_LE -r 16000 -c 1 | go run ./examples/live 127.0.0.1:50051
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	osumv1 "osum-mesh/clients/go/gen/osum/v1"
	"osum-mesh/clients/go/osum"
)

func main() {
	if err := run(os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

func run(address string) error {
	client, err := osum.NewClient(address)
	if err != nil {
		return err
	}
	defer client.Close()
	request := osum.Request{Audio: os.Stdin, Format: osum.PCM16(16_000, 1), Live: &osumv1.LiveOptions{}, Tags: "<asr>"}
	for event, err := range client.Stream(context.Background(), request) {
		if err != nil {
			return err
		}
		switch event := event.(type) {
		case *osumv1.PartialTranscript:
			fmt.Fprintln(os.Stderr, "...", event.Text)
		case *osumv1.UtteranceResult:
			fmt.Printf("%.3f %.3f %s\n", event.StartSeconds, event.EndSeconds, event.Result.GetTranscript().GetText())
		}
	}
	return nil
}
