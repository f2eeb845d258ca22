package osum

import (
	"context"
	"hash/crc32"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	osumv1 "osum-mesh/clients/go/gen/osum/v1"
)

func stageClient(t *testing.T, options ...Option) *StageClient {
	t.Helper()
	client, err := NewStageClient(environment(t, "OSUM_SCRIPTED"), options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return client
}

func ramp(shape ...int) Tensor {
	size := 1
	for _, extent := range shape {
		size *= extent
	}
	values := make([]float32, size)
	for i := range values {
		values[i] = float32(i) / 7
	}
	return Tensor{shape, values}
}

func TestSamplesGoOutAndATensorComesBack(t *testing.T) {
	pcm := ramp(300_000).Values
	answer, err := stageClient(t).Extract(context.Background(), pcm)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(answer.Shape, []int{300_000, 1}) || !slices.Equal(answer.Values, pcm) {
		t.Errorf("got shape %v", answer.Shape)
	}
	if len(answer.Stages) != 1 || answer.Stages[0].Stage != osumv1.Stage_STAGE_FEATURES {
		t.Errorf("got %v", answer.Stages)
	}
}

func TestATensorOfSeveralChunksComesBackAsItWent(t *testing.T) {
	features := ramp(2500, 80)
	answer, err := stageClient(t).Encode(context.Background(), features)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(answer.Shape, features.Shape) || !slices.Equal(answer.Values, features.Values) {
		t.Errorf("got shape %v", answer.Shape)
	}
}

func TestAnAnswerWithBrokenFramesFails(t *testing.T) {
	for _, broken := range []struct {
		script   string
		code     codes.Code
		sentence string
	}{
		{"corrupt", codes.DataLoss, "chunk 0: its CRC-32C does not fit"},
		{"gap", codes.Internal, "do not follow"},
		{"cut", codes.Internal, "ended before the tensor did"},
	} {
		_, err := stageClient(t, WithModel(broken.script)).Encode(context.Background(), ramp(2500, 80))
		if failure := failureOf(t, err); failure.Code != broken.code || !strings.Contains(failure.Message, broken.sentence) {
			t.Errorf("%s: got %v", broken.script, failure)
		}
	}
}

func TestATensorThatTheStageDoesNotTakeIsRefused(t *testing.T) {
	_, err := stageClient(t).Encode(context.Background(), ramp(2, 2, 2))
	if failure := failureOf(t, err); failure.Code != codes.InvalidArgument || !strings.Contains(failure.Message, "shape") {
		t.Errorf("got %v", failure)
	}
	if _, err := stageClient(t).Encode(context.Background(), Tensor{[]int{2, 2}, make([]float32, 3)}); err == nil {
		t.Error("a shape that does not fit was sent")
	}
}

func TestBfloat16IsWidenedExactly(t *testing.T) {
	data := []byte{0x80, 0x3f, 0x20, 0xc0}
	info := &osumv1.TensorInfo{Name: "x", Dtype: osumv1.DataType_DATA_TYPE_BF16, Shape: []uint32{2}}
	chunk := &osumv1.TensorChunk{Data: data, Crc32C: crc32.Checksum(data, castagnoli)}
	reader := NewTensorReader("x")
	for _, frame := range []*osumv1.TensorFrame{
		{Frame: &osumv1.TensorFrame_Header{Header: &osumv1.TensorHeader{Info: info, ByteSize: 4}}},
		{Frame: &osumv1.TensorFrame_Chunk{Chunk: chunk}},
		{Frame: &osumv1.TensorFrame_End{End: &osumv1.TensorEnd{}}},
	} {
		if err := reader.Add(frame); err != nil {
			t.Fatal(err)
		}
	}
	if tensor, err := reader.Tensor(); err != nil || !slices.Equal(tensor.Values, []float32{1, -2.5}) {
		t.Errorf("got %v, %v", tensor, err)
	}
}
