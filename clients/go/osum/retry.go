package osum

import (
	"encoding/json"
	"fmt"
	"time"

	"google.golang.org/grpc"
)

// Retry says how a call is tried again that failed with UNAVAILABLE or RESOURCE_EXHAUSTED before any answer. gRPC's own retry layer does
// it: it waits exactly as long as the mesh's grpc-retry-pushback-ms says, and gives up where that is negative, as the mesh makes it where a
// repetition would fail again. It cannot be told to want a pushback with RESOURCE_EXHAUSTED.
type Retry struct {
	// Attempts in all, the first included: 1 to 5.
	Attempts int
	// FirstBackoff is the wait before the second attempt where the mesh names no time; doubled each time, with 20 % jitter.
	FirstBackoff time.Duration
	// LongestBackoff is the longest such wait.
	LongestBackoff time.Duration
	// ReplayBytes of one call are kept to be sent again; a call that has sent more is not repeated.
	ReplayBytes int
}

// DefaultRetry is how calls are repeated without [WithRetry].
var DefaultRetry = Retry{
	Attempts:       4,
	FirstBackoff:   100 * time.Millisecond,
	LongestBackoff: 3 * time.Second,
	ReplayBytes:    16 << 20,
}

// Services whose calls have no side effects where a client makes them: they may be repeated as a whole.
var repeatable = []string{"SpeechUnderstanding", "FeatureExtractor", "SpeechEncoder", "ModalityAdapter"}

func (r Retry) dialOptions() []grpc.DialOption {
	if r.Attempts < 2 {
		return []grpc.DialOption{grpc.WithDisableRetry()}
	}
	var names []map[string]string
	for _, service := range repeatable {
		names = append(names, map[string]string{"service": "osum.v1." + service})
	}
	seconds := func(d time.Duration) string { return fmt.Sprintf("%gs", d.Seconds()) }
	config, err := json.Marshal(map[string]any{
		"methodConfig": []any{map[string]any{
			"name": names,
			"retryPolicy": map[string]any{
				"maxAttempts":          r.Attempts,
				"initialBackoff":       seconds(r.FirstBackoff),
				"maxBackoff":           seconds(r.LongestBackoff),
				"backoffMultiplier":    2,
				"retryableStatusCodes": []string{"UNAVAILABLE", "RESOURCE_EXHAUSTED"},
			},
		}},
		"retryThrottling": map[string]any{"maxTokens": 1000, "tokenRatio": 1},
	})
	if err != nil {
		panic(err) // strings and numbers only
	}
	return []grpc.DialOption{
		grpc.WithDefaultServiceConfig(string(config)),
		grpc.WithDefaultCallOptions(grpc.MaxRetryRPCBufferSize(r.ReplayBytes)),
	}
}
