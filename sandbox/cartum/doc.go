// Package cartum is a fake of one Cartum (Horoshop) shop's API, kept in memory:
// strict where the service's behaviour is known, and by default on the less
// comfortable side where it is not (see Switch).
//
// At / it has a page on which a person does what the shop's buyers and manager do.
// It deliberately shares no code with the client it is meant to test, so that a
// mistake of the client is not mirrored here. "Reference" in the comments is the
// project's collection of facts about the API, docs/reference/cartum.md.
//
// # Sandbox requests
//
// Below /sandbox/ are requests that only a fake has. They need no token, are not
// counted, and no fault or latency touches them. A refusal is {"error": "..."}
// with 400, 404 or 413.
//
//	PUT    /sandbox/orders/{order_id}    an order as orders/get has it: creates (201) or replaces (200)
//	DELETE /sandbox/orders/{order_id}    204
//	GET    /sandbox/orders               [order, ...] as kept, without what switches change
//	PUT    /sandbox/products/{article}   a product as catalog/export has it: creates (201) or replaces (200)
//	DELETE /sandbox/products/{article}   204
//	POST   /sandbox/faults               {"match", "kind", "status", "times", "delay", "body", "headers"}: 204
//	DELETE /sandbox/faults               204
//	GET    /sandbox/requests             {"total", "functions", "statuses", "answers", "logins", "failed_logins",
//	                                     "most_in_second", "list": [{"at", "function", "status"}]}
//	DELETE /sandbox/requests             204
//	PUT    /sandbox/switches             {"name": "value"}: all switches as they are then; {} changes none
//	GET    /sandbox/webhooks             [{"at", "event", "method", "url", "attempt", "code"}], code 0: no answer
//	POST   /sandbox/tokens/expire        204
//	GET    /sandbox/subscriptions        [{"id", "event", "target_url"}], the URL masked
//	DELETE /sandbox/subscriptions/{id}   204; sends DELETE to the subscriber
//	GET    /sandbox/feed?after=N         [{"seq", "at", "text"}] of what happened since
//
// A fault's match is a method and a path below /api/, where * stands for any
// method or one path segment. Without times it hits once, with a negative number
// until it is removed; several that match hit in the order in which they were
// posted, one a request. HTTP status 0 in the log of requests is a connection that
// was broken off.
package cartum
