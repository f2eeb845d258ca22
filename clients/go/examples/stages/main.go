// Stages sends raw 16-bit PCM at 16 kHz, one channel, from standard input through three stages of a mesh, tensor by tensor.
//
//	go run ./examples/stages FEATURES_ADDRESS ENCODER_ADDRESS ADAPTER_ADDRESS < speech.raw
package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"log"
	"os"
	"strings"
	"time"

	"osum-mesh/clients/go/osum"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		log.Fatal(err)
	}
}

func run(addresses []string) error {
	data, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	pcm := make([]float32, len(data)/2)
	for i := range pcm {
		pcm[i] = float32(int16(binary.LittleEndian.Uint16(data[2*i:]))) / 32768
	}
	var stages [3]*osum.StageClient
	for i := range stages {
		if stages[i], err = osum.NewStageClient(addresses[i]); err != nil {
			return err
		}
		defer stages[i].Close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	features, err := stages[0].Extract(ctx, pcm)
	if err != nil {
		return err
	}
	hidden, err := stages[1].Encode(ctx, features.Tensor)
	if err != nil {
		return err
	}
	speech, err := stages[2].Adapt(ctx, hidden.Tensor)
	if err != nil {
		return err
	}
	show("features", features.Tensor)
	show("hidden", hidden.Tensor)
	show("speech", speech.Tensor)
	return nil
}

func show(name string, tensor osum.Tensor) {
	var sum float64
	for _, value := range tensor.Values {
		sum += float64(value) * float64(value)
	}
	fmt.Printf("%s %s sum of squares %.6e\n", name, strings.ReplaceAll(fmt.Sprint(tensor.Shape), " ", ", "), sum)
}
