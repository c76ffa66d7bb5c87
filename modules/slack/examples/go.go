package main

import (
	"context"

	"dagger/examples/internal/dagger"
)

// SlackPost posts a message; the text says whether and why Slack refused it.
func (m *Examples) SlackPost(ctx context.Context, message *dagger.File, token *dagger.Secret) (string, error) {
	opts := dagger.SlackPostOpts{Token: token, Channel: "#deploys"}
	return dag.Slack().Post(message, opts).Reason(ctx)
}
