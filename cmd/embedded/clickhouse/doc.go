// Package clickhouse runs the ClickHouse engine inside the process.
package clickhouse
