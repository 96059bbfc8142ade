// Package clickhouse runs ClickHouse inside the process, so that one binary on
// one computer needs no server. Stages do not know: they use clickhouse-go,
// and get an Engine as its transport instead of a network.
//
//	lib, err := clickhouse.Library(ctx, clickhouse.LibraryOptions{Progress: os.Stderr})
//	e, err := clickhouse.Open(clickhouse.Config{Dir: dir, Library: lib, ReaderDatabases: []string{"app"}})
//	conn, err := ch.Open(clickhouse.Options(e, "app"))              // all rights
//	analyst, err := ch.Open(clickhouse.Options(e.Reader(), "app"))  // SQL a person typed
//
// The engine is libchdb, ClickHouse built as a shared library, loaded without
// cgo. Library gets it once per user and verifies it. It exists for Linux on
// x86-64 with glibc; elsewhere the configuration must name a server.
//
// # Folder
//
//	Dir/config.xml, users.xml   written at every start: memory, caches, roles
//	Dir/store/                  the engine's own; its file status is the lock
//	Dir/backups/                the only place BACKUP … TO File('name') writes
//
// # What works
//
// Everything clickhouse-go offers over HTTP, native blocks passed through
// untouched so that every type works: Query, Select, Exec, batches, {x:Type}
// parameters, settings per query, QueryFormat and InsertFormat, compression
// none, lz4 and zstd, typed errors (also behind the first rows), and contexts:
// one that ends kills its statement. MergeTree tables of all kinds, views,
// materialized and refreshable views, projections, text indexes, dictionaries,
// BACKUP and RESTORE.
//
// # What differs from a server
//
//   - Every request is a session of its own: no temporary tables or settings
//     between requests, session_id is refused. External tables are refused.
//   - There is no Keeper: no Replicated engines, no ON CLUSTER. The DDL's
//     engine names depend on the deployment; all other SQL is the same.
//   - async_insert is ignored: each insert is a part on disk. Batch in Go.
//   - One user, default. Accounts and row policies cannot be created; Reader
//     is what there is.
//   - The database default shows the machine's files. Use another one.
//   - The time zone is the machine's: write DateTime64(3, 'Asia/Shanghai').
//   - Over HTTP clickhouse-go reports no progress or logs, Batch.Flush does
//     nothing, and rows.Close reads the rest of a result: end the context first.
//   - Columns of AggregateFunction cannot be read: finish them in SQL.
//   - One engine per process, one process per folder. The library stays loaded.
//
// A batch that was stored is not stored again: with the same
// insert_deduplication_token, or without one with the same rows, it is dropped
// silently (the last 10,000 per table). That makes a replay harmless, and it
// surprises where a table takes the same row twice on purpose: such a table
// needs SETTINGS non_replicated_deduplication_window = 0. A materialized view
// needs the window on its target, which it has by default here.
//
// # Durability
//
// An insert that returned nil is on disk: fsync_after_insert and
// fsync_part_directory are on for every MergeTree table. Measured on a busy
// machine with two cores: 30 kills with SIGKILL at random moments, 582
// acknowledged batches, none lost, none in part (TestKilled does four rounds).
// A batch that was not acknowledged may be there whole, or in some of its
// partitions only: send it again. Sending 10,000 rows of 600 bytes took 65 ms
// (median) with fsync, and no less without.
//
// # Memory
//
// Measured on the same machine: 240 MB resident after Open, of which 55 MB are
// the process's own and the rest pages of the library's file; 280 MB idle
// after 600,000 rows and some hundred queries, 35 threads. Config.MaxMemory
// limits what statements and caches allocate, Go's own memory is not counted.
//
// # Analysts
//
// Reader confines SQL that a person typed; its comment lists the walls and
// what each is for. It keeps honest people from mistakes and curious ones from
// files and other databases. It runs inside this process all the same: where
// analysts are not trusted, give them a server with accounts.
//
// # Tests
//
// OpenTest gives all tests of a process one engine, TestDatabase a database
// each. They fail with the remedy where the library cannot be had.
package clickhouse
