package osum

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"os"
	"testing"
	"time"
)

// scripted is the mesh of packages/client/src/testing, which does what instructions say; `npm run test:clients` starts it. Each test has
// a tenant of its own.
type scripted struct {
	t       *testing.T
	address string
	tenant  string
}

// attempt is what the mesh saw of one attempt of a call.
type attempt struct {
	AtMs           float64
	BudgetMs       *float64
	APIKey         *string
	Authorization  *string
	LargestMessage int
	Ended          string
}

func environment(t *testing.T, name string) string {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		t.Fatalf("%s is not set: run the tests by npm run test:clients", name)
	}
	return value
}

func newScripted(t *testing.T) *scripted {
	t.Helper()
	return &scripted{t, environment(t, "OSUM_SCRIPTED"), rand.Text()}
}

// client is a client of the test's tenant, closed at its end.
func (s *scripted) client(options ...Option) *Client {
	s.t.Helper()
	client, err := NewClient(s.address, append([]Option{WithTenant(s.tenant)}, options...)...)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { client.Close() })
	return client
}

func (s *scripted) attempts() []attempt {
	s.t.Helper()
	plan, err := s.client().Interpret(context.Background(), "attempts")
	if err != nil {
		s.t.Fatal(err)
	}
	var attempts []attempt
	if err := json.Unmarshal([]byte(plan.Tags), &attempts); err != nil {
		s.t.Fatal(err)
	}
	return attempts
}

// ended is the last attempt, once it has ended.
func (s *scripted) ended() attempt {
	s.t.Helper()
	attempts := s.until(func(seen []attempt) bool { return len(seen) > 0 && seen[len(seen)-1].Ended != "running" })
	return attempts[len(attempts)-1]
}

// until waits until what the mesh saw is as wanted.
func (s *scripted) until(met func([]attempt) bool) []attempt {
	s.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if seen := s.attempts(); met(seen) {
			return seen
		}
	}
	s.t.Fatal("nothing happened for 10 s")
	return nil
}
