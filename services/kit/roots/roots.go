// Package roots holds the certificate authorities that a service trusts. Its image
// has nothing but the program, so Mozilla's list is compiled in; it is used where the
// system has none.
package roots

import (
	"crypto/x509"
	"os"

	_ "golang.org/x/crypto/x509roots/fallback" // Mozilla's list

	"delivery.example/kit/env"
)

// Read gives the authorities to trust: the system's, or Mozilla's, and those of the
// PEM file that CA_FILE names, such as a database's own. Without CA_FILE it is nil,
// which crypto/tls takes for the former alone.
func Read(r *env.Reader) *x509.CertPool {
	file := r.String("CA_FILE", "")
	if file == "" {
		return nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		r.Fault("CA_FILE", "%s", err)
		return nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		r.Fault("CA_FILE", "%s holds no certificate in PEM", file)
		return nil
	}
	return pool
}
