package osum

import (
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
)

// Option is an option of [NewClient] and [NewStageClient].
type Option func(*options)

type options struct {
	credentials credentials.TransportCredentials
	apiKey      string
	token       func(context.Context) (string, error)
	tenant      string
	model       string
	retry       Retry
	dial        []grpc.DialOption
}

// WithCredentials secures the connection: credentials.NewTLS of a configuration with the roots to trust, and with a certificate for
// mTLS. Default: plaintext.
func WithCredentials(transport credentials.TransportCredentials) Option {
	return func(o *options) { o.credentials = transport }
}

// WithAPIKey sends a key with every call, as the header x-api-key.
func WithAPIKey(key string) Option {
	return func(o *options) { o.apiKey = key }
}

// WithToken sends a token with every call, as the header authorization.
func WithToken(token string) Option {
	return WithTokenSource(func(context.Context) (string, error) { return token, nil })
}

// WithTokenSource asks for the token once a call, so that it may be renewed. Its error fails the call.
func WithTokenSource(token func(context.Context) (string, error)) Option {
	return func(o *options) { o.token = token }
}

// WithTenant names the tenant for fair sharing. Default: the mesh's "default".
func WithTenant(tenant string) Option {
	return func(o *options) { o.tenant = tenant }
}

// WithModel names the model package wanted. Default: the one served there.
func WithModel(model string) Option {
	return func(o *options) { o.model = model }
}

// WithRetry changes how refused calls are repeated. Default: [DefaultRetry].
func WithRetry(retry Retry) Option {
	return func(o *options) { o.retry = retry }
}

// WithDialOptions adds options of gRPC, such as a stats handler for traces.
func WithDialOptions(dial ...grpc.DialOption) Option {
	return func(o *options) { o.dial = append(o.dial, dial...) }
}

// connection is what all calls of a client share.
type connection struct {
	*grpc.ClientConn
	options
}

// connect opens a connection; nothing is sent before the first call.
func connect(address string, opts []Option) (*connection, error) {
	o := options{retry: DefaultRetry}
	for _, option := range opts {
		option(&o)
	}
	if o.credentials == nil {
		if (o.apiKey != "" || o.token != nil) && !isLoopback(address) {
			return nil, fmt.Errorf("osum: key and token are sent over TLS only, and %s would be called in plaintext: add WithCredentials", address)
		}
		o.credentials = insecure.NewCredentials()
	}
	dial := append([]grpc.DialOption{
		grpc.WithTransportCredentials(o.credentials),
		// A mesh that vanished without a word is noticed within 50 s, in the silence of a live stream, too.
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 30 * time.Second, Timeout: 20 * time.Second}),
	}, o.retry.dialOptions()...)
	conn, err := grpc.NewClient(address, append(dial, o.dial...)...)
	if err != nil {
		return nil, fmt.Errorf("osum: %w", err)
	}
	return &connection{conn, o}, nil
}

// outgoing adds the headers of one call.
func (c *connection) outgoing(ctx context.Context) (context.Context, error) {
	var headers []string
	if c.tenant != "" {
		headers = append(headers, "osum-tenant", c.tenant)
	}
	if c.apiKey != "" {
		headers = append(headers, "x-api-key", c.apiKey)
	}
	if c.token != nil {
		token, err := c.token(ctx)
		if err != nil {
			return nil, fmt.Errorf("osum: token: %w", err)
		}
		headers = append(headers, "authorization", "Bearer "+token)
	}
	return metadata.AppendToOutgoingContext(ctx, headers...), nil
}

// isLoopback tells whether an address never leaves this machine: there, a sidecar may do the TLS.
func isLoopback(address string) bool {
	if strings.HasPrefix(address, "unix:") {
		return true
	}
	host, _, err := net.SplitHostPort(address[strings.LastIndex(address, "/")+1:])
	return err == nil && (host == "localhost" || net.ParseIP(host).IsLoopback())
}
