package main

import "dagger/examples/internal/dagger"

// RegistryNotes returns files that are stored beside images, or an empty directory when there are none.
func (m *Examples) RegistryNotes(password *dagger.Secret) *dagger.Directory {
	return dag.Registry().WithLogin("ci", password).PullFiles("registry.example.com/shop/notes:1.4.0",
		dagger.RegistryPullFilesOpts{Optional: true})
}
