package osum

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	osumv1 "osum-mesh/clients/go/gen/osum/v1"
)

func audio() io.Reader { return bytes.NewReader(make([]byte, 40_000)) }

func understand(client *Client, instruction string) (*Understanding, error) {
	return client.Understand(context.Background(), Request{Audio: audio(), Instruction: instruction})
}

func failureOf(t *testing.T, err error) *Error {
	t.Helper()
	var failure *Error
	if !errors.As(err, &failure) {
		t.Fatalf("expected an *Error, got %v", err)
	}
	return failure
}

func TestAnAnswerIsTypedAndItsMessagesAreSmall(t *testing.T) {
	s := newScripted(t)
	for _, reader := range []io.Reader{audio(), iotest.HalfReader(audio()), io.MultiReader(audio())} {
		answer, err := s.client().Understand(context.Background(), Request{Audio: reader, Tags: "answer"})
		if err != nil {
			t.Fatal(err)
		}
		if answer.Plan.Tags != "<asr>" || answer.Utterances[0].Result.Transcript.Text != "40000 bytes" || answer.Summary.Utterances != 1 {
			t.Errorf("got %v", answer)
		}
	}
	for _, attempt := range s.attempts() {
		if attempt.LargestMessage > AudioMessageBytes {
			t.Errorf("a message had %d bytes", attempt.LargestMessage)
		}
	}
}

func TestLiveAudioIsAnsweredWhileItIsBeingSpoken(t *testing.T) {
	s := newScripted(t)
	heard := make(chan string, 1)
	var microphone iter.Seq[[]float32] = func(yield func([]float32) bool) {
		for _, text := range []string{"400 bytes", "800 bytes"} {
			if !yield(make([]float32, 100)) {
				return
			}
			if got := <-heard; got != text {
				t.Errorf("expected %q, got %q", text, got)
			}
		}
	}
	var results []string
	request := Request{
		Audio: Samples(microphone), Format: PCMFloat(16_000, 1), Live: &osumv1.LiveOptions{}, Instruction: "answer",
	}
	for event, err := range s.client().Stream(context.Background(), request) {
		if err != nil {
			t.Fatal(err)
		}
		switch event := event.(type) {
		case *osumv1.PartialTranscript:
			heard <- event.Text
		case *osumv1.UtteranceResult:
			results = append(results, event.Result.Transcript.Text)
		}
	}
	if !slices.Equal(results, []string{"800 bytes"}) {
		t.Errorf("got %v", results)
	}
}

func TestASourceThatFailsEndsTheCallWithItsOwnFailure(t *testing.T) {
	s := newScripted(t)
	unplugged := errors.New("the microphone was unplugged")
	reader, writer := io.Pipe()
	go func() {
		if _, err := writer.Write(make([]byte, 100)); err != nil {
			t.Error(err)
		}
		s.until(func(seen []attempt) bool { return len(seen) == 1 })
		writer.CloseWithError(unplugged)
	}()
	_, err := s.client().Understand(context.Background(), Request{Audio: reader, Instruction: "answer"})
	if !errors.Is(err, unplugged) {
		t.Errorf("got %v", err)
	}
	if ended := s.ended(); ended.Ended != "cancelled" {
		t.Errorf("got %v", ended)
	}
}

func TestARefusedCallIsRepeatedAfterExactlyThePushbackWithAllOfItsAudio(t *testing.T) {
	s := newScripted(t)
	answer, err := understand(s.client(), "refuse 2 400")
	if err != nil {
		t.Fatal(err)
	}
	if text := answer.Utterances[0].Result.Transcript.Text; text != "40000 bytes" {
		t.Errorf("got %q", text)
	}
	attempts := s.attempts()
	if len(attempts) != 3 {
		t.Fatalf("got %d attempts", len(attempts))
	}
	for i := range 2 {
		if gap := attempts[i+1].AtMs - attempts[i].AtMs; gap < 395 {
			t.Errorf("attempt %d came after %g ms", i+1, gap)
		}
	}
}

func TestACallIsRepeatedAfterAllOfItsAudioWasSentUnlessThatWasMoreThanIsKept(t *testing.T) {
	for kept, attempts := range map[int]int{100_000: 2, 20_000: 1} {
		s := newScripted(t)
		retry := DefaultRetry
		retry.ReplayBytes = kept
		answer, err := understand(s.client(WithRetry(retry)), "late 1 10")
		if attempts == 1 {
			failureOf(t, err)
		} else if err != nil || answer.Utterances[0].Result.Transcript.Text != "40000 bytes" {
			t.Errorf("got %v, %v", answer, err)
		}
		if seen := s.attempts(); len(seen) != attempts {
			t.Errorf("expected %d attempts, got %d", attempts, len(seen))
		}
	}
}

func TestACallWithoutPushbackIsRepeatedByTheScheduleOfTheClient(t *testing.T) {
	s := newScripted(t)
	if _, err := understand(s.client(), "unavailable 2"); err != nil {
		t.Fatal(err)
	}
	if attempts := s.attempts(); len(attempts) != 3 || attempts[2].Ended != "answered" {
		t.Errorf("got %v", attempts)
	}
}

func TestACallIsNotRepeatedWhereItIsForbiddenOrSomethingWasAnswered(t *testing.T) {
	for script, code := range map[string]codes.Code{"refuse 9 -1": codes.ResourceExhausted, "break": codes.Unavailable} {
		s := newScripted(t)
		_, err := understand(s.client(), script)
		failure := failureOf(t, err)
		if failure.Code != code || failure.Retryable != (script == "break") {
			t.Errorf("%s: got %v, retryable %v", script, failure, failure.Retryable)
		}
		if attempts := s.attempts(); len(attempts) != 1 {
			t.Errorf("%s: got %d attempts", script, len(attempts))
		}
	}
}

func TestACallWithAMessageThatIsTooLargeIsNotRepeated(t *testing.T) {
	s := newScripted(t)
	_, err := understand(s.client(), strings.Repeat("x", 5<<20))
	failure := failureOf(t, err)
	if failure.Code != codes.ResourceExhausted || failure.Reason != "MESSAGE_TOO_LARGE" || failure.Retryable {
		t.Errorf("got %+v", failure)
	}
	if attempts := s.attempts(); len(attempts) != 1 {
		t.Errorf("got %d attempts", len(attempts))
	}
}

func TestACallFailsAfterItsLastAttemptAndSaysWhenToComeBack(t *testing.T) {
	for attempts := 1; attempts <= 2; attempts++ {
		s := newScripted(t)
		retry := DefaultRetry
		retry.Attempts = attempts
		_, err := understand(s.client(WithRetry(retry)), "refuse 9 10")
		if failure := failureOf(t, err); !failure.Retryable || failure.RetryAfter != 10*time.Millisecond {
			t.Errorf("got %+v", failure)
		}
		if seen := s.attempts(); len(seen) != attempts {
			t.Errorf("expected %d attempts, got %d", attempts, len(seen))
		}
	}
}

func TestAFailureNamesItsCauseTheWrongFieldsAndFacts(t *testing.T) {
	_, err := understand(newScripted(t).client(), "violate")
	failure := failureOf(t, err)
	if failure.Code != codes.InvalidArgument || failure.Reason != "BAD_REQUEST" || failure.Number != 1301 || failure.Retryable {
		t.Errorf("got %+v", failure)
	}
	if !slices.Equal(failure.Violations, []FieldViolation{{"config.tags", "expected tags, got none"}}) {
		t.Errorf("got %v", failure.Violations)
	}
	if len(failure.Facts) != 1 || failure.Facts["limit"] != "7" {
		t.Errorf("got %v", failure.Facts)
	}
	if status.Code(err) != codes.InvalidArgument || !strings.Contains(err.Error(), "config.tags") {
		t.Errorf("got %v", err)
	}
}

func TestInstructionAndTagsAreEitherOr(t *testing.T) {
	client := newScripted(t).client()
	for _, request := range []Request{{Audio: audio()}, {Audio: audio(), Instruction: "answer", Tags: "<asr>"}} {
		if _, err := client.Understand(context.Background(), request); err == nil || !strings.Contains(err.Error(), "exactly one") {
			t.Errorf("got %v", err)
		}
	}
}

func TestADeadlineIsToldToTheMeshAndCoversRepetitions(t *testing.T) {
	s := newScripted(t)
	for _, script := range []string{"wait", "refuse 9 5000"} {
		ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
		_, err := s.client().Understand(ctx, Request{Audio: audio(), Instruction: script})
		cancel()
		if script == "wait" && !errors.Is(err, context.DeadlineExceeded) || err == nil {
			t.Errorf("%s: got %v", script, err)
		}
	}
	s.ended()
	attempts := s.attempts()
	if len(attempts) != 2 || attempts[0].Ended != "cancelled" || *attempts[0].BudgetMs > 400 {
		t.Errorf("got %+v", attempts)
	}
}

func TestLeavingTheLoopEndsTheWorkOfTheMesh(t *testing.T) {
	s := newScripted(t)
	for event, err := range s.client().Stream(context.Background(), Request{Audio: audio(), Instruction: "talk"}) {
		if err != nil {
			t.Fatal(err)
		}
		if _, partial := event.(*osumv1.PartialTranscript); partial {
			break
		}
	}
	if ended := s.ended(); ended.Ended != "cancelled" {
		t.Errorf("got %v", ended)
	}
}

func TestCancellingTheContextEndsTheWorkOfTheMesh(t *testing.T) {
	for _, script := range []string{"wait", "talk"} {
		s := newScripted(t)
		ctx, cancel := context.WithCancel(context.Background())
		go func() {
			s.until(func(seen []attempt) bool { return len(seen) == 1 })
			cancel()
		}()
		_, err := s.client().Understand(ctx, Request{Audio: audio(), Instruction: script})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v", script, err)
		}
		if ended := s.ended(); ended.Ended != "cancelled" {
			t.Errorf("%s: got %v", script, ended)
		}
	}
}
