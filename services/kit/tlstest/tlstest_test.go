package tlstest_test

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"testing"
	"time"

	"delivery.example/kit/tlstest"
)

func TestAServersCertificateIsOfItsAuthority(t *testing.T) {
	authority := tlstest.New(t)
	pem, err := os.ReadFile(authority.File)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		t.Fatalf("%s holds no certificate", authority.File)
	}
	settings := authority.Server("menu.example", time.Now().Add(time.Hour))
	listener, err := tls.Listen("tcp", "127.0.0.1:0", settings)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			_ = connection.(*tls.Conn).Handshake()
			connection.Close()
		}
	}()
	for name, fine := range map[string]bool{"menu.example": true, "other.example": false} {
		client := &tls.Config{RootCAs: pool, ServerName: name, MinVersion: tls.VersionTLS12}
		dialer := &net.Dialer{Timeout: 10 * time.Second}
		connection, err := tls.DialWithDialer(dialer, "tcp", listener.Addr().String(), client)
		if (err == nil) != fine {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil {
			connection.Close()
		}
	}
}
