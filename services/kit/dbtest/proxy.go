package dbtest

import (
	"io"
	"net"
	"strconv"
	"sync"
	"testing"
)

// Proxy passes TCP connections on to a server, and can be made to break them.
type Proxy struct {
	target   string
	listener net.Listener

	mu   sync.Mutex
	cut  bool
	gate chan struct{} // closed: bytes flow; open: they wait
	open map[net.Conn]bool
}

// NewProxy listens on a port of its own and passes on to target, host:port, until
// the test ends.
func NewProxy(t testing.TB, target string) *Proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{target: target, listener: listener, open: map[net.Conn]bool{}}
	p.Restore()
	go p.accept()
	t.Cleanup(func() { listener.Close(); p.Cut() })
	return p
}

// Address is where the proxy listens, host:port.
func (p *Proxy) Address() string { return p.listener.Addr().String() }

// Port is the port of Address.
func (p *Proxy) Port() int {
	_, port, _ := net.SplitHostPort(p.Address())
	n, _ := strconv.Atoi(port)
	return n
}

// Cut closes all connections and every new one at once.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = true
	for c := range p.open {
		c.Close()
	}
}

// Stall lets connections be made but passes nothing on, as a network that lost its way.
func (p *Proxy) Stall() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = false
	p.gate = make(chan struct{})
}

// Restore passes everything on again; what waited, too.
func (p *Proxy) Restore() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = false
	if p.gate != nil {
		select {
		case <-p.gate:
		default:
			close(p.gate)
		}
		return
	}
	p.gate = make(chan struct{})
	close(p.gate)
}

func (p *Proxy) accept() {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		cut := p.cut
		p.mu.Unlock()
		if cut {
			c.Close()
			continue
		}
		go p.pass(c)
	}
}

func (p *Proxy) pass(c net.Conn) {
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		c.Close()
		return
	}
	p.mu.Lock()
	cut := p.cut // while this connection was made
	if !cut {
		p.open[c], p.open[server] = true, true
	}
	p.mu.Unlock()
	if cut {
		c.Close()
		server.Close()
		return
	}
	var both sync.WaitGroup
	for _, way := range [][2]net.Conn{{c, server}, {server, c}} {
		both.Go(func() {
			io.Copy(way[1], waiting{way[0], p})
			c.Close()
			server.Close()
		})
	}
	both.Wait()
	p.mu.Lock()
	delete(p.open, c)
	delete(p.open, server)
	p.mu.Unlock()
}

// waiting is a reader that holds back what it has read while the proxy stalls.
type waiting struct {
	net.Conn
	p *Proxy
}

func (w waiting) Read(b []byte) (int, error) {
	n, err := w.Conn.Read(b)
	w.p.mu.Lock()
	gate := w.p.gate
	w.p.mu.Unlock()
	<-gate
	return n, err
}
