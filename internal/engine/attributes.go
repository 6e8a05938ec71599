package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
)

// Search attributes of an order. They are plain text in Temporal: nothing personal belongs here. A server on a SQL
// database has room for three of Int, Bool, Datetime, Double and KeywordList
// each, and for ten Keywords.
var (
	AttrShop          = temporal.NewSearchAttributeKeyKeyword("Shop")
	AttrOrderNumber   = temporal.NewSearchAttributeKeyKeyword("OrderNumber")
	AttrSyncState     = temporal.NewSearchAttributeKeyKeyword("SyncState")
	AttrHoldReason    = temporal.NewSearchAttributeKeyKeyword("HoldReason")
	AttrObserved      = temporal.NewSearchAttributeKeyKeyword("Observed")
	AttrRoappOrder    = temporal.NewSearchAttributeKeyInt64("RoappOrder")
	AttrCartumStatus  = temporal.NewSearchAttributeKeyInt64("CartumStatus")
	AttrRoappStatus   = temporal.NewSearchAttributeKeyInt64("RoappStatus")
	AttrWrittenOff    = temporal.NewSearchAttributeKeyBool("WrittenOff")
	AttrCartumCreated = temporal.NewSearchAttributeKeyTime("CartumCreated")
	AttrLastSynced    = temporal.NewSearchAttributeKeyTime("LastSynced")
	AttrHeldSince     = temporal.NewSearchAttributeKeyTime("HeldSince")
	AttrAmount        = temporal.NewSearchAttributeKeyFloat64("Amount")
	// AttrSearch are keyed hashes of what people search an order by: names, phones, RO App's number.
	AttrSearch = temporal.NewSearchAttributeKeyKeywordList("SearchTokens")
)

// SearchAttributes returns all search attributes that [RegisterSearchAttributes] registers.
func SearchAttributes() []temporal.SearchAttributeKey {
	return []temporal.SearchAttributeKey{
		AttrShop, AttrOrderNumber, AttrSyncState, AttrHoldReason, AttrObserved,
		AttrRoappOrder, AttrCartumStatus, AttrRoappStatus,
		AttrWrittenOff,
		AttrCartumCreated, AttrLastSynced, AttrHeldSince,
		AttrAmount,
		AttrSearch,
	}
}

// ErrAttributeType means that a search attribute exists with another type. A type cannot be changed.
var ErrAttributeType = errors.New("search attribute has another type")

// registerAttempts is how often registering starts over: processes that start at once refuse each other's update.
const registerAttempts = 5

// RegisterSearchAttributes adds the missing ones of [SearchAttributes] to the namespace and waits until queries may use
// them. It may be called by several processes at once.
func RegisterSearchAttributes(ctx context.Context, c client.Client, namespace string) error {
	for attempt := 1; ; attempt++ {
		missing, err := missingAttributes(ctx, c, namespace)
		if err != nil {
			return err
		}
		if len(missing) == 0 {
			return waitUsable(ctx, c, namespace)
		}
		_, err = c.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
			Namespace:        namespace,
			SearchAttributes: missing,
		})
		if err == nil {
			return waitUsable(ctx, c, namespace)
		}
		if attempt == registerAttempts || refused(err) || unimplemented(err) {
			return addFailed(namespace, missing, err)
		}
		if err := sleep(ctx, time.Duration(attempt)*200*time.Millisecond); err != nil {
			return err
		}
	}
}

func missingAttributes(ctx context.Context, c client.Client, namespace string) (map[string]enumspb.IndexedValueType, error) {
	list, err := c.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: namespace})
	if err != nil {
		return nil, fmt.Errorf("list search attributes of namespace %s: %w", namespace, err)
	}
	missing := make(map[string]enumspb.IndexedValueType)
	for _, key := range SearchAttributes() {
		got, ok := list.GetCustomAttributes()[key.GetName()]
		switch {
		case !ok:
			missing[key.GetName()] = key.GetValueType()
		case got != key.GetValueType():
			return nil, fmt.Errorf("%w: %s in namespace %s is %s, must be %s; remove it there or use another namespace",
				ErrAttributeType, key.GetName(), namespace, got, key.GetValueType())
		}
	}
	return missing, nil
}

// addFailed names the command that an operator can run instead.
func addFailed(namespace string, missing map[string]enumspb.IndexedValueType, err error) error {
	flags := make([]string, 0, len(missing))
	for name, valueType := range missing {
		flags = append(flags, fmt.Sprintf("--name %s --type %s", name, valueType))
	}
	slices.Sort(flags)
	return fmt.Errorf("add search attributes: %w; an operator can add them with: temporal operator search-attribute create --namespace %s %s",
		err, namespace, strings.Join(flags, " "))
}

// waitUsable waits until queries know the attributes: servers cache them for two seconds with a SQL database and up to a
// minute with Elasticsearch.
func waitUsable(ctx context.Context, c client.Client, namespace string) error {
	conditions := []string{"WorkflowId = ''"}
	for _, key := range SearchAttributes() {
		conditions = append(conditions, key.GetName()+" IS NULL")
	}
	request := &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: namespace,
		PageSize:  1,
		Query:     strings.Join(conditions, " AND "),
	}
	for delay := 100 * time.Millisecond; ; delay = min(2*delay, 5*time.Second) {
		_, err := c.ListWorkflow(ctx, request)
		if err == nil {
			return nil
		}
		if sleepErr := sleep(ctx, delay); sleepErr != nil {
			return fmt.Errorf("search attributes of namespace %s are not usable yet: %w: %w", namespace, err, sleepErr)
		}
	}
}

// sleep returns early, with the reason, when ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
