package osum

import (
	"context"
	"strconv"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// Error is a call that failed. Its text is the mesh's sentence about what was expected, what came and what to do. errors.Is tells
// context.Canceled and context.DeadlineExceeded; status.Code and status.FromError know it, too.
type Error struct {
	// Code is the gRPC status.
	Code codes.Code
	// Message is the mesh's sentence.
	Message string
	// Reason is the cause in the error catalogue (docs/errors.md), such as QUEUE_FULL; empty if the mesh did not say.
	Reason string
	// Number of the cause in the error catalogue; 0 if the mesh did not say.
	Number int
	// Retryable tells whether the same call may succeed later without a change.
	Retryable bool
	// RetryAfter is when the mesh asks to come back; 0 if it did not say.
	RetryAfter time.Duration
	// Violations are the fields of the request that are wrong.
	Violations []FieldViolation
	// Facts for programs, such as limitSeconds: 60.
	Facts map[string]string

	cause error
}

// FieldViolation is what is wrong with one field of a request.
type FieldViolation struct {
	// Field is its path in the request, such as config.tags.
	Field string
	// Description says what was expected and what came.
	Description string
}

// Error is the status and the sentence.
func (e *Error) Error() string { return e.Code.String() + ": " + e.Message }

// Unwrap gives the error of gRPC.
func (e *Error) Unwrap() error { return e.cause }

// GRPCStatus is what status.FromError gives.
func (e *Error) GRPCStatus() *status.Status { return status.Convert(e.cause) }

// Is makes errors.Is tell the errors of a context.
func (e *Error) Is(target error) bool {
	return target == context.Canceled && e.Code == codes.Canceled ||
		target == context.DeadlineExceeded && e.Code == codes.DeadlineExceeded
}

// errorFrom is the typed failure of a call.
func errorFrom(err error, trailer metadata.MD) *Error {
	s := status.Convert(err)
	e := &Error{Code: s.Code(), Message: s.Message(), cause: err}
	for _, detail := range s.Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			if detail.Domain == "osum.mesh" {
				e.describe(detail)
			}
		case *errdetails.BadRequest:
			for _, violation := range detail.FieldViolations {
				e.Violations = append(e.Violations, FieldViolation{violation.Field, violation.Description})
			}
		}
	}
	pushback := trailer.Get("grpc-retry-pushback-ms")
	// Without a pushback, ResourceExhausted may mean a message that is too large for ever.
	e.Retryable = e.Code == codes.Unavailable || e.Code == codes.Aborted || e.Code == codes.ResourceExhausted && len(pushback) > 0
	if len(pushback) > 0 {
		// A negative or unreadable pushback forbids to try again (gRFC A6).
		ms, err := strconv.ParseUint(pushback[0], 10, 31)
		e.Retryable = e.Retryable && err == nil
		e.RetryAfter = time.Duration(ms) * time.Millisecond
		if err != nil {
			e.RetryAfter = 0
		}
	}
	return e
}

func (e *Error) describe(info *errdetails.ErrorInfo) {
	e.Reason = info.Reason
	e.Facts = map[string]string{}
	for key, value := range info.Metadata {
		if key == "number" {
			e.Number, _ = strconv.Atoi(value) // 0 for what is no number
		} else {
			e.Facts[key] = value
		}
	}
}
