// Package contract holds a service to its OpenAPI document: requests are checked
// against it before a handler sees them. It also has what the documents of all
// services share: pages, entity tags and idempotent creation.
package contract

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"delivery.example/kit/id"
	"delivery.example/kit/problem"
	"delivery.example/kit/web"
)

// Mount adds the routes that a contract has to mux: requests that disagree with it
// are refused before they reach a handler, and so are routes that it does not
// have. routes is the generated code over a mux of its own. A broken contract is an error.
func Mount(
	mux *http.ServeMux,
	document func() (*openapi3.T, error),
	routes func(base *http.ServeMux) http.Handler,
) error {
	read, err := document()
	if err != nil {
		return err
	}
	check, err := Check(read)
	if err != nil {
		return err
	}
	// Outside of the generated code, which reads parameters before its own middlewares.
	mux.Handle("/", check(routes(http.NewServeMux())))
	return nil
}

// Check gives a middleware that answers a request which disagrees with the
// document by a problem: 404 and 405 for an unknown route, 413 for a body above
// web.BodyLimit, 400 for a body that is not JSON at all, 415 for another media
// type, 422 with the fields otherwise. An unsound document is an error.
func Check(document *openapi3.T) (func(http.Handler) http.Handler, error) {
	document.Servers = nil // the service is reached under many names
	if err := document.Validate(context.Background()); err != nil {
		return nil, fmt.Errorf("the OpenAPI document: %w", err)
	}
	router, err := gorillamux.NewRouter(document)
	if err != nil {
		return nil, fmt.Errorf("the OpenAPI document: %w", err)
	}
	options := &openapi3filter.Options{MultiError: true}
	options.WithCustomSchemaErrorFunc(func(e *openapi3.SchemaError) string { return e.Reason })
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			route, path, err := router.FindRoute(r)
			if err == nil {
				r.Pattern = r.Method + " " + route.Path // for the log, also when the request is refused
				if r.Body != nil {
					r.Body = http.MaxBytesReader(w, r.Body, web.BodyLimit)
				}
				err = openapi3filter.ValidateRequest(r.Context(), &openapi3filter.RequestValidationInput{
					Request: r, PathParams: path, Route: route, Options: options,
				})
			}
			if err != nil {
				problem.Write(w, problemOf(err), web.RequestID(r.Context()))
				return
			}
			next.ServeHTTP(w, r)
		})
	}, nil
}

// BindFault answers a parameter that the generated code could not read. Check
// finds such a parameter before; this is for what the two see differently.
func BindFault(w http.ResponseWriter, r *http.Request, err error) {
	problem.Write(w, problem.New(http.StatusUnprocessableEntity, err.Error()), web.RequestID(r.Context()))
}

// problemOf says to the caller what the validator found, never echoing values.
func problemOf(err error) *problem.Problem {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.Is(err, routers.ErrMethodNotAllowed):
		return problem.New(http.StatusMethodNotAllowed, "")
	case errors.Is(err, routers.ErrPathNotFound):
		return problem.New(http.StatusNotFound, "there is no such route")
	case errors.As(err, &tooLarge):
		return problem.New(http.StatusRequestEntityTooLarge, "the request's body is larger than 1 MiB")
	}
	fields, status := fieldsOf(err, "")
	if status != 0 {
		return problem.New(status, "the request's body is not the expected JSON")
	}
	return problem.Invalid(fields...)
}

// fieldsOf collects the wrong inputs from the validator's tree of errors; status
// is set when the body could not be read at all.
func fieldsOf(err error, where string) (fields []problem.Field, status int) {
	switch e := err.(type) {
	case openapi3.MultiError:
		for _, one := range e {
			more, s := fieldsOf(one, where)
			fields = append(fields, more...)
			if s != 0 {
				status = s
			}
		}
		return fields, status
	case *openapi3filter.RequestError:
		if e.Parameter != nil {
			where = e.Parameter.Name
		}
		var parse *openapi3filter.ParseError
		if e.RequestBody != nil && errors.As(e.Err, &parse) {
			if parse.Kind == openapi3filter.KindUnsupportedFormat {
				return nil, http.StatusUnsupportedMediaType
			}
			return nil, http.StatusBadRequest
		}
		if e.Err == nil {
			if e.RequestBody != nil {
				return nil, http.StatusUnsupportedMediaType
			}
			return []problem.Field{{Field: where, Detail: e.Reason}}, 0
		}
		if errors.Is(e.Err, openapi3filter.ErrInvalidRequired) && e.RequestBody != nil {
			return nil, http.StatusBadRequest
		}
		return fieldsOf(e.Err, where)
	case *openapi3.SchemaError:
		if pointer := e.JSONPointer(); len(pointer) > 0 && where == "" {
			where = strings.Join(pointer, ".")
		}
		if where == "" {
			where = "body"
		}
		return []problem.Field{{Field: where, Detail: e.Reason}}, 0
	}
	if where == "" {
		where = "request"
	}
	return []problem.Field{{Field: where, Detail: "is not valid"}}, 0
}

// Page is which part of a list is wanted.
type Page struct {
	After string // only identifiers above it; "" from the start
	Limit int    // how many at most
}

// PageOf makes a Page of the document's optional parameters; 50 unless told.
func PageOf(after *string, limit *int) Page {
	p := Page{Limit: 50}
	if after != nil {
		p.After = *after
	}
	if limit != nil {
		p.Limit = *limit
	}
	return p
}

// Cut takes a list that was asked for with p.Limit+1 and gives the page and the
// identifier to go on after, nil on the last page.
func Cut[T any](p Page, list []T, idOf func(T) string) ([]T, *string) {
	if len(list) <= p.Limit {
		return list, nil
	}
	list = list[:p.Limit]
	next := idOf(list[len(list)-1])
	return list, &next
}

// Tag gives the ETag of a version.
func Tag(version int64) string { return `"` + strconv.FormatInt(version, 10) + `"` }

// Match gives the version that an If-Match header names. Absent is a 428, and a
// tag that cannot be one of ours a 412.
func Match(header *string) (int64, error) {
	if header == nil || *header == "" {
		return 0, problem.New(http.StatusPreconditionRequired, "send the ETag that you have read as If-Match")
	}
	version, err := strconv.ParseInt(strings.Trim(*header, `"`), 10, 64)
	if err != nil || Tag(version) != *header {
		return 0, Changed()
	}
	return version, nil
}

// Changed is the answer to an If-Match that is not the present version.
func Changed() *problem.Problem {
	return problem.New(http.StatusPreconditionFailed, "it has been changed since it was read; read it again")
}

// Creation says which thing a POST makes, so that sending it twice makes one.
type Creation struct {
	ID          string // the new thing's identifier; the same for the same key on the same route
	Fingerprint string // of the content, for SameContent; "" without a key
}

// Create gives the identity of what a POST with the key makes: fresh without a
// key, derived from route and key otherwise. content is the request's body after
// decoding. When its type has got fields since the releases that printed the
// content (see SameContent), earlier is what those printed.
func Create(route string, key *string, content any, earlier ...any) Creation {
	if key == nil {
		return Creation{ID: id.New()}
	}
	sum := sha256.Sum256([]byte(route + "\x00" + *key))
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80 // UUID version 8
	h := hex.EncodeToString(sum[:16])
	printed := append(earlier, content)[0]
	return Creation{
		ID:          h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:],
		Fingerprint: hash(canonical(content)) + "." + hash(fmt.Appendf(nil, "%+v", printed)),
	}
}

// SameContent tells whether a stored thing was made by a creation with the content
// that is sent now; both are fingerprints. A fingerprint is the hash of the content
// as canonical JSON, so that an added optional field changes none, a dot, and the
// hash of the content as Go prints it, which is all that releases before stored.
func SameContent(stored, sent string) bool {
	if stored == "" || sent == "" {
		return false
	}
	was, _, isJSON := strings.Cut(stored, ".")
	is, printed, _ := strings.Cut(sent, ".")
	return was == is || !isJSON && was == printed
}

func hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// canonical gives the JSON of a request's content with the names in alphabetical
// order. What was decoded from JSON can be encoded again.
func canonical(content any) []byte {
	written, err := json.Marshal(content)
	if err != nil {
		panic(err)
	}
	var parts any
	decoder := json.NewDecoder(bytes.NewReader(written))
	decoder.UseNumber() // large numbers keep their digits
	if err := decoder.Decode(&parts); err != nil {
		panic(err)
	}
	written, err = json.Marshal(parts)
	if err != nil {
		panic(err)
	}
	return written
}

// Reused is the answer to a key that has been used with other content.
func Reused() *problem.Problem {
	return problem.New(http.StatusConflict, "this Idempotency-Key has been used with other content")
}
