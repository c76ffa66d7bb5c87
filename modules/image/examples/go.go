package main

import "dagger/examples/internal/dagger"

// ImagePage returns an image of a page on top of a web server.
func (m *Examples) ImagePage(page *dagger.Directory, sha, commitTime string) *dagger.Container {
	return dag.Image().Build(page, sha, commitTime, dagger.ImageBuildOpts{
		At:   "/usr/share/nginx/html",
		Base: "nginxinc/nginx-unprivileged:1.29",
		User: "101:101",
	})
}
