// Package migrations has the changes of the service's schema: expand goes before a
// release and keeps the one before working, contract goes after it.
package migrations

import "embed"

// Files are the folders expand and, once there is something to take away, contract.
//
//go:embed */*.sql
var Files embed.FS
