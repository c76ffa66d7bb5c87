package roots_test

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"delivery.example/kit/env"
	"delivery.example/kit/roots"
	"delivery.example/kit/tlstest"
)

func read(t *testing.T, file string) (*x509.CertPool, error) {
	t.Helper()
	r := env.New(func(name string) string { return map[string]string{"CA_FILE": file}[name] })
	return roots.Read(r), r.Err()
}

// get calls a server over https with these roots, under the name of its certificate.
func get(server *httptest.Server, pool *x509.CertPool) error {
	transport := &http.Transport{TLSClientConfig: &tls.Config{
		RootCAs: pool, ServerName: "menu.example", MinVersion: tls.VersionTLS12,
	}}
	defer transport.CloseIdleConnections()
	answer, err := (&http.Client{Transport: transport, Timeout: 10 * time.Second}).Get(server.URL)
	if err != nil {
		return err
	}
	return answer.Body.Close()
}

func serve(t *testing.T, settings *tls.Config) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.Config.ErrorLog = nil
	server.TLS = settings
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

func TestAnHTTPSCallIsVerified(t *testing.T) {
	authority, other := tlstest.New(t), tlstest.New(t)
	server := serve(t, authority.Server("menu.example", time.Now().Add(time.Hour)))
	pool, err := read(t, authority.File)
	if err != nil {
		t.Fatal(err)
	}
	if err := get(server, pool); err != nil {
		t.Errorf("an authority of CA_FILE is not trusted: %v", err)
	}
	stranger, _ := read(t, other.File)
	for name, pool := range map[string]*x509.CertPool{"without CA_FILE": nil, "with another CA_FILE": stranger} {
		if err := get(server, pool); err == nil || !strings.Contains(err.Error(), "unknown authority") {
			t.Errorf("%s: %v, want an unknown authority", name, err)
		}
	}
	expired := serve(t, authority.Server("menu.example", time.Now().Add(-time.Minute)))
	if err := get(expired, pool); err == nil || !strings.Contains(err.Error(), "expired") {
		t.Errorf("a certificate that has expired: %v", err)
	}
	elsewhere := serve(t, authority.Server("other.example", time.Now().Add(time.Hour)))
	if err := get(elsewhere, pool); err == nil || !strings.Contains(err.Error(), "not menu.example") {
		t.Errorf("another host's certificate: %v", err)
	}
}

func TestAFileThatHoldsNoCertificateIsAFault(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, []byte("no certificate\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := read(t, empty); err == nil || !strings.Contains(err.Error(), "CA_FILE") {
		t.Errorf("an empty file: %v", err)
	}
	if _, err := read(t, empty+".missing"); err == nil || !strings.Contains(err.Error(), "CA_FILE") {
		t.Errorf("a missing file: %v", err)
	}
	if pool, err := read(t, ""); pool != nil || err != nil {
		t.Errorf("without CA_FILE: %v, %v", pool, err)
	}
}

// The authorities of a process are read once, so one without the system's is another
// process: this test's binary, as it would run in an image from scratch.
func TestAnImageFromScratchTrustsPublicAuthorities(t *testing.T) {
	if os.Getenv("FROM_SCRATCH") == "" {
		command := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
		nowhere := filepath.Join(t.TempDir(), "none")
		command.Env = append(os.Environ(), "FROM_SCRATCH=1", "SSL_CERT_FILE="+nowhere, "SSL_CERT_DIR="+nowhere)
		if out, err := command.CombinedOutput(); err != nil {
			t.Errorf("%v:\n%s", err, out)
		}
		return
	}
	pool, err := read(t, tlstest.New(t).File)
	if err != nil {
		t.Fatal(err)
	}
	names := ""
	//lint:ignore SA1019 the system has none here
	for _, subject := range pool.Subjects() {
		names += string(subject)
	}
	for _, name := range []string{"Amazon Root CA 1", "ISRG Root X1", "the test's own"} {
		if !strings.Contains(names, name) {
			t.Errorf("%s is not trusted", name)
		}
	}
}
