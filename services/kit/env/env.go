// Package env reads a process's configuration from environment variables and
// lists every fault at once, so that a wrong deployment is mended in one go.
package env

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Reader reads variables and remembers what was wrong with them. Every method
// gives a usable zero or default value when there is a fault; ask Err before
// the values are used.
type Reader struct {
	get    func(string) string
	faults []string
}

// New gives a Reader over get, which answers "" for an unset variable.
// A program passes os.Getenv.
func New(get func(string) string) *Reader {
	return &Reader{get: get}
}

// Err gives nil, or one error that names every fault found so far, a line each.
// It never contains the value of a secret.
func (r *Reader) Err() error {
	if len(r.faults) == 0 {
		return nil
	}
	return errors.New("configuration:\n  " + strings.Join(r.faults, "\n  "))
}

// Fault adds a fault that the caller found itself, for rules between variables.
func (r *Reader) Fault(name, format string, args ...any) {
	r.faults = append(r.faults, name+": "+fmt.Sprintf(format, args...))
}

// String gives the variable, or fallback when it is unset or empty.
func (r *Reader) String(name, fallback string) string {
	if v := r.get(name); v != "" {
		return v
	}
	return fallback
}

// Required gives the variable; unset or empty is a fault.
func (r *Reader) Required(name string) string {
	v := r.get(name)
	if v == "" {
		r.Fault(name, "is required")
	}
	return v
}

// OneOf gives the variable, which must be one of allowed, or fallback when unset.
func (r *Reader) OneOf(name, fallback string, allowed ...string) string {
	v := r.String(name, fallback)
	if !slices.Contains(allowed, v) {
		r.Fault(name, "%q is none of %s", v, strings.Join(allowed, ", "))
		return fallback
	}
	return v
}

// Int gives the variable as a whole number from min to max, or fallback when unset.
func (r *Reader) Int(name string, fallback, min, max int) int {
	v := r.get(name)
	if v == "" {
		return fallback
	}
	n, err := strconv.Atoi(v)
	if err != nil {
		r.Fault(name, "%q is not a whole number", v)
		return fallback
	}
	if n < min || n > max {
		r.Fault(name, "%d is not between %d and %d", n, min, max)
		return fallback
	}
	return n
}

// Float gives the variable as a number from min to max, or fallback when unset.
func (r *Reader) Float(name string, fallback, min, max float64) float64 {
	v := r.get(name)
	if v == "" {
		return fallback
	}
	n, err := strconv.ParseFloat(v, 64)
	if err != nil {
		r.Fault(name, "%q is not a number", v)
		return fallback
	}
	if !(n >= min && n <= max) { // written so that NaN is refused
		r.Fault(name, "%v is not between %v and %v", n, min, max)
		return fallback
	}
	return n
}

// List gives the parts of the variable between commas, each one of allowed; nil when unset.
func (r *Reader) List(name string, allowed ...string) []string {
	var list []string
	for part := range strings.SplitSeq(r.get(name), ",") {
		switch part = strings.TrimSpace(part); {
		case part == "":
		case !slices.Contains(allowed, part):
			r.Fault(name, "%q is none of %s", part, strings.Join(allowed, ", "))
		default:
			list = append(list, part)
		}
	}
	return list
}

// Bool gives the variable as true or false, or fallback when unset.
func (r *Reader) Bool(name string, fallback bool) bool {
	v := r.get(name)
	if v == "" {
		return fallback
	}
	b, err := strconv.ParseBool(v)
	if err != nil {
		r.Fault(name, "%q is neither true nor false", v)
		return fallback
	}
	return b
}

// Duration gives the variable ("250ms", "5s") from min to max, or fallback when unset.
func (r *Reader) Duration(name string, fallback, min, max time.Duration) time.Duration {
	v := r.get(name)
	if v == "" {
		return fallback
	}
	d, err := time.ParseDuration(v)
	if err != nil {
		r.Fault(name, "%q is not a duration such as 250ms or 5s", v)
		return fallback
	}
	if d < min || d > max {
		r.Fault(name, "%s is not between %s and %s", d, min, max)
		return fallback
	}
	return d
}

// URL gives the variable as an absolute http or https address without a
// trailing slash, or fallback when unset. An empty fallback makes it required.
func (r *Reader) URL(name, fallback string) string {
	v := r.String(name, fallback)
	if v == "" {
		r.Fault(name, "is required")
		return ""
	}
	u, err := url.Parse(v)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		r.Fault(name, "is not an absolute http or https address")
		return ""
	}
	return strings.TrimRight(v, "/")
}

// Secret gives the variable, or the content of the file that <name>_FILE names,
// without the line end. Both set, or a file that cannot be read, is a fault;
// neither set gives "". The value itself is never part of a message.
func (r *Reader) Secret(name string) string {
	value, file := r.get(name), r.get(name+"_FILE")
	if value != "" && file != "" {
		r.Fault(name, "set either it or %s_FILE, not both", name)
		return ""
	}
	if file == "" {
		return value
	}
	b, err := os.ReadFile(file)
	if err != nil {
		r.Fault(name+"_FILE", "%s", err)
		return ""
	}
	return strings.TrimRight(string(b), "\r\n")
}
