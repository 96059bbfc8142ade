// Package adhoc runs an analyst's own SQL: read only, within limits, over the
// analysts' views.
//
// # Promises
//
// Nothing is written and nothing but the analysts' database is read. Two walls
// see to that, and neither is in this package: the connection's rights (the
// Reader of the engine in process, or a server's user made for it) and the
// views, which run with rights the reader lacks. The tests here attack both
// through the same door as the page.
//
// A statement costs at most the time and memory of Config; what it may not
// have more of is told: Table.Limited for rows, an *Error for time and memory.
// Run keeps its rows in memory and therefore bounds them; Stream does not.
//
// A failure of the statement is an *Error in the analyst's words, with the
// engine's own message and the place where it can be told. Any other error is
// the engine's or the network's.
//
// # On a server
//
// Deps.Conn must log in as a user that has SELECT on the analysts' database and
// nothing else, with a profile of readonly = 2 whose constraints hold
// max_execution_time and max_memory_usage: readonly = 1 would refuse the limits
// that are sent with each statement, and without constraints a statement's own
// SETTINGS could lift them.
package adhoc
