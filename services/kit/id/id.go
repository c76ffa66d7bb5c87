// Package id makes and checks identifiers: UUIDs of version 7 (RFC 9562), whose
// text order is the order of their making, so that lists page by identifier.
package id

import (
	"crypto/rand"
	"encoding/hex"
	"regexp"
	"time"
)

var form = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// New gives a fresh identifier in lower-case text form.
func New() string {
	return at(time.Now())
}

func at(t time.Time) string {
	var b [16]byte
	rand.Read(b[:]) // never fails since Go 1.24
	ms := uint64(t.UnixMilli())
	for i := range 6 {
		b[i] = byte(ms >> (40 - 8*i))
	}
	b[6] = b[6]&0x0f | 0x70
	b[8] = b[8]&0x3f | 0x80
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// Valid tells whether s has the form of an identifier, of any UUID version.
func Valid(s string) bool {
	return form.MatchString(s)
}
