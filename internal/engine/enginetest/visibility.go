package enginetest

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/temporal"

	"github.com/cartumsync/cartumsync/internal/engine"
)

// ListWorkflow implements [client.Client]: runs that fit the query, those that were started last first, in pages.
func (m *Memory) ListWorkflow(ctx context.Context, in *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	found, err := m.query(ctx, "ListWorkflow", in.GetQuery())
	if err != nil {
		return nil, err
	}
	at, _ := strconv.Atoi(string(in.GetNextPageToken())) // none is the start
	until := len(found)
	if size := int(in.GetPageSize()); size > 0 {
		until = min(at+size, until)
	}
	answer := &workflowservice.ListWorkflowExecutionsResponse{}
	for _, run := range found[at:until] {
		answer.Executions = append(answer.Executions, run.info())
	}
	if until < len(found) {
		answer.NextPageToken = strconv.AppendInt(nil, int64(until), 10)
	}
	return answer, nil
}

// CountWorkflow implements [client.Client].
func (m *Memory) CountWorkflow(ctx context.Context, in *workflowservice.CountWorkflowExecutionsRequest) (*workflowservice.CountWorkflowExecutionsResponse, error) {
	found, err := m.query(ctx, "CountWorkflow", in.GetQuery())
	return &workflowservice.CountWorkflowExecutionsResponse{Count: int64(len(found))}, err
}

func (m *Memory) query(ctx context.Context, call, query string) ([]*Run, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.listed = append(m.listed, query)
	if err := m.enter(ctx, call, query); err != nil {
		return nil, err
	}
	fits, err := parse(query)
	if err != nil {
		return nil, serviceerror.NewInvalidArgument(fmt.Sprintf("invalid query %s: %s", query, err))
	}
	var found []*Run
	for _, run := range m.runs {
		if fits(run) {
			found = append(found, run)
		}
	}
	slices.SortStableFunc(found, func(a, b *Run) int { return b.Started.Compare(a.Started) })
	return found, nil
}

// field is what a query names; one without a value is null.
func (r *Run) field(name string) (value any, set bool) {
	switch name {
	case "WorkflowId":
		return r.ID, true
	case "WorkflowType":
		return r.Type, true
	case "ExecutionStatus":
		return r.Status.String(), true
	case "StartTime":
		return r.Started, true
	case "CloseTime":
		return r.Closed, r.Status != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING
	default:
		value, set = r.attributes[name]
		return value, set
	}
}

// condition tells whether a run fits.
type condition func(*Run) bool

// parser reads the part of the query language that the product uses: AND, OR, parentheses, comparisons, IN and IS NULL.
type parser struct {
	tokens []string
	err    error
}

var token = regexp.MustCompile(`'(?:[^'\\]|''|\\.)*'|[A-Za-z]+|-?[0-9.]+|[<>!]=|[=<>(),]|\S`)

func parse(query string) (condition, error) {
	if query == "" {
		return func(*Run) bool { return true }, nil
	}
	p := &parser{tokens: token.FindAllString(query, -1)}
	fits := p.any()
	if p.err == nil && len(p.tokens) > 0 {
		p.fail("the end", p.tokens[0])
	}
	return fits, p.err
}

func (p *parser) fail(want, got string) {
	if p.err == nil {
		p.err = fmt.Errorf("%s is expected, not %q", want, got)
	}
	p.tokens = nil
}

func (p *parser) next() (text string) {
	if len(p.tokens) > 0 {
		text, p.tokens = p.tokens[0], p.tokens[1:]
	}
	return text
}

// took takes the next token where it is the given one.
func (p *parser) took(text string) bool {
	if len(p.tokens) == 0 || p.tokens[0] != text {
		return false
	}
	p.tokens = p.tokens[1:]
	return true
}

func (p *parser) expect(text string) {
	if got := p.next(); got != text {
		p.fail(text, got)
	}
}

func (p *parser) any() condition {
	parts := []condition{p.all()}
	for p.took("OR") {
		parts = append(parts, p.all())
	}
	return func(run *Run) bool {
		return slices.ContainsFunc(parts, func(fits condition) bool { return fits(run) })
	}
}

func (p *parser) all() condition {
	parts := []condition{p.one()}
	for p.took("AND") {
		parts = append(parts, p.one())
	}
	return func(run *Run) bool {
		return !slices.ContainsFunc(parts, func(fits condition) bool { return !fits(run) })
	}
}

func (p *parser) one() condition {
	if p.took("(") {
		inner := p.any()
		p.expect(")")
		return inner
	}
	field := p.next()
	if !known(field) {
		p.fail("a search attribute", field)
	}
	operator := p.next()
	if holds := comparisons[operator]; holds != nil {
		with := valueOf(p.next())
		return func(run *Run) bool {
			is, set := run.field(field)
			return set && holds(compare(is, with))
		}
	}
	switch operator {
	case "IS":
		p.expect("NULL")
		return func(run *Run) bool { _, set := run.field(field); return !set }
	case "IN":
		values := p.values()
		return func(run *Run) bool {
			is, set := run.field(field)
			return set && slices.ContainsFunc(values, func(one value) bool { return compare(is, one) == 0 })
		}
	default:
		p.fail("an operator", operator)
		return nil
	}
}

func (p *parser) values() (values []value) {
	p.expect("(")
	for {
		values = append(values, valueOf(p.next()))
		if !p.took(",") {
			break
		}
	}
	p.expect(")")
	return values
}

// known tells whether queries may name a field.
func known(field string) bool {
	if slices.Contains([]string{"WorkflowId", "WorkflowType", "ExecutionStatus", "StartTime", "CloseTime"}, field) {
		return true
	}
	return slices.ContainsFunc(engine.SearchAttributes(), func(key temporal.SearchAttributeKey) bool { return key.GetName() == field })
}

// comparisons are the operators, by what [compare] gives.
var comparisons = map[string]func(compared int) bool{
	"=":  func(compared int) bool { return compared == 0 },
	"!=": func(compared int) bool { return compared != 0 },
	"<":  func(compared int) bool { return compared < 0 },
	"<=": func(compared int) bool { return compared <= 0 },
	">":  func(compared int) bool { return compared > 0 },
	">=": func(compared int) bool { return compared >= 0 },
}

// value is one of a query, in each way that it can be read.
type value struct {
	text   string
	at     time.Time
	number int64
}

func valueOf(token string) value {
	v := value{text: token}
	if inner, quoted := strings.CutPrefix(token, "'"); quoted {
		v.text = strings.NewReplacer(`\\`, `\`, `''`, `'`).Replace(strings.TrimSuffix(inner, "'"))
	}
	v.at, _ = time.Parse(time.RFC3339Nano, v.text) // of most fields it is no time
	v.number, _ = strconv.ParseInt(v.text, 10, 64) // nor a number
	return v
}

// compare compares a field with a value, which is read as the field's type. A list equals each of its values.
func compare(is any, with value) int {
	switch is := is.(type) {
	case time.Time:
		return is.Compare(with.at)
	case int64:
		return cmp.Compare(is, with.number)
	case string:
		return cmp.Compare(is, with.text)
	case []string:
		if slices.Contains(is, with.text) {
			return 0
		}
		return 1
	default:
		return cmp.Compare(fmt.Sprint(is), with.text)
	}
}
