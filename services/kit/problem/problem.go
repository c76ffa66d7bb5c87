// Package problem writes errors as RFC 9457 problem details.
package problem

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// ContentType is the media type of a problem.
const ContentType = "application/problem+json"

// Problem is one error as the caller sees it. It is also a Go error.
type Problem struct {
	Type     string  `json:"type"`               // "about:blank": the title is the status text
	Title    string  `json:"title"`              // the same for every occurrence of a type
	Status   int     `json:"status"`             // the HTTP status
	Detail   string  `json:"detail,omitempty"`   // this occurrence, for a person; nothing internal
	Instance string  `json:"instance,omitempty"` // the request's id, to find the log line
	Errors   []Field `json:"errors,omitempty"`   // which inputs were wrong

	RetryAfter time.Duration `json:"-"` // sent as Retry-After, in whole seconds, when it is above zero
}

// Field names one wrong input.
type Field struct {
	Field  string `json:"field"`  // a path such as "lines[0].quantity"
	Detail string `json:"detail"` // what is wrong with it
}

// New gives a problem whose title is the text of the status.
func New(status int, detail string) *Problem {
	return &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail}
}

// Invalid gives a 422 that lists the wrong inputs.
func Invalid(fields ...Field) *Problem {
	p := New(http.StatusUnprocessableEntity, "the request's content is not valid")
	p.Errors = fields
	return p
}

// Unavailable gives a 503 that asks to try again after a time, at least a second.
func Unavailable(detail string, retryAfter time.Duration) *Problem {
	p := New(http.StatusServiceUnavailable, detail)
	p.RetryAfter = max(retryAfter, time.Second)
	return p
}

// Error gives the detail, or the title when there is none.
func (p *Problem) Error() string {
	if p.Detail != "" {
		return p.Detail
	}
	return p.Title
}

// Write sends p as the whole answer. requestID may be empty.
func Write(w http.ResponseWriter, p *Problem, requestID string) {
	answer := *p
	if requestID != "" {
		answer.Instance = "urn:request:" + requestID
	}
	w.Header().Set("Content-Type", ContentType)
	w.Header().Set("Cache-Control", "no-store")
	if p.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(p.RetryAfter.Round(time.Second).Seconds())))
	}
	w.WriteHeader(p.Status)
	json.NewEncoder(w).Encode(answer) // the caller may be gone; nothing to do then
}
