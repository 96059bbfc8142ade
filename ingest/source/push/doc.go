// Package push is the way in for other systems: they send texts over HTTP and
// are answered when the texts are durable.
//
// # POST /push/v1/items
//
//	Authorization: Bearer TOKEN         one token, one source
//	Content-Type:  application/json     an object, an array, or objects one after the other
//	               application/x-ndjson one object a line; a bad line is rejected alone
//	               either with charset=gbk or gb18030; UTF-8 without
//	Content-Encoding: gzip              or none
//
// An object has the names of an item: native_id, title, text, submitted,
// event, unit, places, urgent, attachments, citizen, phone, extra. Common
// other spellings are understood as in mapping kind generic; what is not known
// is kept in the extra fields. A source with a mapping of its own is read by
// that alone. Names and phones are masked and hashed before anything is kept.
//
// The answer has one result for each object, in order, as soon as all are on
// disk:
//
//	{"results":[{"index":0,"id":"…","status":"accepted"},
//	            {"index":1,"status":"rejected","problem":{"column":"submitted","reason":"…","hint":"…"}}],
//	 "accepted":1,"known":0,"rejected":1}
//
//	200  all accepted or known
//	207  some accepted or known, others rejected: mend these and send them again
//	400  none taken: all rejected, or no objects
//	401  no token, or one nobody has
//	403  the token is of another source than ?source= names
//	413  the body is too large; what the results list is taken all the same
//	415  another Content-Type or Content-Encoding
//	429  too many pushes at once: Retry-After
//	503  not all is durable: send the same again after Retry-After
//
// Sending the same again is always harmless: an object with a native_id is
// known by it. One without is known by its words and its submitted second, so
// that two objects with the same words and neither number nor time are one
// item; who sends what citizens write gives a native_id.
//
// # Open311 GeoReport v2
//
//	POST /open311/v2/requests.json   form or JSON; api_key is the token
//	GET  /open311/v2/services.json   the configured services
//
// service_request_id is the item's ID. GeoReport has no number of the sender's
// own; a header Idempotency-Key serves as one. Without it a request is known by
// everything it says, its sender included, and when it has no
// requested_datetime by the day (of the mainland) on which it came: sent again
// on that day it is known, on the next it is another request.
//
// # The local door
//
// Local takes items that are mapped already, from the commands of the same
// machine. It asks for no token and must be mounted on the socket in the data
// folder only.
package push
