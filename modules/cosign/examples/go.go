package main

import (
	"context"

	"dagger/examples/internal/dagger"
)

// CosignVerify fails unless an image has a verdict that the team of stage or production has signed.
func (m *Examples) CosignVerify(ctx context.Context, image string, stage, prod *dagger.File) (string, error) {
	return dag.Cosign().
		WithTrusted("stage", stage).
		WithTrusted("prod", prod).
		VerifyAttestation([]string{image}, "https://example.com/verdict/1").
		Verdict(ctx)
}
