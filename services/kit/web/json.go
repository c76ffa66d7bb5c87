package web

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"

	"delivery.example/kit/postgres"
	"delivery.example/kit/problem"
)

// BodyLimit is the largest request body that is read, in bytes.
const BodyLimit = 1 << 20

// WriteJSON sends v with the status. v must be marshallable.
func WriteJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v) // the caller may be gone; nothing to do then
}

// ReadJSON decodes the request's body into v. A body that is too large, is not
// JSON, has unknown fields or more than one value gives a problem.
func ReadJSON(w http.ResponseWriter, r *http.Request, v any) error {
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, BodyLimit))
	d.DisallowUnknownFields()
	err := d.Decode(v)
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return problem.New(http.StatusRequestEntityTooLarge, "the request's body is larger than 1 MiB")
	}
	if err != nil {
		return problem.New(http.StatusBadRequest, "the request's body is not the expected JSON: "+err.Error())
	}
	if _, err := d.Token(); err != io.EOF {
		return problem.New(http.StatusBadRequest, "the request's body holds more than one JSON value")
	}
	return nil
}

// Handle makes a handler of a function that may fail. A *problem.Problem is
// sent as it is; a database that is away becomes a 503 with Retry-After, and any
// other error a 500. Neither says anything internal: the error stands in the
// request's log line.
func Handle(log *slog.Logger, f func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err := f(w, r)
		if err == nil {
			return
		}
		requestID := RequestID(r.Context())
		var p *problem.Problem
		switch {
		case errors.As(err, &p):
			problem.Write(w, p, requestID)
			return
		case postgres.Unavailable(err):
			p = problem.Unavailable("the database cannot be reached; try again", 2*time.Second)
		case errors.Is(err, context.Canceled) && r.Context().Err() != nil:
			p = problem.New(http.StatusServiceUnavailable, "the caller went away") // nobody reads it
		default:
			p = problem.New(http.StatusInternalServerError, "an unexpected error; see the service's log")
		}
		if said, ok := r.Context().Value(noteKey{}).(*note); ok {
			said.attrs = append(said.attrs, slog.String("error", err.Error()))
		} else {
			log.ErrorContext(r.Context(), "unexpected error", "request_id", requestID, "route", r.Pattern, "error", err.Error())
		}
		problem.Write(w, p, requestID)
	}
}
