package postgres

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/puddle/v2"
)

// Unavailable tells whether err says that the database could not be asked now
// (connection refused or lost, time-out, too many connections, shutting down), so
// that the same request may succeed later. A mistake in a statement, a violated
// constraint, or a caller that went away is not.
func Unavailable(err error) bool {
	if err == nil || errors.Is(err, context.Canceled) {
		return false
	}
	var refused *pgconn.ConnectError
	if errors.As(err, &refused) {
		return true
	}
	var said *pgconn.PgError
	if errors.As(err, &said) {
		return strings.HasPrefix(said.Code, "08") || // connection exception
			strings.HasPrefix(said.Code, "53") || // insufficient resources, too many connections
			strings.HasPrefix(said.Code, "57") || // operator intervention: shutdown, statement time-out
			said.Code == "25P03" // idle in a transaction for too long
	}
	var network net.Error
	return errors.As(err, &network) ||
		pgconn.SafeToRetry(err) ||
		pgconn.Timeout(err) ||
		errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, puddle.ErrClosedPool)
}
