package osum

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"iter"
	"math"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	osumv1 "osum-mesh/clients/go/gen/osum/v1"
)

// MaxChunkBytes is the most that one frame of a tensor carries.
const MaxChunkBytes = 512 << 10

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Tensor is an array of 32-bit floats.
type Tensor struct {
	// Shape is the extent of each dimension, outermost first.
	Shape []int
	// Values in row-major order.
	Values []float32
}

// TensorFrames gives the frames of a tensor: header, chunks with their CRC-32C, end. Fails if shape and number of values differ.
func TensorFrames(name string, tensor Tensor) (iter.Seq[*osumv1.TensorFrame], error) {
	shape := make([]uint32, len(tensor.Shape))
	for axis, extent := range tensor.Shape {
		shape[axis] = uint32(extent)
	}
	info := &osumv1.TensorInfo{Name: name, Dtype: osumv1.DataType_DATA_TYPE_F32, Shape: shape}
	if size := elements(shape); size != uint64(len(tensor.Values)) {
		return nil, fmt.Errorf("osum: tensor %q: shape %v needs %d values, got %d", name, tensor.Shape, size, len(tensor.Values))
	}
	data, err := binary.Append(nil, binary.LittleEndian, tensor.Values)
	if err != nil {
		return nil, err
	}
	return func(yield func(*osumv1.TensorFrame) bool) {
		header := &osumv1.TensorHeader{Info: info, ByteSize: uint64(len(data))}
		if !yield(&osumv1.TensorFrame{Frame: &osumv1.TensorFrame_Header{Header: header}}) {
			return
		}
		for offset := 0; offset < len(data); offset += MaxChunkBytes {
			piece := data[offset:min(offset+MaxChunkBytes, len(data))]
			chunk := &osumv1.TensorChunk{Offset: uint64(offset), Data: piece, Crc32C: crc32.Checksum(piece, castagnoli)}
			if !yield(&osumv1.TensorFrame{Frame: &osumv1.TensorFrame_Chunk{Chunk: chunk}}) {
				return
			}
		}
		yield(&osumv1.TensorFrame{Frame: &osumv1.TensorFrame_End{End: &osumv1.TensorEnd{}}})
	}, nil
}

// TensorReader puts the frames of one tensor together, and checks each of them.
type TensorReader struct {
	name   string
	info   *osumv1.TensorInfo
	size   uint64
	data   []byte
	chunks int
	ended  bool
}

// NewTensorReader expects a tensor of a name, of F32 or BF16.
func NewTensorReader(name string) *TensorReader { return &TensorReader{name: name} }

// Add takes the next frame. Fails with DATA_LOSS for a checksum that does not fit, with INTERNAL for frames out of order.
func (r *TensorReader) Add(frame *osumv1.TensorFrame) error {
	switch f := frame.GetFrame().(type) {
	case *osumv1.TensorFrame_Header:
		if r.info != nil {
			return r.bad("a second header came")
		}
		return r.open(f.Header)
	case *osumv1.TensorFrame_Chunk:
		if r.info == nil || r.ended {
			return r.bad("a chunk came before the header or after the end")
		}
		return r.append(f.Chunk)
	case *osumv1.TensorFrame_End:
		if r.info == nil || r.ended || uint64(len(r.data)) != r.size {
			return r.bad("the end came after %d of %d bytes", len(r.data), r.size)
		}
		r.ended = true
		return nil
	}
	return r.bad("a frame of an unknown kind came")
}

// Tensor is what came; BF16 is widened, which is exact. Fails if frames are missing.
func (r *TensorReader) Tensor() (Tensor, error) {
	if !r.ended {
		return Tensor{}, r.bad("the answer ended before the tensor did")
	}
	shape := make([]int, len(r.info.Shape))
	for axis, extent := range r.info.Shape {
		shape[axis] = int(extent)
	}
	values := make([]float32, elements(r.info.Shape))
	for i := range values {
		if r.info.Dtype == osumv1.DataType_DATA_TYPE_BF16 {
			values[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(r.data[2*i:])) << 16)
		} else {
			values[i] = math.Float32frombits(binary.LittleEndian.Uint32(r.data[4*i:]))
		}
	}
	return Tensor{shape, values}, nil
}

func (r *TensorReader) open(header *osumv1.TensorHeader) error {
	info := header.GetInfo()
	bytes, known := map[osumv1.DataType]uint64{osumv1.DataType_DATA_TYPE_F32: 4, osumv1.DataType_DATA_TYPE_BF16: 2}[info.GetDtype()]
	if info.GetName() != r.name || !known {
		return r.bad("expected elements of F32 or BF16, got %q of %v", info.GetName(), info.GetDtype())
	}
	if size := elements(info.Shape) * bytes; size != header.ByteSize {
		return r.bad("byte_size is %d, but shape and element type make %d", header.ByteSize, size)
	}
	r.info, r.size = info, header.ByteSize
	return nil
}

func (r *TensorReader) append(chunk *osumv1.TensorChunk) error {
	end := uint64(len(r.data) + len(chunk.Data))
	if chunk.Offset != uint64(len(r.data)) || end > r.size {
		return r.bad("chunk %d: bytes %d to %d of %d do not follow", r.chunks, chunk.Offset, end, r.size)
	}
	if crc32.Checksum(chunk.Data, castagnoli) != chunk.Crc32C {
		return errorFrom(status.Errorf(codes.DataLoss, "tensor %q, chunk %d: its CRC-32C does not fit its bytes; call again.", r.name, r.chunks), nil)
	}
	r.data = append(r.data, chunk.Data...)
	r.chunks++
	return nil
}

func (r *TensorReader) bad(problem string, values ...any) error {
	return errorFrom(status.Errorf(codes.Internal, "tensor %q: %s.", r.name, fmt.Sprintf(problem, values...)), nil)
}

func elements(shape []uint32) uint64 {
	product := uint64(1)
	for _, extent := range shape {
		product *= uint64(extent)
	}
	return product
}
