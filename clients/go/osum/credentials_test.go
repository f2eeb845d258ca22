package osum

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
)

func TestKeyAndTokenGoWithEachCallAndASourceGivesANewToken(t *testing.T) {
	s := newScripted(t)
	asked := 0
	token := func(context.Context) (string, error) {
		asked++
		return fmt.Sprint("token ", asked), nil
	}
	client := s.client(WithAPIKey("key"), WithTokenSource(token))
	for range 2 {
		if _, err := understand(client, "answer"); err != nil {
			t.Fatal(err)
		}
	}
	for i, attempt := range s.attempts() {
		if *attempt.APIKey != "key" || *attempt.Authorization != fmt.Sprint("Bearer token ", i+1) {
			t.Errorf("got %s and %s", *attempt.APIKey, *attempt.Authorization)
		}
	}
}

func TestAFailedTokenFailsTheCall(t *testing.T) {
	expired := errors.New("the login has expired")
	client := newScripted(t).client(WithTokenSource(func(context.Context) (string, error) { return "", expired }))
	if _, err := understand(client, "answer"); !errors.Is(err, expired) {
		t.Errorf("got %v", err)
	}
}

func TestKeyAndTokenAreNotSentInPlaintextOverANetwork(t *testing.T) {
	for _, secret := range []Option{WithAPIKey("key"), WithToken("token")} {
		if _, err := NewClient("mesh.example:443", secret); err == nil || !strings.Contains(err.Error(), "over TLS only") {
			t.Errorf("got %v", err)
		}
	}
}

func TestAMeshIsReachedByTLSOnlyWhenItsCertificateIsTrusted(t *testing.T) {
	trusted, err := credentials.NewClientTLSFromFile(environment(t, "OSUM_TLS_CA"), "")
	if err != nil {
		t.Fatal(err)
	}
	once := DefaultRetry
	once.Attempts = 1
	for _, transport := range []credentials.TransportCredentials{trusted, credentials.NewTLS(&tls.Config{})} {
		client, err := NewClient(environment(t, "OSUM_SCRIPTED_TLS"), WithCredentials(transport), WithAPIKey("key"), WithRetry(once))
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		answer, err := client.Describe(context.Background())
		if transport == trusted {
			if err != nil || answer.Model != "scripted" {
				t.Errorf("got %v, %v", answer, err)
			}
		} else if failureOf(t, err).Code != codes.Unavailable {
			t.Errorf("got %v", err)
		}
	}
}
