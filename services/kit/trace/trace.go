// Package trace carries the W3C trace context from one service to the next. No
// spans are recorded: the identifiers join the log lines of one request.
package trace

import (
	"context"
	"crypto/rand"
	"net/http"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

var form propagation.TraceContext

// Continue gives ctx with the trace that the headers name, or with a new one when
// they name none or are malformed; either way with a new span of this hop.
func Continue(ctx context.Context, headers http.Header) context.Context {
	caller := trace.SpanContextFromContext(form.Extract(ctx, propagation.HeaderCarrier(headers)))
	here := trace.SpanContextConfig{TraceID: caller.TraceID(), TraceFlags: caller.TraceFlags(), TraceState: caller.TraceState()}
	if !caller.IsValid() {
		rand.Read(here.TraceID[:]) // never fails since Go 1.24
		here.TraceFlags = trace.FlagsRandom
	}
	rand.Read(here.SpanID[:])
	return trace.ContextWithSpanContext(ctx, trace.NewSpanContext(here))
}

// ID gives the trace's identifier, 32 hexadecimal digits, or "" outside of one.
func ID(ctx context.Context) string {
	if c := trace.SpanContextFromContext(ctx); c.HasTraceID() {
		return c.TraceID().String()
	}
	return ""
}

// Pass writes traceparent and tracestate of ctx's trace, if any, into the headers of a call.
func Pass(ctx context.Context, headers http.Header) {
	form.Inject(ctx, propagation.HeaderCarrier(headers))
}
