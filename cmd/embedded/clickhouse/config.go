package clickhouse

import (
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"
)

// Config says where the engine keeps its data and what it may use.
type Config struct {
	// Dir is the folder of the engine; it is made when missing. One process
	// at a time may have it open. Required.
	Dir string

	// Library is libchdb.so, as Library returned it. Required. A process
	// cannot change to another one.
	Library string

	// MaxMemory is the most bytes all statements, merges and caches of the
	// engine may hold together; 0 is 1 GiB. What exceeds it fails with code
	// 241. The library's own code (about 150 MB of file pages) is not in it.
	MaxMemory uint64

	// ReaderDatabases are the databases Reader may read, and nothing else.
	// A name ending in * stands for all that start so.
	ReaderDatabases []string

	// Statements is how many may run at once; 0 is 16. More wait.
	Statements int
}

// Names inside Config.Dir.
const (
	storeDir  = "store"   // the engine's own folder
	backupDir = "backups" // the only place BACKUP … TO File may write
)

//go:embed config.xml
var configXML string

//go:embed users.xml
var usersXML string

// check fills defaults and finds what is wrong.
func (c *Config) check() error {
	if c.Dir == "" {
		return errors.New("Config.Dir is empty")
	}
	if c.Library == "" {
		return errors.New("Config.Library is empty")
	}
	if c.MaxMemory == 0 {
		c.MaxMemory = 1 << 30
	}
	if c.Statements <= 0 {
		c.Statements = 16
	}
	for _, d := range c.ReaderDatabases {
		if name := strings.TrimSuffix(d, "*"); name == "" || strings.Trim(name, identifierBytes) != "" {
			return fmt.Errorf("Config.ReaderDatabases has %q: letters, digits and _ only", d)
		}
		if d == "default" || d == "system" {
			return fmt.Errorf("Config.ReaderDatabases has %q: it shows the machine, not the data", d)
		}
	}
	var err error
	c.Dir, err = filepath.Abs(c.Dir)
	return err
}

// identifierBytes may stand in a database's name here, so that no quoting is
// needed in grants: quoted names cannot end in a wildcard.
const identifierBytes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

// write puts the engine's configuration into Dir and returns its path. An
// explicit file matters: without one the engine reads ./config.xml, the user's
// and the machine's.
func (c *Config) write() (string, error) {
	for _, d := range []string{c.Dir, filepath.Join(c.Dir, backupDir)} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return "", err
		}
	}
	path := filepath.Join(c.Dir, "config.xml")
	data := map[string]any{
		"Users":   filepath.Join(c.Dir, "users.xml"),
		"Backups": filepath.Join(c.Dir, backupDir),
		"Memory":  c.MaxMemory,
		"Cache":   c.MaxMemory / 16, // per cache: there are eight
		"Readers": c.ReaderDatabases,
	}
	for file, source := range map[string]string{path: configXML, data["Users"].(string): usersXML} {
		t, err := template.New(filepath.Base(file)).Parse(source)
		if err != nil {
			return "", err
		}
		var b strings.Builder
		if err := t.Execute(&b, data); err != nil {
			return "", err
		}
		if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
			return "", err
		}
	}
	return path, nil
}
