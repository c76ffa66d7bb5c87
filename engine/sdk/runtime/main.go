// Runtime for Dagger modules written in TypeScript.
//
// It only says which commands make a module's container; what they do is in ../src.
package main

import (
	"context"
	"fmt"
	"path"
	"sync"

	"typescript-sdk/internal/dagger"
)

// TypescriptSdk is what the engine asks for everything about a TypeScript module.
type TypescriptSdk struct {
	// The SDK's image: a root file system, with what is ours in /opt/dagger.
	SDKSourceDir *dagger.Directory
}

func New(
	// +optional
	sdkSourceDir *dagger.Directory,
) *TypescriptSdk {
	return &TypescriptSdk{SDKSourceDir: sdkSourceDir}
}

const (
	home       = "/opt/dagger"
	modulePath = "/src/module"
	prepared   = "/opt/prepared"
	dependsOn  = "/opt/dependencies"
	bundle     = modulePath + "/src/__dagger.call.mjs"
	caBundle   = "/etc/ssl/certs/ca-certificates.crt"
)

// A root with node, bun, npm and git that trust the certificates of the image.
func (t *TypescriptSdk) base() *dagger.Container {
	return dag.Container().WithRootfs(t.SDKSourceDir).
		WithEnvVariable("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin").
		WithEnvVariable("NODE_EXTRA_CA_CERTS", caBundle).
		WithEnvVariable("SSL_CERT_FILE", caBundle).
		WithEnvVariable("GIT_SSL_CAINFO", caBundle)
}

// What depends on the API alone: no source is in it, so modules that see the same API share it.
func (t *TypescriptSdk) prepare(introspectionJSON *dagger.File) *dagger.Directory {
	return t.base().
		WithMountedFile("/schema.json", introspectionJSON).
		WithExec([]string{"bun", home + "/prepare.js", "/schema.json", prepared}).
		Directory(prepared)
}

// ModuleRuntime returns the container that runs the module's functions.
func (t *TypescriptSdk) ModuleRuntime(ctx context.Context, modSource *dagger.ModuleSource, introspectionJSON *dagger.File) (*dagger.Container, error) {
	source := modSource.Directory(".")
	m, err := inspect(ctx, modSource, source)
	if err != nil {
		return nil, err
	}
	ctr := t.base().
		WithMountedDirectory(prepared, t.prepare(introspectionJSON)).
		WithMountedDirectory(modulePath, source)
	if m.install != nil {
		ctr = ctr.WithMountedDirectory(modulePath+"/node_modules", t.dependencies(m, source))
	}
	return ctr.
		WithWorkdir(modulePath).
		WithExec([]string{"bun", home + "/build.js", m.name, modulePath, prepared, m.runtime}).
		WithEntrypoint(entrypoint(m.runtime)), nil
}

func entrypoint(runtime string) []string {
	if runtime == "bun" {
		return []string{"bun", "--no-install", bundle}
	}
	return []string{"node", "--enable-source-maps", bundle}
}

// The packages of a module, in a layer that depends on the files that name them and on nothing else.
func (t *TypescriptSdk) dependencies(m *module, source *dagger.Directory) *dagger.Directory {
	files := dag.Directory().WithDirectory("/", source, dagger.DirectoryWithDirectoryOpts{Include: dependencyFiles})
	return t.base().
		WithMountedCache("/root/.npm", dag.CacheVolume("typescript-sdk-npm")).
		WithMountedCache("/root/.bun/install/cache", dag.CacheVolume("typescript-sdk-bun")).
		WithDirectory(dependsOn, files).
		WithWorkdir(dependsOn).
		WithExec(m.install).
		Directory(path.Join(dependsOn, "node_modules"))
}

// Codegen returns what `dagger develop` and `dagger init` add to the module's folder.
func (t *TypescriptSdk) Codegen(ctx context.Context, modSource *dagger.ModuleSource, introspectionJSON *dagger.File) (*dagger.GeneratedCode, error) {
	var name, subpath string
	err := together(
		func() (err error) { name, err = modSource.ModuleOriginalName(ctx); return },
		func() (err error) { subpath, err = modSource.SourceSubpath(ctx); return },
	)
	if err != nil {
		return nil, err
	}
	// At `dagger init` the source's folder does not exist yet.
	source := dag.Directory().WithDirectory("/", modSource.ContextDirectory(), dagger.DirectoryWithDirectoryOpts{
		Include: []string{path.Join(subpath, "package.json"), path.Join(subpath, "tsconfig.json"), path.Join(subpath, "deno.json"), path.Join(subpath, "src/**/*.ts"), path.Join(subpath, "src/**/*.mts")},
	})
	generated := t.base().
		WithMountedDirectory(prepared, t.prepare(introspectionJSON)).
		WithMountedDirectory("/src", source).
		WithExec([]string{"bun", home + "/develop.js", name, path.Join("/src", subpath), prepared, path.Join("/out", subpath)}).
		Directory("/out")
	return dag.GeneratedCode(generated).
		WithVCSGeneratedPaths([]string{"sdk/**"}).
		WithVCSIgnoredPaths([]string{"sdk", "**/node_modules/**"}), nil
}

// Runs functions at the same time, so that their requests cost one round trip.
func together(functions ...func() error) error {
	errs := make([]error, len(functions))
	var wait sync.WaitGroup
	for i, fn := range functions {
		wait.Add(1)
		go func() {
			defer wait.Done()
			errs[i] = fn()
		}()
	}
	wait.Wait()
	for _, err := range errs {
		if err != nil {
			return fmt.Errorf("read the module: %w", err)
		}
	}
	return nil
}
