package roapp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"
)

func assertError(t *testing.T, err error, kind Kind, mayHaveCommitted bool) *Error {
	t.Helper()
	e, ok := errors.AsType[*Error](err)
	if !ok {
		t.Fatalf("error is %v", err)
	}
	if e.Kind != kind || e.MayHaveCommitted != mayHaveCommitted {
		t.Errorf("%v: kind %s, may have committed %t; want %s, %t", e, e.Kind, e.MayHaveCommitted, kind, mayHaveCommitted)
	}
	if strings.Contains(fmt.Sprintf("%v %+v %#v %s", e, e, *e, e.Message), testKey) {
		t.Errorf("the key shows in %#v", e)
	}
	return e
}

const htmlPage = "<!DOCTYPE html><html><head><title>Bad\n gateway &amp; co</title></head><body>x</body></html>"

func TestClassification(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status  int
		body    string
		kind    Kind
		unsure  bool // a write may have been committed
		message string
	}{
		"400":                       {400, `{"message":"phone is taken"}`, Rejected, false, "phone is taken"},
		"400 empty object":          {400, `{}`, Rejected, false, ""},
		"400 empty":                 {400, ``, Rejected, false, ""},
		"400 error":                 {400, `{"error":"no such type"}`, Rejected, false, "no such type"},
		"400 nested error":          {400, `{"error":{"message":"no such type","code":7}}`, Rejected, false, "no such type"},
		"400 detail":                {400, `{"detail":[{"message":"a"},{"message":"b"}]}`, Rejected, false, "a; b"},
		"400 validation":            {400, `{"success":false,"code":101,"message":{"validation":{"phone":["bad","short"],"email":"taken"}}}`, Rejected, false, "email: taken; phone: bad; short"},
		"400 custom field":          {400, `{"message":"Помилка","errors":{"custom_fields":{"f12":["Це поле є обов'язковим"]}}}`, Rejected, false, "Помилка: custom_fields: f12: Це поле є обов'язковим"},
		"400 other object":          {400, `{"reason":"closed","n":3}`, Rejected, false, "n: 3; reason: closed"},
		"400 text":                  {400, "  Some\n\ttext ", Rejected, false, "Some text"},
		"400 html":                  {400, htmlPage, Rejected, false, "Bad gateway & co"},
		"400 html without title":    {400, "<p>x</p>", Rejected, false, ""},
		"400 invalid token":         {400, `{"success":false,"message":"Invalid token given"}`, Credentials, false, "Invalid token given"},
		"400 echoes the key":        {400, `{"message":"key ` + testKey + ` cannot do it"}`, Rejected, false, "key [key] cannot do it"},
		"401":                       {401, `{"code":401}`, Credentials, false, "code: 401"},
		"403":                       {403, `{"message":"no right"}`, Forbidden, false, "no right"},
		"403 code 101":              {403, `{"success":false,"code":101,"message":"expired"}`, Credentials, false, "expired"},
		"403 code 101 as text":      {403, `{"code":"101"}`, Credentials, false, "code: 101"},
		"403 invalid token":         {403, `invalid token`, Credentials, false, "invalid token"},
		"404 text":                  {404, ``, Missing, false, ""},
		"404 json":                  {404, `{"detail":"Not found"}`, Missing, false, "Not found"},
		"405":                       {405, ``, Missing, false, ""},
		"408":                       {408, ``, Unavailable, true, ""},
		"409":                       {409, `{"message":"conflict"}`, Rejected, false, "conflict"},
		"410":                       {410, ``, Missing, false, ""},
		"422":                       {422, `{"errors":["a","b"]}`, Rejected, false, "a; b"},
		"423":                       {423, ``, Throttled, false, ""},
		"425":                       {425, ``, Unavailable, true, ""},
		"429":                       {429, ``, Throttled, false, ""},
		"500":                       {500, `{"success":false,"message":"oops"}`, Unavailable, true, "oops"},
		"500 invalid token":         {500, `Invalid token`, Unavailable, true, "Invalid token"},
		"502 html":                  {502, htmlPage, Unavailable, true, "Bad gateway & co"},
		"503":                       {503, ``, Unavailable, true, ""},
		"304":                       {304, ``, Unavailable, true, ""},
		"200 html":                  {200, htmlPage, Unavailable, true, "Bad gateway & co"},
		"200 cut":                   {200, `{"id":1`, Unavailable, true, `{"id":1`},
		"200 two documents":         {200, `{"id":1}{"id":2}`, Unavailable, true, `{"id":1}{"id":2}`},
		"200 success false":         {200, `{"success":false,"message":"no such product"}`, Rejected, false, "no such product"},
		"200 success false, token":  {200, `{"success":false,"message":"Invalid token"}`, Credentials, false, "Invalid token"},
		"200 success false, silent": {200, `{"success":false}`, Rejected, false, ""},
		"200 id is text":            {200, `{"id":"abc"}`, Malformed, true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, c := newService(t, says(test.status, test.body))
			_, err := c.CreatePerson(t.Context(), NewPerson{FirstName: "Anna"})
			e := assertError(t, err, test.kind, test.unsure)
			if e.Status != test.status || e.Endpoint != "POST /v2/contacts/people" {
				t.Errorf("status %d of %q", e.Status, e.Endpoint)
			}
			if e.Message != test.message {
				t.Errorf("message is %q, want %q", e.Message, test.message)
			}
			if test.message != "" && strings.Contains(e.Error(), test.message) {
				t.Errorf("the service's words are in %q", e.Error())
			}
		})
	}
}

// F6: what is no proper answer to a search is an error, never "not found".
func TestF6SearchNeverTakesAnErrorForNothing(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status int
		body   string
		kind   Kind
	}{
		"500":             {500, ``, Unavailable},
		"500 with data":   {500, `{"data":[]}`, Unavailable},
		"empty":           {200, ``, Unavailable},
		"html":            {200, htmlPage, Unavailable},
		"cut":             {200, `{"data":[`, Unavailable},
		"no content":      {204, ``, Unavailable},
		"404":             {404, ``, Missing},
		"405":             {405, ``, Missing},
		"410":             {410, ``, Missing},
		"success false":   {200, `{"success":false}`, Rejected},
		"null":            {200, `null`, Malformed},
		"text":            {200, `"ok"`, Malformed},
		"no data":         {200, `{}`, Malformed},
		"data null":       {200, `{"data":null}`, Malformed},
		"data an object":  {200, `{"data":{}}`, Malformed},
		"null in data":    {200, `{"data":[null]}`, Malformed},
		"empty in data":   {200, `{"data":[{}]}`, Malformed},
		"broken promise":  {200, `{"data":[],"paging":{"page":1,"total_pages":1,"count":3}}`, Malformed},
		"broken promise2": {200, `{"data":[],"count":3,"page":1,"success":true}`, Malformed},
	} {
		for _, search := range []string{"FindPeople", "FindPeopleByName", "FindOrganizations", "FindProducts", "FindOrders", "SearchContacts", "SearchProducts"} {
			t.Run(search+" "+name, func(t *testing.T) {
				t.Parallel()
				_, c := newService(t, says(test.status, test.body))
				if search == "FindOrders" && strings.HasSuffix(name, "in data") {
					page, err := c.FindOrders(t.Context(), OrderQuery{})
					if err != nil || len(page.Failed) != 1 {
						t.Errorf("got %+v, %v", page, err)
					}
					return
				}
				assertError(t, calls[search].do(t.Context(), c), test.kind, false)
			})
		}
	}
}

// F4: an answer that is lost on the way leaves a write in doubt.
func TestF4LostAnswer(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]http.HandlerFunc{
		"connection closed": losesAnswer,
		"body cut": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte(`{"id":1}`))
		},
	} {
		for method, call := range calls {
			t.Run(name+" "+method, func(t *testing.T) {
				t.Parallel()
				_, c := newService(t, answer)
				assertError(t, call.do(t.Context(), c), Unavailable, call.writes)
			})
		}
	}
}

func TestRefusalWithCutBodyIsARefusal(t *testing.T) {
	t.Parallel()
	_, c := newService(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`no`))
	})
	assertError(t, c.SetStatus(t.Context(), 7, 1, ""), Rejected, false)
}

// silent takes each request whole and never answers.
type silent struct{}

func (silent) RoundTrip(r *http.Request) (*http.Response, error) {
	httptrace.ContextClientTrace(r.Context()).WroteRequest(httptrace.WroteRequestInfo{})
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func TestSlowAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := New(Config{APIKey: testKey, Timeout: time.Minute, HTTP: &http.Client{Transport: silent{}}})
		began := time.Now()
		e := assertError(t, c.SetStatus(t.Context(), 7, 1, ""), Unavailable, true)
		if !errors.Is(e, context.DeadlineExceeded) || !strings.HasSuffix(e.Error(), "timeout") || time.Since(began) != time.Minute {
			t.Errorf("error after %s is %v", time.Since(began), e)
		}
	})

	release := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	_, patient := newService(t, func(http.ResponseWriter, *http.Request) { cancel(); <-release })
	defer close(release)
	e := assertError(t, patient.SetStatus(ctx, 7, 1, ""), Unavailable, true)
	if !errors.Is(e, context.Canceled) {
		t.Errorf("error is %v", e)
	}
}

func TestNoConnectionCommitsNothing(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close()
	plain, _ := newService(t, ok(`{}`))
	for name, url := range map[string]string{
		"refused":      "http://" + address,
		"no TLS":       strings.Replace(plain.URL, "http:", "https:", 1),
		"unknown host": "http://host.invalid",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := New(Config{URL: url, APIKey: testKey, RequestsPerSecond: -1})
			e := assertError(t, c.SetStatus(t.Context(), 7, 1, ""), Unavailable, false)
			if e.Status != 0 || e.Err == nil {
				t.Errorf("status %d, cause %v", e.Status, e.Err)
			}
		})
	}
}

func TestErrorsShowNeitherKeyNorPersonalData(t *testing.T) {
	t.Parallel()
	const phone = "+48501234567"
	inner := &url.Error{Op: "Get", URL: "https://x/?token=" + testKey, Err: errors.New(testKey + " " + phone)}
	c := New(Config{
		APIKey: testKey, RequestsPerSecond: -1,
		HTTP: &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) { return nil, inner })},
	})
	_, err := c.FindPeople(t.Context(), []string{phone})
	assertError(t, err, Unavailable, false)
	for e := err; e != nil; e = errors.Unwrap(e) {
		if text := e.Error(); strings.Contains(text, "4850") || strings.Contains(text, testKey) {
			t.Errorf("error is %q", text)
		}
	}

	_, c = newService(t, ok(`{"data":[{"id":1,"name":"Anna","phones":[{"number":"`+phone+`"}],"email":["anna@example.com"]}]}`))
	_, err = c.FindPeople(t.Context(), []string{phone})
	assertError(t, err, Malformed, false)
	if strings.Contains(err.Error(), "4850") || strings.Contains(strings.ToLower(err.Error()), "anna") {
		t.Errorf("error is %q", err)
	}
}

func TestUntracedTransportLeavesDoubt(t *testing.T) {
	t.Parallel()
	c := New(Config{RequestsPerSecond: -1, HTTP: &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) {
		return nil, errors.New("broken")
	})}})
	assertError(t, c.SetStatus(t.Context(), 7, 1, ""), Unavailable, true)
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"":                              0,
		"3":                             3 * time.Second,
		" 3 ":                           3 * time.Second,
		"-3":                            0,
		"1.5":                           0,
		"soon":                          0,
		"999999":                        time.Hour,
		"99999999999999999999":          0,
		"Fri, 20 Nov 2026 12:00:30 GMT": 30 * time.Second,
		"Fri, 20 Nov 2026 11:00:00 GMT": 0,
	} {
		if got := retryAfter(http.Header{"Retry-After": {value}}, now); got != want {
			t.Errorf("%q is %s, want %s", value, got, want)
		}
	}
	_, c := newService(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "3")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	_, err := c.Company(t.Context())
	if e := assertError(t, err, Throttled, false); e.RetryAfter != 3*time.Second {
		t.Errorf("retry after %s", e.RetryAfter)
	}
}

func TestMessageIsShortened(t *testing.T) {
	t.Parallel()
	_, c := newService(t, says(400, `{"message":"`+strings.Repeat("ї", 1000)+`"}`))
	e := assertError(t, c.SetStatus(t.Context(), 7, 1, ""), Rejected, false)
	if n := utf8.RuneCountInString(e.Message); n != 300 {
		t.Errorf("%d runes", n)
	}
}

func TestKindOf(t *testing.T) {
	t.Parallel()
	wrapped := fmt.Errorf("import: %w", &Error{Kind: Forbidden})
	if KindOf(wrapped) != Forbidden || KindOf(errors.New("x")) != "" || KindOf(nil) != "" {
		t.Error("wrong kind")
	}
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	e := &Error{Kind: Malformed, Endpoint: "GET /v2/orders/{id}", Status: 200, Err: errors.New("total: not a decimal number")}
	if got, want := e.Error(), "roapp: GET /v2/orders/{id}: Malformed, status 200: total: not a decimal number"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func FuzzReadWords(f *testing.F) {
	for _, seed := range []string{`{"message":{"validation":{"a":["b"]}}}`, `[[[[[[[["x"]]]]]]]]`, htmlPage, `text`, `{"code":{}}`} {
		f.Add([]byte(seed))
	}
	c := New(Config{APIKey: testKey})
	f.Fuzz(func(t *testing.T, body []byte) {
		if n := utf8.RuneCountInString(c.message(readWords(body))); n > maxMessage {
			t.Errorf("%d runes", n)
		}
	})
}
