package osum

import (
	"context"
	"errors"
	"io"
	"iter"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	osumv1 "osum-mesh/clients/go/gen/osum/v1"
)

// Client is a client of one mesh, for any number of goroutines.
type Client struct {
	connection *connection
	service    osumv1.SpeechUnderstandingClient
}

// Request is one recording or live stream, and what to find out about it: exactly one of Instruction and Tags.
type Request struct {
	// Audio is read by a goroutine of its own. When the call ends early, that goroutine ends with the Read that it is in.
	Audio io.Reader
	// Instruction is the wish in plain words.
	Instruction string
	// Tags is the wish as task tags, such as <asr><age>.
	Tags string
	// Format is the encoding of the audio; needed for raw PCM, see [PCM16]. Default: recognised by the first bytes.
	Format *osumv1.AudioFormat
	// Live is set for audio that arrives as it is spoken. Default: a recording.
	Live *osumv1.LiveOptions
	// Generation says how the answer is generated. Default: as the model package says.
	Generation *osumv1.GenerationOptions
}

// Event is a message of a running call: *osumv1.Plan, *osumv1.UtteranceStarted, *osumv1.PartialTranscript, *osumv1.ResultEvent,
// *osumv1.UtteranceEnded, *osumv1.UtteranceResult or *osumv1.UnderstandSummary; a type switch tells which.
type Event proto.Message

// Understanding is all that came of one call.
type Understanding struct {
	// Plan is what was asked of the model.
	Plan *osumv1.Plan
	// Utterances in the order of the recording.
	Utterances []*osumv1.UtteranceResult
	// Summary holds the totals.
	Summary *osumv1.UnderstandSummary
}

// NewClient makes a client of the router at address, host:port. It connects with the first call. Fails if a key or token would travel over
// a network in plaintext.
func NewClient(address string, options ...Option) (*Client, error) {
	c, err := connect(address, options)
	if err != nil {
		return nil, err
	}
	return &Client{c, osumv1.NewSpeechUnderstandingClient(c)}, nil
}

// Close closes the connection; running calls fail.
func (c *Client) Close() error { return c.connection.Close() }

// Understand understands a recording, and waits for all of it.
func (c *Client) Understand(ctx context.Context, request Request) (*Understanding, error) {
	var answer Understanding
	for event, err := range c.Stream(ctx, request) {
		if err != nil {
			return nil, err
		}
		switch event := event.(type) {
		case *osumv1.Plan:
			answer.Plan = event
		case *osumv1.UtteranceResult:
			answer.Utterances = append(answer.Utterances, event)
		case *osumv1.UnderstandSummary:
			answer.Summary = event
		}
	}
	if answer.Plan == nil || answer.Summary == nil {
		return nil, errors.New("osum: the answer holds no plan or no summary: is the server an osum.v1 router?")
	}
	return &answer, nil
}

// Stream understands a recording or a live stream, message by message. An error is the last thing it yields. Leaving the loop cancels the
// call, and frees its work on the devices.
func (c *Client) Stream(ctx context.Context, request Request) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		config, err := request.config(c.connection.model)
		if err != nil {
			yield(nil, err)
			return
		}
		ctx, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		outgoing, err := c.connection.outgoing(ctx)
		if err != nil {
			yield(nil, err)
			return
		}
		call, err := c.service.Understand(outgoing)
		if err != nil {
			yield(nil, errorFrom(err, nil))
			return
		}
		go send(call, config, request.Audio, cancel)
		for {
			response, err := call.Recv()
			if err == io.EOF {
				return
			}
			if err != nil {
				yield(nil, failure(ctx, err, call.Trailer()))
				return
			}
			if event := eventFrom(response); event != nil && !yield(event, nil) {
				return
			}
		}
	}
}

// Interpret turns an instruction into a plan, without audio.
func (c *Client) Interpret(ctx context.Context, instruction string) (*osumv1.Plan, error) {
	outgoing, err := c.connection.outgoing(ctx)
	if err != nil {
		return nil, err
	}
	var trailer metadata.MD
	request := &osumv1.InterpretRequest{Instruction: instruction, Model: c.connection.model}
	response, err := c.service.Interpret(outgoing, request, grpc.Trailer(&trailer))
	if err != nil {
		return nil, errorFrom(err, trailer)
	}
	return response.GetPlan(), nil
}

// Describe tells what the mesh can do: tasks, labels and measured scores of its model package, audio formats, limits.
func (c *Client) Describe(ctx context.Context) (*osumv1.DescribeResponse, error) {
	outgoing, err := c.connection.outgoing(ctx)
	if err != nil {
		return nil, err
	}
	var trailer metadata.MD
	response, err := c.service.Describe(outgoing, &osumv1.DescribeRequest{Model: c.connection.model}, grpc.Trailer(&trailer))
	if err != nil {
		return nil, errorFrom(err, trailer)
	}
	return response, nil
}

func (r Request) config(model string) (*osumv1.UnderstandRequest, error) {
	if (r.Instruction == "") == (r.Tags == "") {
		return nil, errors.New("osum: expected exactly one of Instruction and Tags")
	}
	if r.Audio == nil {
		return nil, errors.New("osum: expected Audio, got nil")
	}
	config := &osumv1.UnderstandConfig{Format: r.Format, Model: model, Live: r.Live, Generation: r.Generation}
	if r.Tags != "" {
		config.Wish = &osumv1.UnderstandConfig_Tags{Tags: r.Tags}
	} else {
		config.Wish = &osumv1.UnderstandConfig_Instruction{Instruction: r.Instruction}
	}
	return &osumv1.UnderstandRequest{Request: &osumv1.UnderstandRequest_Config{Config: config}}, nil
}

// send sends the configuration and all of the audio. A failed Read ends the call with its own error; a failed Send means that the call is
// over, and Recv tells why.
func send(
	call osumv1.SpeechUnderstanding_UnderstandClient, config *osumv1.UnderstandRequest, audio io.Reader,
	cancel context.CancelCauseFunc,
) {
	if call.Send(config) != nil {
		return
	}
	for {
		// gRPC keeps what was sent for a repetition, so each message has a buffer of its own.
		buffer := make([]byte, AudioMessageBytes)
		n, err := audio.Read(buffer)
		if n > 0 {
			message := &osumv1.UnderstandRequest{Request: &osumv1.UnderstandRequest_Audio{Audio: buffer[:n]}}
			if call.Send(message) != nil {
				return
			}
		}
		if err == io.EOF {
			_ = call.CloseSend() // never fails
			return
		}
		if err != nil {
			cancel(sourceError{err})
			return
		}
	}
}

// sourceError marks the failure of the caller's audio, for gRPC would only say that the call was cancelled.
type sourceError struct{ error }

func failure(ctx context.Context, err error, trailer metadata.MD) error {
	var source sourceError
	if errors.As(context.Cause(ctx), &source) {
		return source.error
	}
	return errorFrom(err, trailer)
}

// eventFrom is the one part that a response holds; nil for one that this client is too old to know.
func eventFrom(response *osumv1.UnderstandResponse) Event {
	switch r := response.GetResponse().(type) {
	case *osumv1.UnderstandResponse_Plan:
		return r.Plan
	case *osumv1.UnderstandResponse_UtteranceStarted:
		return r.UtteranceStarted
	case *osumv1.UnderstandResponse_Partial:
		return r.Partial
	case *osumv1.UnderstandResponse_Event:
		return r.Event
	case *osumv1.UnderstandResponse_UtteranceEnded:
		return r.UtteranceEnded
	case *osumv1.UnderstandResponse_Result:
		return r.Result
	case *osumv1.UnderstandResponse_Summary:
		return r.Summary
	}
	return nil
}
