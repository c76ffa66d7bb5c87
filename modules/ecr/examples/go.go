package main

import (
	"context"

	"dagger/examples/internal/dagger"
)

// EcrDigest returns the digest of a tag, or nothing when the repository has no such tag.
func (m *Examples) EcrDigest(ctx context.Context, accessKey, secretKey *dagger.Secret, tag string) (string, error) {
	return dag.Ecr().WithAccess(accessKey, secretKey).Describe("team/api", tag, "eu-central-1").Digest(ctx)
}
