package osum

import (
	"context"
	"encoding/binary"
	"io"
	"iter"

	"google.golang.org/grpc"

	osumv1 "osum-mesh/clients/go/gen/osum/v1"
)

// StageClient is a client of one stage, for any number of goroutines. Use the method of the stage that the address serves; behind a proxy
// that routes by service, all of them. The tensors of a stage are described beside its service in osum/v1.
type StageClient struct {
	connection *connection
	features   osumv1.FeatureExtractorClient
	encoder    osumv1.SpeechEncoderClient
	adapter    osumv1.ModalityAdapterClient
}

// StageAnswer is what a stage made of one utterance.
type StageAnswer struct {
	Tensor
	// Stages tell instance, shapes, batch size, and where the time went.
	Stages []*osumv1.StageReport
}

// NewStageClient makes a client of the stage at address, host:port. Options are those of [NewClient].
func NewStageClient(address string, options ...Option) (*StageClient, error) {
	c, err := connect(address, options)
	if err != nil {
		return nil, err
	}
	return &StageClient{
		c, osumv1.NewFeatureExtractorClient(c), osumv1.NewSpeechEncoderClient(c), osumv1.NewModalityAdapterClient(c),
	}, nil
}

// Close closes the connection; running calls fail.
func (c *StageClient) Close() error { return c.connection.Close() }

// Extract gives log-mel features [frames, bins] of one utterance: one channel at 16 kHz, in [-1, 1].
func (c *StageClient) Extract(ctx context.Context, pcm []float32) (*StageAnswer, error) {
	data, err := binary.Append(nil, binary.LittleEndian, pcm)
	if err != nil {
		return nil, err
	}
	config := &osumv1.ExtractConfig{Encoding: osumv1.PcmEncoding_PCM_ENCODING_F32LE, Model: c.connection.model}
	requests := func(yield func(*osumv1.ExtractRequest) bool) {
		if !yield(&osumv1.ExtractRequest{Request: &osumv1.ExtractRequest_Config{Config: config}}) {
			return
		}
		for len(data) > 0 {
			piece := data[:min(MaxChunkBytes, len(data))]
			data = data[len(piece):]
			if !yield(&osumv1.ExtractRequest{Request: &osumv1.ExtractRequest_Pcm{Pcm: piece}}) {
				return
			}
		}
	}
	return callStage(ctx, c.connection, "features", c.features.Extract, requests, func(r *osumv1.ExtractResponse) []*osumv1.StageReport {
		return r.GetReport().GetStages()
	})
}

// Encode gives hidden states [positions, encoder width] of features.
func (c *StageClient) Encode(ctx context.Context, features Tensor) (*StageAnswer, error) {
	frames, err := TensorFrames("features", features)
	if err != nil {
		return nil, err
	}
	config := &osumv1.EncodeConfig{Model: c.connection.model}
	requests := func(yield func(*osumv1.EncodeRequest) bool) {
		if !yield(&osumv1.EncodeRequest{Request: &osumv1.EncodeRequest_Config{Config: config}}) {
			return
		}
		for frame := range frames {
			if !yield(&osumv1.EncodeRequest{Request: &osumv1.EncodeRequest_Frame{Frame: frame}}) {
				return
			}
		}
	}
	return callStage(ctx, c.connection, "hidden", c.encoder.Encode, requests, func(r *osumv1.EncodeResponse) []*osumv1.StageReport {
		return r.GetReport().GetStages()
	})
}

// Adapt gives speech embeddings [rows, decoder width] of hidden states.
func (c *StageClient) Adapt(ctx context.Context, hidden Tensor) (*StageAnswer, error) {
	frames, err := TensorFrames("hidden", hidden)
	if err != nil {
		return nil, err
	}
	config := &osumv1.AdaptConfig{Model: c.connection.model}
	requests := func(yield func(*osumv1.AdaptRequest) bool) {
		if !yield(&osumv1.AdaptRequest{Request: &osumv1.AdaptRequest_Config{Config: config}}) {
			return
		}
		for frame := range frames {
			if !yield(&osumv1.AdaptRequest{Request: &osumv1.AdaptRequest_Frame{Frame: frame}}) {
				return
			}
		}
	}
	return callStage(ctx, c.connection, "speech", c.adapter.Adapt, requests, func(r *osumv1.AdaptResponse) []*osumv1.StageReport {
		return r.GetReport().GetStages()
	})
}

// callStage sends all requests, then reads the tensor and the report: a stage answers only when it has everything.
func callStage[Req, Res any, PRes interface {
	*Res
	GetFrame() *osumv1.TensorFrame
}](
	ctx context.Context, connection *connection, tensor string,
	method func(context.Context, ...grpc.CallOption) (grpc.BidiStreamingClient[Req, Res], error),
	requests iter.Seq[*Req], stagesOf func(PRes) []*osumv1.StageReport,
) (*StageAnswer, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	outgoing, err := connection.outgoing(ctx)
	if err != nil {
		return nil, err
	}
	call, err := method(outgoing)
	if err != nil {
		return nil, errorFrom(err, nil)
	}
	for request := range requests {
		// A failed Send means that the call is over; Recv tells why.
		if call.Send(request) != nil {
			break
		}
	}
	_ = call.CloseSend() // never fails
	reader := NewTensorReader(tensor)
	var stages []*osumv1.StageReport
	for {
		message, err := call.Recv()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, errorFrom(err, call.Trailer())
		}
		if frame := PRes(message).GetFrame(); frame != nil {
			if err := reader.Add(frame); err != nil {
				return nil, err
			}
		} else {
			stages = stagesOf(message)
		}
	}
	result, err := reader.Tensor()
	if err != nil {
		return nil, err
	}
	return &StageAnswer{result, stages}, nil
}
