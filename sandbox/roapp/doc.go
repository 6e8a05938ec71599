// Package roapp is a strict in-memory stand-in of RO App's public API, for
// tests and for the sandbox. It imports nothing of the project, so that a
// client's mistake cannot be mirrored in it.
//
// What the reference documents is enforced. What it marks as inferred or
// unknown is a named [Switch]; its default is the less comfortable reading
// with which the exchange can still work. Where the comfortable reading is the
// default, the table says why.
//
//	switch                        values (default first), flipped in brackets
//	----------------------------  -------------------------------------------------------------
//	search-lag                    2s; any duration up to 1h [0s]: lists of contacts, orders,
//	                              products and categories show the state of that long ago;
//	                              reads by id and an order's items do not lag
//	phones                        exact-digits, [suffix], as-stored, ignored: how the filters
//	                              phones and client_phones compare; as-stored and ignored are
//	                              harsher, but no search could find what staff typed, or would
//	                              return every contact
//	contact-phones                phones-objects, [phone-strings]: a contact's phones when read
//	phone-format                  digits, [any]: digits demands "+" (optional) and 7 to 15 digits
//	                              of what the API writes; staff write what they like
//	duplicate-phone               accepted, [refused]: accepted makes duplicates in silence
//	duplicate-article             accepted, [refused]: the same for a product's article or code
//	write-off-leaves-modified-at  yes, [no]: a write-off does not show in modified_at
//	write-off-leaves-flag         yes, [no]: is_deduction_required of the order and of its items
//	                              stays true; only write_offs tells
//	deduct-on-add                 no, yes: added products are written off at once; no, because
//	                              with yes nothing may be imported at all
//	missing-right                 none, 403, 400: refusal of POST items for products when the
//	                              key's employee lacks "Can add products without deduction";
//	                              none, for the same reason
//	forbidden-transitions         empty, or "101>104,102>101": status changes that are refused;
//	                              empty, as which ones is each account's own choice
//	status-comment                all, [none], or "104,105": statuses that demand a comment
//	closing-unpaid                allowed, refused: a closing status while payed < total; allowed,
//	                              as the API takes no payments and could never close otherwise
//	closing-undeducted            allowed, refused: the same while goods are not written off;
//	                              allowed, as only staff can write off
//	product-create                yes, 403, 404: POST of a product in either catalogue; yes, since
//	                              with a refusal no order with a new product can be imported
//	category-create               404, 403, [yes]: POST of a category in either catalogue, which
//	                              nothing documents
//	quantity-zero                 refused, [accepted]: PATCH of an item's quantity to 0
//	patch-written-off             accepted, [refused]: accepted lets a careless client damage an
//	                              item whose goods are gone
//	patch-custom-fields           replace, [merge]: PATCH of an order with some custom fields
//	                              empties the others, or leaves them
//	create-answer                 id, data-id, [number], empty: {"id":1}, {"data":{"id":1}}, a bare
//	                              1, or 200 without a body; id, because with empty a client finds
//	                              what it created only by searching
//	comment-limit                 2000, [0], or another number of characters; 0 is no limit
//	retry-after                   absent, [seconds]: the header on 429
//	limit-window                  sliding, [calendar]: the window of the request limit
//	error-body                    message, error, detail, [old]: form of errors of /v2; the
//	                              unversioned API always has the old form
//	unknown-order                 404, 400: 404 is documented for contacts only; 404 here,
//	                              since a bare 400 would not tell a deleted order from a mistake
//	company-currency              absent, [present]: whether GET /v2/company names the currency
//	company-lists                 bare, [data]: locations and employees as [..] or {"data":[..]}
//	categories-list               paged, [array]: GET /v2/catalog/products/categories
//	public-url                    object, [string]: {"url":".."} or ".."
//	trailing-slash                documented, [any]: /products/, /warehouse/categories/ and
//	                              /margins/ with, all others without; else 404
//	legacy-catalogue              yes, [404], 405, 410: how /products/, /warehouse/categories/,
//	                              /catalogs/uoms and /margins/ answer; yes, as they are documented
//	v2-catalogue                  yes, 404, 405, 410: how /v2/catalog/... answers; yes, since nothing
//	                              can be imported with both gone
//	required-contact-field        no, [yes]: whether people must be created with f201, Source; an
//	                              empty text will do; no, as an account has to configure it
//	required-order-field          no, [yes]: the same for orders and f106, Channel
//	client-filter                 clients_ids, [client_ids]: the name of the filter of orders by
//	                              client; the other name is an unknown key
//	organization-filter           ignored, [honoured]: whether names and phones filter the list of
//	                              organizations, which documents no query parameter
//	archived-products             shown, [hidden]: whether lists show archived products, with
//	                              is_archived
//	webhook-id                    header, [absent], different: the header X-Webhook-Id; header, as it
//	                              was seen; the signature always covers the body's id
//
// [Profile] returns the two sets of values "documented" (the defaults) and
// "flipped". A value that would stop every import or every closing is the same
// in both.
//
// Requests of the sandbox itself, outside of the API:
//
//	GET    /sandbox/orders, /sandbox/orders/{id}      order, items, feed, history; no search lag
//	POST   /sandbox/orders/{id}/write-off             goods written off; {"items":[1]} limits it
//	DELETE /sandbox/orders/{id}/write-off             taken back, goods are in stock again
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
// Cancelled (closed), 105 Shipping and 106 Waiting; order types 34 (starts in
// 101) and 35 (starts in 102); location 12; employees 56, to whom the API key
// belongs, and 57, who does what the sandbox's own requests do; units 1 piece
// and 2 kg; category 7; price type 1; product types 1 Product and 2 Spare part;
// service 901; for people the custom field f201, Source.
package roapp
