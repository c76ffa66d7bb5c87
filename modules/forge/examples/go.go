package main

import (
	"context"

	"dagger/examples/internal/dagger"
)

// ForgeShow shows a green verdict; the text says whether and why the forge refused it.
func (m *Examples) ForgeShow(
	ctx context.Context,
	repository, commit string,
	token *dagger.Secret,
	pull int,
	body *dagger.File,
) (string, error) {
	return dag.Forge().Show("github", repository, commit, token, "success", dagger.ForgeShowOpts{
		Pull: pull,
		Body: body,
	}).Reason(ctx)
}
