// File asks a mesh about a recording: go run ./examples/file 127.0.0.1:50051 recording.ogg "Write down what is said."
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"osum-mesh/clients/go/osum"
)

func main() {
	if err := run(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		log.Fatal(err)
	}
}

func run(address, recording, instruction string) error {
	client, err := osum.NewClient(address)
	if err != nil {
		return err
	}
	defer client.Close()
	audio, err := os.Open(recording)
	if err != nil {
		return err
	}
	defer audio.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	answer, err := client.Understand(ctx, osum.Request{Audio: audio, Instruction: instruction})
	if err != nil {
		return err
	}
	fmt.Println(answer.Plan.Tags)
	for _, utterance := range answer.Utterances {
		fmt.Printf("%.3f %.3f %s\n", utterance.StartSeconds, utterance.EndSeconds, utterance.Result.GetTranscript().GetText())
		if gender := utterance.Result.GetGender(); gender != nil {
			fmt.Println("gender", gender.Label)
		}
	}
	return nil
}
