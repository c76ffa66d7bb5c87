package postgres

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// dialer makes connections that fail when nothing moves for so long. pgx uses
// it for its requests to cancel a query too, which would else hold a place in the
// pool for 15 s after the network went away.
func dialer(connect, silence time.Duration) pgconn.DialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		d := net.Dialer{Timeout: connect, KeepAlive: 15 * time.Second}
		c, err := d.DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &impatient{Conn: c, limit: silence}, nil
	}
}

// impatient is a connection on which a read or a write ends within limit, and by
// the deadline that its user has set if that is earlier. Once limit has passed it
// is closed: pgx takes a time-out for a thing that it may try again.
type impatient struct {
	net.Conn
	limit time.Duration

	mu          sync.Mutex // a deadline must not be set between the reading and the use of the other
	read, write time.Time  // the user's deadlines; zero: none
}

func (c *impatient) Read(b []byte) (int, error) {
	c.mu.Lock()
	c.Conn.SetReadDeadline(earlier(c.read, time.Now().Add(c.limit)))
	c.mu.Unlock()
	n, err := c.Conn.Read(b)
	c.judge(err, &c.read)
	return n, err
}

func (c *impatient) Write(b []byte) (int, error) {
	c.mu.Lock()
	c.Conn.SetWriteDeadline(earlier(c.write, time.Now().Add(c.limit)))
	c.mu.Unlock()
	n, err := c.Conn.Write(b)
	c.judge(err, &c.write)
	return n, err
}

// judge closes the connection when err is a time-out that its user did not ask for.
func (c *impatient) judge(err error, asked *time.Time) {
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		return
	}
	c.mu.Lock()
	own := asked.IsZero() || time.Now().Before(*asked)
	c.mu.Unlock()
	if own {
		c.Conn.Close()
	}
}

func (c *impatient) SetDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.read, c.write = t, t
	return c.Conn.SetDeadline(t)
}

func (c *impatient) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.read = t
	return c.Conn.SetReadDeadline(t)
}

func (c *impatient) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.write = t
	return c.Conn.SetWriteDeadline(t)
}

func earlier(set, limit time.Time) time.Time {
	if !set.IsZero() && set.Before(limit) {
		return set
	}
	return limit
}
