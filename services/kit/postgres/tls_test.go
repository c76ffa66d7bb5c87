package postgres_test

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"delivery.example/kit/env"
	"delivery.example/kit/postgres"
	"delivery.example/kit/tlstest"
)

// secureServer takes connections as Postgres does: over TLS if it has settings for it,
// and refuses TLS if it has none. It lets everybody in. It gives its port.
func secureServer(t *testing.T, settings *tls.Config) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	greet := func(plain net.Conn) error {
		defer plain.Close()
		if _, err := io.ReadFull(plain, make([]byte, 8)); err != nil { // the request for TLS
			return err
		}
		if settings == nil {
			_, err := plain.Write([]byte("N"))
			return err
		}
		if _, err := plain.Write([]byte("S")); err != nil {
			return err
		}
		connection := tls.Server(plain, settings)
		var size [4]byte
		if _, err := io.ReadFull(connection, size[:]); err != nil {
			return err
		}
		if _, err := io.ReadFull(connection, make([]byte, binary.BigEndian.Uint32(size[:])-4)); err != nil {
			return err
		}
		// Authenticated, and ready.
		if _, err := connection.Write([]byte("R\x00\x00\x00\x08\x00\x00\x00\x00Z\x00\x00\x00\x05I")); err != nil {
			return err
		}
		_, err := io.Copy(io.Discard, connection)
		return err
	}
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() { _ = greet(connection) }()
		}
	}()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// connect opens a database that is asked over TLS as the variables say, and takes a connection.
func connect(t *testing.T, port, file string) error {
	t.Helper()
	r := env.New(func(name string) string {
		return map[string]string{
			"DB_HOST": "localhost", "DB_PORT": port, "DB_USER": "menu", "DB_PASSWORD": "p",
			"DB_SSLMODE": "verify-full", "CA_FILE": file,
		}[name]
	})
	settings := postgres.Read(r)
	if r.Err() != nil {
		t.Fatal(r.Err())
	}
	settings.Patience = 10
	pool, err := postgres.Open(t.Context(), settings, "menu", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	connection, err := pool.Acquire(ctx)
	if err == nil {
		connection.Release()
	}
	return err
}

func TestTheServersCertificateIsVerified(t *testing.T) {
	authority, other := tlstest.New(t), tlstest.New(t)
	later := time.Now().Add(time.Hour)
	good := secureServer(t, authority.Server("localhost", later))
	for _, one := range []struct {
		name, port, file, want string
	}{
		{"of the authority in CA_FILE", good, authority.File, ""},
		{"of an authority that nobody knows", good, "", "unknown authority"},
		{"of another authority", good, other.File, "unknown authority"},
		{"of another host", secureServer(t, authority.Server("elsewhere", later)), authority.File, "not localhost"},
		{"that has expired", secureServer(t, authority.Server("localhost", time.Now().Add(-time.Minute))), authority.File, "expired"},
		{"of a server that refuses TLS", secureServer(t, nil), authority.File, "refused TLS"},
	} {
		err := connect(t, one.port, one.file)
		switch {
		case one.want == "" && err != nil:
			t.Errorf("a certificate %s: %v", one.name, err)
		case one.want != "" && (err == nil || !strings.Contains(err.Error(), one.want)):
			t.Errorf("a certificate %s: %v, want %q", one.name, err, one.want)
		}
		if err != nil && errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a certificate %s: no answer in time", one.name)
		}
	}
}
