package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"typescript-sdk/internal/dagger"
)

// dependencyFiles name the packages that a module needs.
var dependencyFiles = []string{
	"package.json", ".npmrc", "package-lock.json", "npm-shrinkwrap.json",
	"bunfig.toml", "bun.lock", "bun.lockb", "yarn.lock", "pnpm-lock.yaml", "pnpm-workspace.yaml",
}

// module is what the runtime has to know of a module.
type module struct {
	name    string
	runtime string   // bun or node
	version string   // the version of the runtime that package.json pins, or nothing
	install []string // nil where no package is needed
}

type packageJSON struct {
	Dependencies         map[string]string `json:"dependencies"`
	OptionalDependencies map[string]string `json:"optionalDependencies"`
	Dagger               struct {
		Runtime   string `json:"runtime"`
		BaseImage string `json:"baseImage"`
	} `json:"dagger"`
}

func inspect(ctx context.Context, modSource *dagger.ModuleSource, source *dagger.Directory) (*module, error) {
	var name, text string
	var entries []string
	var missing error
	err := together(
		func() (err error) { name, err = modSource.ModuleOriginalName(ctx); return },
		func() (err error) { entries, err = source.Entries(ctx); return },
		func() error { text, missing = source.File("package.json").Contents(ctx); return nil },
	)
	if err != nil {
		return nil, err
	}
	has := func(names ...string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return slices.Contains(entries, n) })
	}
	if !has("package.json") {
		text = ""
	} else if missing != nil {
		return nil, fmt.Errorf("read package.json of module %q: %w", name, missing)
	}
	return describe(name, text, has)
}

func describe(name, text string, has func(...string) bool) (*module, error) {
	var pkg packageJSON
	if text != "" {
		if err := json.Unmarshal(withoutComments(text), &pkg); err != nil {
			return nil, fmt.Errorf("package.json of module %q is not valid JSON: %w", name, err)
		}
	}
	if pkg.Dagger.BaseImage != "" {
		return nil, fmt.Errorf("package.json of module %q names a base image (dagger.baseImage), "+
			"which this runtime does not support: remove it, or use the vendor's engine", name)
	}
	m := &module{name: name, runtime: "node"}
	requested, version, _ := strings.Cut(pkg.Dagger.Runtime, "@")
	switch {
	case requested == "bun" || requested == "node":
		m.runtime, m.version = requested, version
	case requested == "deno" || requested == "" && text == "" && has("deno.json", "deno.lock"):
		return nil, fmt.Errorf("module %q wants deno, which this runtime does not support: "+
			"set \"dagger\": {\"runtime\": \"bun\"} or \"node\" in package.json, or use the vendor's engine", name)
	case requested != "":
		return nil, fmt.Errorf("package.json of module %q wants the unknown runtime %q (dagger.runtime): "+
			"use \"bun\" or \"node\"", name, requested)
	case has("bun.lock", "bun.lockb"):
		m.runtime = "bun"
	}
	delete(pkg.Dependencies, "typescript")
	delete(pkg.Dependencies, "@dagger.io/dagger")
	if len(pkg.Dependencies)+len(pkg.OptionalDependencies) > 0 {
		m.install = installCommand(has)
	}
	return m, nil
}

func installCommand(has func(...string) bool) []string {
	switch {
	case has("package-lock.json", "npm-shrinkwrap.json"):
		return []string{"npm", "ci", "--omit=dev", "--no-audit", "--no-fund"}
	case has("bun.lock", "bun.lockb"):
		return []string{"bun", "install", "--frozen-lockfile", "--production", "--no-progress"}
	case has("yarn.lock", "pnpm-lock.yaml"):
		// bun reads the versions from these.
		return []string{"bun", "install", "--production", "--no-progress"}
	default:
		return []string{"npm", "install", "--omit=dev", "--no-package-lock", "--no-audit", "--no-fund"}
	}
}

// withoutComments removes comments: the vendor's runtime accepts them in package.json, so this one does as well.
func withoutComments(text string) []byte {
	out := make([]byte, 0, len(text))
	inString := false
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case inString && c == '\\' && i+1 < len(text):
			out = append(out, c, text[i+1])
			i++
			continue
		case c == '"':
			inString = !inString
		case !inString && strings.HasPrefix(text[i:], "//"):
			for i < len(text) && text[i] != '\n' {
				i++
			}
			out = append(out, '\n')
			continue
		case !inString && strings.HasPrefix(text[i:], "/*"):
			end := strings.Index(text[i+2:], "*/")
			if end < 0 {
				return out
			}
			i += end + 3
			continue
		}
		out = append(out, c)
	}
	return out
}
