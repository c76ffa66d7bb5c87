package main

import (
	"context"

	"dagger/examples/internal/dagger"
)

// RedisTested returns a container that reaches an empty server as the host redis.
func (m *Examples) RedisTested(container *dagger.Container) *dagger.Container {
	return container.
		WithServiceBinding("redis", dag.Redis().Server()).
		WithEnvVariable("TEST_REDIS_URL", "redis://redis:6379/0")
}

// RedisPing runs a command on a new empty server.
func (m *Examples) RedisPing(ctx context.Context) (string, error) {
	return dag.Redis().Exec(ctx, []string{"ping"})
}
