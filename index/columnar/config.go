package columnar

import (
	"errors"
	"time"

	"qianliyan/ingest/setting"
)

// Config says where ClickHouse is and how to speak to it. In embedded mode
// only the databases matter: Deps.Transport replaces the network.
type Config struct {
	Addr         []string         `toml:"addr"`          // host:port of the HTTP interface, tried in order
	Database     string           `toml:"database"`      // holds the tables; made when absent
	Analyst      string           `toml:"analyst"`       // holds the views that people may read; made when absent
	User         string           `toml:"user"`          // needs all rights on both databases
	PasswordFile string           `toml:"password_file"` // first line is the password; empty for none
	TLS          TLS              `toml:"tls"`           //
	Timeout      setting.Duration `toml:"timeout"`       // of one statement, and of the wait for one answer
	Conns        int              `toml:"conns"`         // statements at the same time
}

// TLS is how the server is checked. Without On everything else is ignored.
type TLS struct {
	On         bool   `toml:"on"`          // speak TLS to the server
	CAFile     string `toml:"ca_file"`     // PEM; empty for the system's authorities
	ServerName string `toml:"server_name"` // empty for the host of the address
	CertFile   string `toml:"cert_file"`   // PEM, with KeyFile: our own certificate
	KeyFile    string `toml:"key_file"`    // PEM: the key of CertFile
}

// Defaults is a local server without TLS.
func Defaults() Config {
	return Config{
		Addr: []string{"127.0.0.1:8123"}, Database: "qianliyan", Analyst: "analyst", User: "default",
		Timeout: setting.Duration(time.Minute), Conns: 8,
	}
}

// Validate reports every problem at once, in Chinese.
func (c Config) Validate() error {
	var errs []error
	if len(c.Addr) == 0 {
		errs = append(errs, errors.New("addr 为空：请写 ClickHouse 的 HTTP 地址，如 [\"127.0.0.1:8123\"]"))
	}
	for _, d := range []struct{ key, name string }{{"database", c.Database}, {"analyst", c.Analyst}} {
		if !identifier(d.name) {
			errs = append(errs, errors.New(d.key+" 只能用小写字母、数字和下划线，并以字母开头"))
		}
	}
	if c.Database == c.Analyst {
		errs = append(errs, errors.New("database 与 analyst 不能是同一个库：分析人员只应读到视图"))
	}
	// "default" is an overlay over the file system in the embedded engine.
	if c.Database == "default" || c.Analyst == "default" {
		errs = append(errs, errors.New("不能使用 default 库：请另取库名"))
	}
	if c.Timeout <= 0 {
		errs = append(errs, errors.New("timeout 必须大于 0"))
	}
	if c.Conns <= 0 {
		errs = append(errs, errors.New("conns 必须大于 0"))
	}
	if c.TLS.On && (c.TLS.CertFile == "") != (c.TLS.KeyFile == "") {
		errs = append(errs, errors.New("tls.cert_file 与 tls.key_file 必须同时填写"))
	}
	return errors.Join(errs...)
}

// identifier keeps database names free of quoting.
func identifier(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || i > 0 && (c == '_' || c >= '0' && c <= '9')) {
			return false
		}
	}
	return s != ""
}
