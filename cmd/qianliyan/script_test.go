package main

import (
	"context"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets the test binary be the program itself, for scripts.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"qianliyan": func() {
			ctx, stop := signals(context.Background())
			code := Main(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
			stop()
			os.Exit(code)
		},
	})
}

// TestScripts runs testdata/script: what a user types and what he reads.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			// The engine's library and the dictionaries are the machine's.
			cache, err := os.UserCacheDir()
			if err != nil {
				return err
			}
			e.Setenv("XDG_CACHE_HOME", cache)
			e.Setenv("CHDB_LIB", os.Getenv("CHDB_LIB"))
			return nil
		},
	})
}
