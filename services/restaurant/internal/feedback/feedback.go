// Package feedback is what people say about a version of the product, and how
// bad they find it. It knows neither HTTP nor a database.
package feedback

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"delivery.example/kit/contract"
	"delivery.example/kit/problem"
)

// Errors that a Repository gives.
var (
	ErrNotFound = errors.New("no such feedback")          // there is none with the identifier
	ErrChanged  = errors.New("changed since it was read") // the revision is not the present one
	ErrReused   = errors.New("made with other content")   // the identifier is taken by other content
)

// Severities are how bad it is, the worst last.
var Severities = []string{"minor", "major", "critical", "blocker"}

// The two states of a feedback.
const (
	Open     = "open"     // as it is made
	Resolved = "resolved" // nothing is left to do
)

var versionForm = regexp.MustCompile(`^[A-Za-z0-9._+-]{1,64}$`)

// Feedback is what one person said about one version of the product.
type Feedback struct {
	ID          string
	Text        string // 1 to 2000 characters
	Severity    string // one of Severities
	Status      string // Open or Resolved
	Version     string // of the product, such as /version shows it
	CreatedAt   time.Time
	Revision    int64  // 1 at first, one more with every change
	Fingerprint string // of the content that an idempotent creation sent; "" otherwise
}

// Check lists what is wrong with f; empty means valid.
func (f Feedback) Check() []problem.Field {
	var faults []problem.Field
	fault := func(field, detail string) { faults = append(faults, problem.Field{Field: field, Detail: detail}) }
	if strings.TrimSpace(f.Text) == "" || utf8.RuneCountInString(f.Text) > 2000 {
		fault("text", "is empty or longer than 2000 characters")
	}
	if strings.ContainsFunc(f.Text, forbidden) {
		fault("text", "contains control characters")
	}
	if !slices.Contains(Severities, f.Severity) {
		fault("severity", "is none of "+strings.Join(Severities, ", "))
	}
	if f.Status != Open && f.Status != Resolved {
		fault("status", "is neither open nor resolved")
	}
	if !versionForm.MatchString(f.Version) {
		fault("version", "is not 1 to 64 of A-Z a-z 0-9 . _ + -")
	}
	return faults
}

// forbidden tells whether r is a control character that no text has; the ends of
// lines and the tab are fine.
func forbidden(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' }

// Filter says which feedback is wanted; "" is any.
type Filter struct{ Version, Status, Severity string }

// Repository keeps feedback. Adding what is there already, with the same
// fingerprint, gives what is there; with another one ErrReused.
type Repository interface {
	// List is in the order of the identifiers, from the one after page.After, at
	// most page.Limit long.
	List(ctx context.Context, filter Filter, page contract.Page) ([]Feedback, error)
	Get(ctx context.Context, id string) (Feedback, error)
	Add(ctx context.Context, f Feedback) (Feedback, error)
	// Judge changes status and severity if f.Revision is the present one, else
	// ErrChanged; it gives what is there then.
	Judge(ctx context.Context, f Feedback) (Feedback, error)
}
