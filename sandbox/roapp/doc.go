// Package roapp is a strict in-memory fake of RO App's public API, for tests and
// for the sandbox. It shares no code with the client, so that a client's mistake
// cannot be mirrored in it. At / it has pages on which a person does what staff do
// in RO App.
//
// What the reference documents is enforced. What it marks as inferred or unknown
// is a named [Switch]; its default is the less comfortable reading with which the
// exchange can still work. Where the comfortable reading is the default, the
// description says why.
//
// [Switches] describes each, and docs/assumptions.md lists them.
//
// [Profile] returns the two sets of values "documented" (the defaults) and
// "flipped". A value that would stop every import or every closing is the same in
// both.
//
// Requests of the sandbox itself, outside of the API:
//
//	GET    /sandbox/orders, /sandbox/orders/{id}      order, items, feed, history; no search lag
//	POST   /sandbox/orders/{id}/write-off             items written off; {"items":[1]} limits it
//	DELETE /sandbox/orders/{id}/write-off             taken back, items are in stock again
//	PATCH  /sandbox/orders/{id}                       {"custom_fields":{"f105":"x"}} as staff set them
//	POST   /sandbox/products/{id}/archive             a product out of use
//	POST   /sandbox/people/{id}/merge                 {"ids":[1]}: these people become part of this one
//	DELETE /sandbox/orders/{id}                       as staff do in the user interface
//	DELETE /sandbox/orders/{id}/items/{item}          the same
//	GET    /sandbox/people, /sandbox/organizations    all records, as the API shows them
//	GET    /sandbox/products, /sandbox/categories     the same, in the unversioned form
//	POST   to these four                              a record as staff would make it
//	GET    /sandbox/feed?after=N                      events after N
//	PUT    /sandbox/switches                          {"name":"value"}; returns all values
//	POST   /sandbox/faults                            a fault for the next requests that match
//	DELETE /sandbox/faults                            no more faults
//	GET    /sandbox/requests?last=N                   counts of the API's requests, N listed
//	DELETE /sandbox/requests                          counts from zero
//
// Seeded are statuses 101 New, 102 In progress, 103 Delivered (closed), 104
// Cancelled (closed), 105 Shipping and 106 Waiting; order types 34 (starts in 101)
// and 35 (starts in 102); location 12; employees 56, to whom the API key belongs,
// and 57, who does what the sandbox's own requests do; units 1 piece and 2 kg;
// category 7; price type 1; product types 1 Product and 2 Spare part; service 901;
// for people the custom field f201, Source.
package roapp
