package main

import (
	"context"

	"dagger/examples/internal/dagger"
)

// PostgresServer returns a server that the scripts of a folder have set up.
func (m *Examples) PostgresServer(init *dagger.Directory) *dagger.Service {
	opts := dagger.PostgresServerOpts{Init: init, Database: "shop", Env: []string{"SHOP_PASSWORD=test"}}
	return dag.Postgres().Server(opts)
}

// PostgresSum runs SQL on a new empty server.
func (m *Examples) PostgresSum(ctx context.Context) (string, error) {
	return dag.Postgres().QuerySQL(ctx, "select 40 + 2")
}
