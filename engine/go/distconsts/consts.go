// Package distconsts holds the names that the engine's distribution shares. The upstream module of this path is not published,
// and its values are part of the contract between CLI, engine and SDKs of Dagger v0.19.10, so they are stated again here.
package distconsts

const (
	EngineContainerName    = "dagger-engine.dev"
	DefaultEngineSockAddr  = "unix:///run/dagger/engine.sock"
	RuncPath               = "/usr/local/bin/runc"
	DaggerInitPath         = "/usr/local/bin/dagger-init"
	EngineDefaultStateDir  = "/var/lib/dagger"
	EngineCustomCACertsDir = "/usr/local/share/ca-certificates"
	OCIVersionAnnotation   = "org.opencontainers.image.version"
	AlpineVersion          = "3.22.1"
	AlpineImage            = "alpine:" + AlpineVersion
	GolangVersion          = "1.25.5"
	GolangImage            = "golang:" + GolangVersion + "-alpine"
	BusyboxVersion         = "1.37.0"
	BusyboxImage           = "busybox:" + BusyboxVersion
)

// The SDK content is found by manifest digests in the engine's environment.
const (
	EngineContainerBuiltinContentDir   = "/usr/local/share/dagger/content"
	GoSDKManifestDigestEnvName         = "DAGGER_GO_SDK_MANIFEST_DIGEST"
	PythonSDKManifestDigestEnvName     = "DAGGER_PYTHON_SDK_MANIFEST_DIGEST"
	TypescriptSDKManifestDigestEnvName = "DAGGER_TYPESCRIPT_SDK_MANIFEST_DIGEST"
)
