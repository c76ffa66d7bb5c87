package resilience

import (
	"io"
	"net"
	"sync"
	"testing"
)

// tcpProxy passes connections on to target, and can be made to break them.
type tcpProxy struct {
	target   string
	listener net.Listener

	mu   sync.Mutex
	cut  bool
	gate chan struct{} // closed: bytes flow; open: they wait
	open map[net.Conn]bool
}

func newProxy(t *testing.T, target string) *tcpProxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &tcpProxy{target: target, listener: listener, gate: make(chan struct{}), open: map[net.Conn]bool{}}
	close(p.gate)
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go p.pass(c)
		}
	}()
	t.Cleanup(func() { listener.Close(); p.restore(); p.sever() })
	return p
}

func (p *tcpProxy) address() string { return p.listener.Addr().String() }

// sever closes all connections, and every new one.
func (p *tcpProxy) sever() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = true
	for c := range p.open {
		c.Close()
	}
}

// stall takes connections and passes nothing on, as a network that lost its way.
func (p *tcpProxy) stall() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut, p.gate = false, make(chan struct{})
}

// restore passes everything on again, what waited too.
func (p *tcpProxy) restore() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = false
	select {
	case <-p.gate:
	default:
		close(p.gate)
	}
}

func (p *tcpProxy) pass(c net.Conn) {
	defer c.Close()
	p.mu.Lock()
	cut := p.cut
	p.mu.Unlock()
	if cut {
		return
	}
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		return
	}
	defer server.Close()
	p.mu.Lock()
	if cut = p.cut; !cut { // else it was cut while this connection was made
		p.open[c], p.open[server] = true, true
	}
	p.mu.Unlock()
	if cut {
		return
	}
	var both sync.WaitGroup
	for _, way := range [][2]net.Conn{{c, server}, {server, c}} {
		both.Go(func() {
			io.Copy(way[1], gated{way[0], p})
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

// gated holds back what it has read while the proxy stalls. It has no WriteTo,
// by which io.Copy would go around it.
type gated struct {
	from io.Reader
	p    *tcpProxy
}

func (g gated) Read(b []byte) (int, error) {
	n, err := g.from.Read(b)
	g.p.mu.Lock()
	gate := g.p.gate
	g.p.mu.Unlock()
	<-gate
	return n, err
}
