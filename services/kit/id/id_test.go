package id

import (
	"testing"
	"time"
)

func TestNewIsValidAndOrdered(t *testing.T) {
	first, second := at(time.UnixMilli(1000)), at(time.UnixMilli(1001))
	if !Valid(first) || first[14] != '7' {
		t.Errorf("%q is not a UUID of version 7", first)
	}
	if first >= second {
		t.Errorf("%q should come before %q", first, second)
	}
	if a, b := New(), New(); a == b {
		t.Error("two identifiers are equal")
	}
}

func TestValid(t *testing.T) {
	for _, s := range []string{"", "1", "0190b6c0-0000-7000-8000-00000000000", "0190B6C0-0000-7000-8000-000000000001", "../../etc/passwd"} {
		if Valid(s) {
			t.Errorf("%q should not be valid", s)
		}
	}
}
