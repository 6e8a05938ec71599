package testenv

import "net/http"

// Records are all records of a kind (people, organizations, products or
// categories) with every field that the account shows of them.
func (r *Roapp) Records(kind string) (records []J) {
	r.t.Helper()
	r.call(http.MethodGet, "/sandbox/"+kind, nil, &records)
	return records
}

// API sends a request of RO App's own API, for what staff do and the fake has no
// request of its own.
func (r *Roapp) API(method, path string, body, into any) {
	r.t.Helper()
	r.call(method, path, body, into)
}

// Delete deletes a record of the shop, as its manager would: "orders/7",
// "products/A-1".
func (c *Cartum) Delete(path string) {
	c.t.Helper()
	c.call(http.MethodDelete, "/sandbox/"+path, nil, nil)
}

// Terminate ends the order's workflow as an operator can, so that all that it
// knew is lost.
func (w *Env) Terminate(number int64) {
	w.T.Helper()
	w.must(w.Temporal.TerminateWorkflow(w.T.Context(), w.Key(number).WorkflowID(), "", "the test's operator"))
}
