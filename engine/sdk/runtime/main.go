// Runtime for Dagger modules written in TypeScript.
//
// It only names the commands that make a module's container; what they do is in ../src.
package main

import (
	"context"
	"fmt"
	"path"
	"sync"

	"typescript-sdk/internal/dagger"
)

// TypescriptSdk answers the engine's questions about TypeScript modules.
type TypescriptSdk struct {
	// The SDK's image: a root file system with our programs in /opt/dagger.
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

// base is a root with node, bun, npm and git that trust the certificates of the image.
func (t *TypescriptSdk) base() *dagger.Container {
	return dag.Container().WithRootfs(t.SDKSourceDir).
		WithEnvVariable("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin").
		WithEnvVariable("NODE_EXTRA_CA_CERTS", caBundle).
		WithEnvVariable("SSL_CERT_FILE", caBundle).
		WithEnvVariable("GIT_SSL_CAINFO", caBundle)
}

// prepare makes what depends on the API alone. Modules that see the same API share it, because no source is in it.
func (t *TypescriptSdk) prepare(introspectionJSON *dagger.File) *dagger.Directory {
	return t.base().
		WithMountedFile("/schema.json", introspectionJSON).
		WithExec([]string{"bun", home + "/prepare.js", "/schema.json", prepared}).
		Directory(prepared)
}

// ModuleRuntime returns the container that runs the module's functions.
func (t *TypescriptSdk) ModuleRuntime(
	ctx context.Context,
	modSource *dagger.ModuleSource,
	introspectionJSON *dagger.File,
) (*dagger.Container, error) {
	// Copied to the root of a directory of its own. Mounted as a part of the context, the result of the build, which
	// writes into it, would keep the module's path; the engine's cache gives that to an equal module at another path.
	source := dag.Directory().WithDirectory("/", modSource.Directory("."))
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
		WithExec([]string{"bun", home + "/build.js", m.name, modulePath, prepared, m.runtime, m.version}).
		WithEntrypoint(entrypoint(m.runtime)), nil
}

func entrypoint(runtime string) []string {
	if runtime == "bun" {
		return []string{"bun", "--no-install", bundle}
	}
	return []string{"node", "--enable-source-maps", bundle}
}

// dependencies installs the packages of a module, in a layer that depends on the files that name them alone.
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

// Codegen returns the module's source with what `dagger develop` and `dagger init` add to it. The engine takes the
// difference to the module's own files, so without them `dag.currentModule().source()` would be empty of them.
func (t *TypescriptSdk) Codegen(
	ctx context.Context,
	modSource *dagger.ModuleSource,
	introspectionJSON *dagger.File,
) (*dagger.GeneratedCode, error) {
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
		Include: []string{
			path.Join(subpath, "package.json"), path.Join(subpath, "tsconfig.json"), path.Join(subpath, "deno.json"),
			path.Join(subpath, "src/**/*.ts"), path.Join(subpath, "src/**/*.mts"),
		},
	})
	develop := []string{
		"bun", home + "/develop.js", name, path.Join("/src", subpath), prepared, path.Join("/out", subpath),
	}
	generated := t.base().
		WithMountedDirectory(prepared, t.prepare(introspectionJSON)).
		WithMountedDirectory("/src", source).
		WithExec(develop).
		Directory("/out")
	return dag.GeneratedCode(modSource.ContextDirectory().WithDirectory("/", generated)).
		WithVCSGeneratedPaths([]string{"sdk/**"}).
		WithVCSIgnoredPaths([]string{"sdk", "**/node_modules/**"}), nil
}

// together runs functions at the same time, so that their requests cost one round trip.
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
