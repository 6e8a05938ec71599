// Package contract checks what the clients ask and what is answered against the project's own OpenAPI documents of the two
// services: in tests, so that neither client nor fake can drift away from what is known of the services, and on real
// accounts, to find out where the documents are wrong.
package contract

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/pb33f/libopenapi-validator/config"
	problems "github.com/pb33f/libopenapi-validator/errors"
	"github.com/pb33f/libopenapi-validator/schema_validation"
	v3 "github.com/pb33f/libopenapi/datamodel/high/v3"

	"github.com/cartumsync/cartumsync/docs/reference"
)

// Contract is one service's document, ready to check against. It is safe for parallel use.
type Contract struct {
	name      string
	document  *v3.Document
	validator validator.Validator
	options   *config.ValidationOptions
	mu        sync.Mutex // the validator writes into the document's schemas as it renders them
}

// Cartum is the contract of a Cartum shop.
func Cartum() *Contract { return cartum() }

// Roapp is the contract of an RO App account.
func Roapp() *Contract { return roapp() }

var (
	cartum = sync.OnceValue(func() *Contract { return mustParse("Cartum", reference.Cartum) })
	roapp  = sync.OnceValue(func() *Contract { return mustParse("RO App", reference.Roapp) })
)

// mustParse panics where the document is not a valid one, which is a mistake of the repository.
func mustParse(name string, text []byte) *Contract {
	c, err := parse(name, text)
	if err != nil {
		panic(fmt.Errorf("the document of %s: %w", name, err))
	}
	return c
}

func parse(name string, text []byte) (*Contract, error) {
	document, err := libopenapi.NewDocument(text)
	if err != nil {
		return nil, err
	}
	model, err := document.BuildV3Model()
	if err != nil {
		return nil, err
	}
	rules := []config.Option{
		config.WithRejectUndeclaredRequestBody(),
		config.WithFormatAssertions(),
		config.WithCustomFormat("shop-time", textOf(time.DateTime)),
		config.WithCustomFormat("utc-second", textOf("2006-01-02T15:04:05Z")),
	}
	checker, errs := validator.NewValidator(document, rules...)
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	if valid, found := checker.ValidateDocument(); !valid {
		return nil, errors.New(strings.Join(texts(found), "; "))
	}
	return &Contract{name: name, document: &model.Model, validator: checker, options: config.NewValidationOptions(rules...)}, nil
}

// textOf is a format: a time in the layout. Values of other types are the schema's business.
func textOf(layout string) func(any) error {
	return func(value any) error {
		text, ok := value.(string)
		if !ok {
			return nil
		}
		_, err := time.Parse(layout, text)
		return err
	}
}

// Operations are all that the document describes, as "GET /v2/orders/{id}".
func (c *Contract) Operations() []string {
	var all []string
	for path, item := range c.document.Paths.PathItems.FromOldest() {
		for method := range item.GetOperations().FromOldest() {
			all = append(all, strings.ToUpper(method)+" "+path)
		}
	}
	slices.Sort(all)
	return all
}

// operation is the one that a request asks for, "POST /v2/orders", or what is wrong with its address.
func (c *Contract) operation(r *http.Request) (name string, found *v3.Operation, problem string) {
	template, item := c.path(r.URL.Path)
	if item == nil {
		return "", nil, "the document has no such path"
	}
	found, ok := item.GetOperations().Get(strings.ToLower(r.Method))
	if !ok {
		return "", nil, "the document does not have this method of the path"
	}
	return r.Method + " " + template, found, ""
}

// path is the one of the document that fits, a slash at the end included; one without variables goes first.
func (c *Contract) path(path string) (template string, found *v3.PathItem) {
	for candidate, item := range c.document.Paths.PathItems.FromOldest() {
		if candidate == path {
			return candidate, item
		}
		if fits(candidate, path) {
			template, found = candidate, item
		}
	}
	return template, found
}

func fits(template, path string) bool {
	wanted, segments := strings.Split(template, "/"), strings.Split(path, "/")
	return slices.EqualFunc(wanted, segments, func(want, segment string) bool {
		return want == segment || strings.HasPrefix(want, "{") && isID.MatchString(segment)
	})
}

// isID is how records are named in paths.
var isID = regexp.MustCompile(`^\d+$`)

// undocumented are the query's parameters that the operation does not have.
func undocumented(r *http.Request, operation *v3.Operation) []string {
	var unknown []string
	for name := range r.URL.Query() {
		if !slices.ContainsFunc(operation.Parameters, func(p *v3.Parameter) bool { return p.In == "query" && p.Name == name }) {
			unknown = append(unknown, "the document has no parameter "+name)
		}
	}
	return unknown
}

func (c *Contract) checkRequest(r *http.Request, operation *v3.Operation, body []byte) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, found := c.validator.ValidateHttpRequestSync(withBody(r, body))
	return append(undocumented(r, operation), texts(found)...)
}

// mayBeEmpty marks answers that may come without a body.
const mayBeEmpty = "x-may-be-empty"

func (c *Contract) checkAnswer(r *http.Request, operation *v3.Operation, status int, header http.Header, body []byte) []*problems.ValidationError {
	c.mu.Lock()
	defer c.mu.Unlock()
	if described, ok := operation.Responses.Codes.Get(fmt.Sprint(status)); ok && len(body) == 0 {
		if _, may := described.Extensions.Get(mayBeEmpty); may {
			return nil
		}
	}
	answer := &http.Response{StatusCode: status, Header: header.Clone(), Body: io.NopCloser(bytes.NewReader(body))}
	_, found := c.validator.ValidateHttpResponse(withBody(r, nil), answer)
	return found
}

// CheckRecord reports whether a record, such as an "Order", is as the document
// describes it.
func (c *Contract) CheckRecord(schema string, record []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	described, ok := c.document.Components.Schemas.Get(schema)
	if !ok {
		return fmt.Errorf("the document of %s has no schema %s", c.name, schema)
	}
	records := schema_validation.NewSchemaValidator(config.WithExistingOpts(c.options))
	if _, found := records.ValidateSchemaBytesWithVersion(described.Schema(), record, 3.1); len(found) > 0 {
		return errors.New(strings.Join(texts(found), "\n"))
	}
	return nil
}

// Differences are the places where an answer is not as the document says, without any value of it:
// "$.data[].phones[]: type".
func (c *Contract) Differences(r *http.Request, status int, header http.Header, body []byte) []string {
	_, operation, problem := c.operation(r)
	if problem != "" {
		return nil // nothing is described
	}
	if _, ok := operation.Responses.Codes.Get(fmt.Sprint(status)); !ok {
		return []string{fmt.Sprintf("HTTP status %d", status)}
	}
	var places []string
	for _, one := range c.checkAnswer(r, operation, status, header, body) {
		if len(one.SchemaValidationErrors) == 0 {
			places = append(places, one.ValidationType+" "+one.ValidationSubType)
		}
		for _, detail := range fitting(one.SchemaValidationErrors) {
			keyword := detail.KeywordLocation[strings.LastIndex(detail.KeywordLocation, "/")+1:]
			places = append(places, indices.ReplaceAllString(detail.FieldPath, "[]")+": "+keyword)
		}
	}
	slices.Sort(places)
	return slices.Compact(places)
}

var indices = regexp.MustCompile(`\[\d+\]`)

// withBody is the request with a body that can be read again.
func withBody(r *http.Request, body []byte) *http.Request {
	again := r.Clone(r.Context())
	again.Body = io.NopCloser(bytes.NewReader(body))
	return again
}

// texts are problems in words, each with the place where the value is.
func texts(found []*problems.ValidationError) []string {
	var all []string
	for _, one := range found {
		if len(one.SchemaValidationErrors) == 0 {
			all = append(all, one.Message+": "+one.Reason)
			continue
		}
		for _, detail := range fitting(one.SchemaValidationErrors) {
			place := cmp.Or(detail.FieldPath, "$")
			all = append(all, place+": "+detail.Reason)
		}
	}
	return all
}

var alternative = regexp.MustCompile(`^/anyOf/\d+`)

// fitting leaves out the alternatives of a body that are for another status than the body's, unless that leaves none.
func fitting(details []*problems.SchemaValidationFailure) []*problems.SchemaValidationFailure {
	other := map[string]bool{}
	for _, detail := range details {
		if branch := alternative.FindString(detail.KeywordLocation); branch != "" && detail.FieldPath == "$.status" {
			other[branch] = true
		}
	}
	var kept []*problems.SchemaValidationFailure
	for _, detail := range details {
		if !other[alternative.FindString(detail.KeywordLocation)] {
			kept = append(kept, detail)
		}
	}
	if len(kept) == 0 {
		return details
	}
	return kept
}
