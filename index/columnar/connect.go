package columnar

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/prometheus/client_golang/prometheus"
)

// Deps is what the program gives. Only Log is required.
type Deps struct {
	// Transport replaces the network: the engine in process. Nil speaks to Addr.
	Transport func(*http.Transport) (http.RoundTripper, error)
	Log       *slog.Logger
	Metrics   prometheus.Registerer // nil counts nothing
}

// Connect opens connections whose default database is database, and waits for
// nothing: a server that is down shows with the first statement. Close the
// connection after use.
//
// Both engines are spoken to over HTTP, so that what is tested in process is
// what runs against a server.
func Connect(cfg Config, deps Deps, database string) (driver.Conn, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	password, err := readPassword(cfg.PasswordFile)
	if err != nil {
		return nil, err
	}
	opt := &clickhouse.Options{
		Protocol: clickhouse.HTTP, Addr: cfg.Addr,
		Auth:          clickhouse.Auth{Database: database, Username: cfg.User, Password: password},
		TransportFunc: deps.Transport,
		DialTimeout:   cfg.Timeout.D(), ReadTimeout: cfg.Timeout.D(),
		MaxOpenConns: cfg.Conns, MaxIdleConns: cfg.Conns, HttpMaxConnsPerHost: cfg.Conns,
		ConnOpenStrategy: clickhouse.ConnOpenInOrder,
	}
	if deps.Transport == nil {
		// In process there is nothing to gain from compressing.
		opt.Compression = &clickhouse.Compression{Method: clickhouse.CompressionLZ4}
	}
	if cfg.TLS.On {
		if opt.TLS, err = cfg.TLS.config(); err != nil {
			return nil, err
		}
	}
	conn, err := clickhouse.Open(opt)
	if err != nil {
		return nil, fmt.Errorf("cannot prepare connection to ClickHouse at %s: %w", strings.Join(cfg.Addr, ", "), err)
	}
	return conn, nil
}

func readPassword(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("cannot read ClickHouse password: %w", err)
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	s.Scan()
	if err := s.Err(); err != nil {
		return "", fmt.Errorf("cannot read ClickHouse password from %q: %w", path, err)
	}
	return s.Text(), nil
}

func (t TLS) config() (*tls.Config, error) {
	out := &tls.Config{ServerName: t.ServerName, MinVersion: tls.VersionTLS12}
	if t.CAFile != "" {
		pem, err := os.ReadFile(t.CAFile)
		if err != nil {
			return nil, fmt.Errorf("cannot read authorities for ClickHouse: %w", err)
		}
		out.RootCAs = x509.NewCertPool()
		if !out.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("cannot read authorities for ClickHouse from %q: %w", t.CAFile, errors.New("no certificate in it"))
		}
	}
	if t.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("cannot read own certificate for ClickHouse: %w", err)
		}
		out.Certificates = []tls.Certificate{pair}
	}
	return out, nil
}
