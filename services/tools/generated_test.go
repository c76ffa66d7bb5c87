// Package tools pins the programs that make source files, apart from the
// services, so that a service's requirement list stays what is in its binary.
package tools

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestGeneratedFilesAreCurrent makes every generated file again beside the
// committed one and compares (call it with -count=1: the cache of results does not see other modules'
// files); `go generate ./...` in the service updates it.
func TestGeneratedFilesAreCurrent(t *testing.T) {
	configs, err := filepath.Glob("../*/internal/*/oapi-codegen.yaml")
	if err != nil || len(configs) == 0 {
		t.Fatalf("no oapi-codegen.yaml was found: %v", err)
	}
	for _, config := range configs {
		directory := filepath.Dir(config)
		t.Run(directory, func(t *testing.T) {
			committed, err := filepath.Glob(filepath.Join(directory, "*.gen.go"))
			if err != nil || len(committed) != 1 {
				t.Fatalf("one generated file was expected: %v %v", committed, err)
			}
			want, err := os.ReadFile(committed[0])
			if err != nil {
				t.Fatal(err)
			}
			contract, err := os.ReadFile(filepath.Join(directory, "contract")) // the path of a client's contract
			if err != nil {
				contract = []byte("../../openapi.yaml")
			}
			settings, err := os.ReadFile(config)
			if err != nil {
				t.Fatal(err)
			}
			fresh := filepath.Join(t.TempDir(), "fresh.gen.go")
			elsewhere := filepath.Join(t.TempDir(), "oapi-codegen.yaml") // its "output" wins over -o
			settings = bytes.Replace(settings, []byte("output: "+filepath.Base(committed[0])), []byte("output: "+fresh), 1)
			if err := os.WriteFile(elsewhere, settings, 0o600); err != nil {
				t.Fatal(err)
			}
			tool, err := filepath.Abs("go.mod")
			if err != nil {
				t.Fatal(err)
			}
			c := exec.Command("go", "tool", "-modfile="+tool, "oapi-codegen", "-config", elsewhere, string(bytes.TrimSpace(contract)))
			c.Dir = directory
			if out, err := c.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			got, err := os.ReadFile(fresh)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s is not what its contract makes; run `go generate ./...` in its service", committed[0])
			}
		})
	}
}
