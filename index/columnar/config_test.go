package columnar

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/google/go-cmp/cmp"

	"qianliyan/classify/label"
	"qianliyan/ingest/item"
)

func named(name string, v any) any { return clickhouse.Named(name, v) }

func TestValidateNamesEveryProblem(t *testing.T) {
	if err := Defaults().Validate(); err != nil {
		t.Errorf("Default: %v", err)
	}
	for want, change := range map[string]func(*Config){
		"addr 为空":              func(c *Config) { c.Addr = nil },
		"database 只能用小写字母":     func(c *Config) { c.Database = "a`b" },
		"analyst 只能用小写字母":      func(c *Config) { c.Analyst = "" },
		"不能是同一个库":              func(c *Config) { c.Analyst = c.Database },
		"不能使用 default 库":       func(c *Config) { c.Database = "default" },
		"timeout 必须大于 0":       func(c *Config) { c.Timeout = 0 },
		"conns 必须大于 0":         func(c *Config) { c.Conns = 0 },
		"tls.cert_file 与 tls.": func(c *Config) { c.TLS = TLS{On: true, KeyFile: "k"} },
	} {
		c := Defaults()
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
		if _, err := Connect(c, over(nil), ""); err == nil {
			t.Errorf("Connect took a bad config: %q", want)
		}
	}
	all := Config{}
	if n := strings.Count(all.Validate().Error(), "\n"); n < 4 {
		t.Errorf("an empty config has %d problems", n+1)
	}
}

func TestPassword(t *testing.T) {
	path := filepath.Join(t.TempDir(), "password")
	for text, want := range map[string]string{"": "", "abc": "abc", "a b\nmore\n": "a b", "密\r\n": "密"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := readPassword(path); err != nil || got != want {
			t.Errorf("%q gives %q, %v", text, got, err)
		}
	}
	c := Defaults()
	c.PasswordFile = filepath.Join(t.TempDir(), "nothing")
	if _, err := Connect(c, over(nil), ""); err == nil {
		t.Error("a password file that is not there was taken")
	}
}

func TestTLS(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	selfSigned(t, cert, key)
	bad := filepath.Join(dir, "bad.pem")
	if err := os.WriteFile(bad, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := TLS{On: true, CAFile: cert, CertFile: cert, KeyFile: key, ServerName: "ch"}.config()
	if err != nil || got.RootCAs == nil || len(got.Certificates) != 1 || got.ServerName != "ch" || got.InsecureSkipVerify {
		t.Errorf("%+v, %v", got, err)
	}
	for _, x := range []TLS{{CAFile: bad}, {CAFile: dir + "/none"}, {CertFile: bad, KeyFile: key}} {
		if _, err := x.config(); err == nil {
			t.Errorf("%+v was taken", x)
		}
	}
}

func selfSigned(t *testing.T, cert, key string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"ch"}}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	kb, err := x509.MarshalECPrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	for path, b := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "EC PRIVATE KEY", Bytes: kb}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(b), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// Whatever arrives, a record can be made of it and gives back the words.
func FuzzRecord(f *testing.F) {
	f.Add("标题", "正文", "2026-05-01", int64(1_777_000_000_000), uint32(1))
	f.Add("", "\x00\xff", "", int64(-1), uint32(0))
	f.Add("a", "b", "9999-99-99", int64(1)<<62, uint32(1)<<31)
	f.Fuzz(func(t *testing.T, title, text, day string, ms int64, revision uint32) {
		at := time.UnixMilli(ms).In(item.Zone)
		l := label.Labeled{Item: item.Item{ID: item.NewID("s", title), Channel: item.Web, Source: "s", Title: title, Text: text, Submitted: at, Day: day, Revision: revision}, At: at}
		l.Labels = []label.Label{{Kind: label.Topic, Value: text, Evidence: []label.Span{{Field: title, Start: 1, End: 2}}}}
		var r record
		r.fill(l, at)
		for _, x := range []time.Time{r.Day, r.Time, r.Received, r.LabeledAt, *r.Submitted} {
			if x.Year() < 1900 || x.Year() > 2299 {
				t.Errorf("%v does not fit the engine", x)
			}
		}
		row, err := r.row()
		if err != nil {
			t.Fatal(err)
		}
		if row.Item.Title != title || row.Item.Text != text || row.Item.Revision != revision || row.Labels[0].Value != text {
			t.Errorf("came back as %+v", row)
		}
		if x := l.Item.Submitted; !x.Before(earliest.Add(1)) && x.Before(latest) {
			if d := cmp.Diff(l.Item.Submitted, row.Item.Submitted); d != "" {
				t.Error(d)
			}
		}
	})
}
