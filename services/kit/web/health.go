package web

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"delivery.example/kit/problem"
)

// Health holds whether the process wants traffic. The zero value is not ready.
type Health struct{ ready atomic.Bool }

// SetReady says whether /readyz answers 200 or 503.
func (h *Health) SetReady(ready bool) { h.ready.Store(ready) }

// Ready tells what /readyz answers.
func (h *Health) Ready() bool { return h.ready.Load() }

// Routes adds /livez (200 as long as the process answers at all), /readyz and
// /version to mux.
func (h *Health) Routes(mux *http.ServeMux, version Version) {
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, r *http.Request) {
		WriteJSON(w, http.StatusOK, map[string]string{"status": "alive"})
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if !h.Ready() {
			problem.Write(w, problem.New(http.StatusServiceUnavailable, "starting or draining"), RequestID(r.Context()))
			return
		}
		WriteJSON(w, http.StatusOK, map[string]string{"status": "ready"})
	})
	mux.HandleFunc("GET /version", func(w http.ResponseWriter, r *http.Request) {
		WriteJSON(w, http.StatusOK, version)
	})
}

// Version says what is running. SHA and CommitTime come from the file
// version.json that the image's last layer puts beside the binary, so that the
// binary itself is the same for every commit that did not change it.
type Version struct {
	SHA        string     `json:"sha"`                  // git commit, "unknown" without the file
	CommitTime *time.Time `json:"commitTime,omitempty"` // RFC 3339
	AppMode    string     `json:"appMode"`              // qa, stage, production, …
}

// ReadVersion reads the file in dir; "" means beside the running binary. A
// missing or broken file gives "unknown": a service must start without it.
func ReadVersion(dir, appMode string) Version {
	if dir == "" {
		if exe, err := os.Executable(); err == nil {
			dir = filepath.Dir(exe)
		}
	}
	v := Version{}
	b, err := os.ReadFile(filepath.Join(dir, "version.json"))
	if err != nil || json.Unmarshal(b, &v) != nil || v.SHA == "" {
		v = Version{SHA: "unknown"}
	}
	v.AppMode = appMode
	return v
}
