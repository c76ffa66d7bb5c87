package contract

import (
	"errors"
	"testing"

	"delivery.example/kit/problem"
)

// FuzzMatch: only the tag that a version gives is read as that version; all else
// is a 412, or a 428 when it is empty.
func FuzzMatch(f *testing.F) {
	for _, seed := range []string{
		"", `"1"`, `"0"`, `"-1"`, `"01"`, `"+1"`, `1`, `""1""`, `W/"1"`, `*`, `"9223372036854775807"`,
		`"9223372036854775808"`, `"1", "2"`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		version, err := Match(&header)
		if err == nil {
			if Tag(version) != header {
				t.Errorf("%q was read as %d", header, version)
			}
			return
		}
		var p *problem.Problem
		want := 412
		if header == "" {
			want = 428
		}
		if !errors.As(err, &p) || p.Status != want {
			t.Errorf("%q: %v", header, err)
		}
	})
}
