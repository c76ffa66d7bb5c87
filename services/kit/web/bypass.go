package web

import (
	"context"
	"net/http"
	"strings"
)

type bypassKey struct{}

// Bypass tells whether the request that ctx belongs to wants fresh values only;
// package cache heeds it, and package client passes it on.
func Bypass(ctx context.Context) bool { return ctx.Value(bypassKey{}) != nil }

// WithBypass gives ctx for work that wants fresh values only.
func WithBypass(ctx context.Context) context.Context {
	return context.WithValue(ctx, bypassKey{}, true)
}

// wantsFresh tells whether a request's Cache-Control has no-cache, no-store or max-age=0.
func wantsFresh(headers http.Header) bool {
	for _, line := range headers.Values("Cache-Control") {
		for part := range strings.SplitSeq(line, ",") {
			name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
			switch strings.ToLower(strings.TrimSpace(name)) {
			case "no-cache", "no-store":
				return true
			case "max-age":
				if value = strings.Trim(value, "\" \t"); value != "" && strings.Trim(value, "0") == "" {
					return true
				}
			}
		}
	}
	return false
}
