package web

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"

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
// sent as it is; any other error is logged and becomes a 500 that says nothing
// internal.
func Handle(log *slog.Logger, f func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err := f(w, r)
		if err == nil {
			return
		}
		requestID := RequestID(r.Context())
		var p *problem.Problem
		if !errors.As(err, &p) {
			log.ErrorContext(r.Context(), "unexpected error", "request_id", requestID, "route", r.Pattern, "error", err.Error())
			p = problem.New(http.StatusInternalServerError, "an unexpected error; see the service's log")
		}
		problem.Write(w, p, requestID)
	}
}
