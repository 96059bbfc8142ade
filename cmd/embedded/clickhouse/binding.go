package clickhouse

import (
	"errors"
	"fmt"
	"sync"
	"unsafe"

	"github.com/ebitengine/purego"
)

// handle is a pointer the library gave out. Go never looks behind it.
type handle = unsafe.Pointer

// execute is the shape of the three entry points that take a statement: its
// text and format with their lengths, then names and values of parameters.
type execute func(conn handle, sql *byte, sqlLen uintptr, format *byte, formatLen uintptr,
	names **byte, nameLens *uintptr, values **byte, valueLens *uintptr, count uintptr) handle

// binding holds the C entry points of libchdb that the engine uses, as
// programs/local/chdb.h of chdb-core declares them.
type binding struct {
	path string

	version    func() string
	setSignals func(enabled int32)
	connect    func(argc int32, argv **byte) *handle
	close      func(conn *handle)
	classify   func(conn handle, sql *byte, sqlLen uintptr, db *byte, dbLen uintptr, out *analysis) int32

	query, stream, insert execute

	fetch   func(conn, result handle) handle
	cancel  func(conn, result handle)
	destroy func(result handle)

	insertAppend  func(ins handle, data *byte, n uintptr) int32
	insertDone    func(ins handle) handle
	insertCancel  func(ins handle)
	insertError   func(ins handle) *byte
	insertDestroy func(ins handle)

	resultBuffer func(result handle) *byte
	resultLen    func(result handle) uintptr
	resultError  func(result handle) *byte
	readRows     func(result handle) uint64
	readBytes    func(result handle) uint64
	resultRows   func(result handle) uint64
	writtenRows  func(result handle) uint64
}

// analysis is chdb_query_analysis: what the engine's parser says of a text.
type analysis struct{ size, count, _, class uint32 } // the third are flags

// process is the state libchdb keeps once per process whatever Go does: a
// shared library cannot be unloaded, and it serves one data folder at a time.
// Go has to mirror that here, it cannot be a field of anything smaller.
var process struct {
	sync.Mutex
	lib  *binding
	open string // Dir of the open engine, empty when there is none
}

// bind loads the library at path, once per process. The caller holds process.
func bind(path string) (*binding, error) {
	if b := process.lib; b != nil {
		if b.path != path {
			return nil, fmt.Errorf("cannot load %q: this process runs %q already", path, b.path)
		}
		return b, nil
	}
	h, err := dlopen(path)
	if err != nil {
		return nil, fmt.Errorf("无法加载 ClickHouse 引擎库 %s：%w。请删除该文件后重新启动以重新获取，或改用 ClickHouse 服务器地址", path, err)
	}
	b := &binding{path: path}
	if err := b.register(h); err != nil {
		return nil, fmt.Errorf("引擎库 %s 与本程序不匹配：%w。需要 libchdb %s", path, err, Version)
	}
	// chdb_version has three numbers, the package a suffix: 26.7.3-stable.1.
	if v := b.version(); len(v) > len(Version) || Version[:len(v)] != v {
		return nil, fmt.Errorf("引擎库 %s 的版本是 %s，本程序需要 %s", path, v, Version)
	}
	b.setSignals(0) // signals of this process belong to Go
	process.lib = b
	return b, nil
}

// register fills b from the opened library h.
func (b *binding) register(h uintptr) (err error) {
	defer func() { // purego panics where a symbol is missing
		if r := recover(); r != nil {
			err = errors.New(fmt.Sprint(r))
		}
	}()
	for name, fn := range map[string]any{
		"chdb_version": &b.version, "chdb_set_signal_handlers_enabled": &b.setSignals,
		"chdb_connect": &b.connect, "chdb_close_conn": &b.close, "chdb_classify_query_n": &b.classify,
		"chdb_query_with_params_n": &b.query, "chdb_stream_query_with_params_n": &b.stream,
		"chdb_stream_insert_with_params_n": &b.insert,
		"chdb_stream_fetch_result":         &b.fetch, "chdb_stream_cancel_query": &b.cancel,
		"chdb_destroy_query_result": &b.destroy,
		"chdb_stream_append":        &b.insertAppend, "chdb_stream_done": &b.insertDone,
		"chdb_stream_cancel_insert": &b.insertCancel, "chdb_stream_insert_error": &b.insertError,
		"chdb_destroy_insert_stream": &b.insertDestroy,
		"chdb_result_buffer":         &b.resultBuffer, "chdb_result_length": &b.resultLen,
		"chdb_result_error":             &b.resultError,
		"chdb_result_storage_rows_read": &b.readRows, "chdb_result_storage_bytes_read": &b.readBytes,
		"chdb_result_rows_read": &b.resultRows, "chdb_result_rows_written": &b.writtenRows,
	} {
		purego.RegisterLibFunc(fn, h, name)
	}
	return nil
}

// text makes a Go string of a C one.
func text(p *byte) string {
	if p == nil {
		return ""
	}
	n := 0
	for *(*byte)(unsafe.Add(unsafe.Pointer(p), n)) != 0 {
		n++
	}
	return string(unsafe.Slice(p, n))
}

// terminated is s as C wants it.
func terminated(s string) []byte { return append([]byte(s), 0) }
