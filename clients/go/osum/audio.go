package osum

import (
	"encoding/binary"
	"io"
	"iter"

	osumv1 "osum-mesh/clients/go/gen/osum/v1"
)

// AudioMessageBytes is the size of one message of audio: what the contract recommends, so that decoding starts early.
const AudioMessageBytes = 15 << 10

// PCM16 is the format of raw 16-bit samples, little-endian, channels interleaved.
func PCM16(sampleRateHz, channels uint32) *osumv1.AudioFormat {
	return &osumv1.AudioFormat{
		Encoding:     osumv1.AudioEncoding_AUDIO_ENCODING_PCM_S16LE,
		SampleRateHz: sampleRateHz,
		Channels:     channels,
	}
}

// PCMFloat is the format of raw 32-bit float samples, little-endian, channels interleaved.
func PCMFloat(sampleRateHz, channels uint32) *osumv1.AudioFormat {
	return &osumv1.AudioFormat{
		Encoding:     osumv1.AudioEncoding_AUDIO_ENCODING_PCM_F32LE,
		SampleRateHz: sampleRateHz,
		Channels:     channels,
	}
}

// Samples reads a microphone's samples as bytes, in the encoding of [PCM16] or [PCMFloat]. Close it when it is not read to its end.
func Samples[T int16 | float32](parts iter.Seq[[]T]) io.ReadCloser {
	next, stop := iter.Pull(parts)
	return &sampleReader[T]{next: next, stop: stop}
}

type sampleReader[T int16 | float32] struct {
	next func() ([]T, bool)
	stop func()
	rest []byte
}

func (r *sampleReader[T]) Read(p []byte) (int, error) {
	for len(r.rest) == 0 {
		part, ok := r.next()
		if !ok {
			return 0, io.EOF
		}
		var err error
		if r.rest, err = binary.Append(r.rest[:0], binary.LittleEndian, part); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

func (r *sampleReader[T]) Close() error {
	r.stop()
	return nil
}
