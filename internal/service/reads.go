package service

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jellydator/ttlcache/v3"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"golang.org/x/time/rate"

	"github.com/cartumsync/cartumsync/workflows"
)

const (
	// readEvery and readsAtOnce are how often one user may have RO App asked for a
	// list or a search.
	readEvery   = 2 * time.Second
	readsAtOnce = 8
	// accountReads is how many pages of an account are asked for at a time: how
	// fast they are answered is the account's worker's to decide.
	accountReads = 2
	// debounce is how long a search waits for its user to change their mind.
	debounce = 250 * time.Millisecond
)

// errManyReads refuses a user who asks more than RO App can be asked for.
var errManyReads = errors.New("too many lists and searches at once")

// reads bounds what lists and searches may have RO App asked for. Who goes away
// while they wait costs nothing.
type reads struct {
	users *ttlcache.Cache[string, *rate.Limiter]

	mu       sync.Mutex
	accounts map[string]chan struct{} // slots
}

func newReads() *reads {
	return &reads{
		// A user who is forgotten has their full allowance again by then.
		users:    ttlcache.New(ttlcache.WithTTL[string, *rate.Limiter](time.Minute), ttlcache.WithCapacity[string, *rate.Limiter](10_000)),
		accounts: map[string]chan struct{}{},
	}
}

type userKey struct{}

// WithUser names the user for whom the service is asked, so that each of them may
// have RO App asked as often as [Orders.List] allows. All without a name share that.
func WithUser(ctx context.Context, name string) context.Context {
	return context.WithValue(ctx, userKey{}, name)
}

// ofUser waits until the context's user may have RO App asked.
func (r *reads) ofUser(ctx context.Context) error {
	user, _ := ctx.Value(userKey{}).(string)
	fresh := ttlcache.WithLoader[string, *rate.Limiter](ttlcache.LoaderFunc[string, *rate.Limiter](
		func(users *ttlcache.Cache[string, *rate.Limiter], name string) *ttlcache.Item[string, *rate.Limiter] {
			return users.Set(name, rate.NewLimiter(rate.Every(readEvery), readsAtOnce), ttlcache.DefaultTTL)
		}))
	if err := r.users.Get(user, fresh).Value().Wait(ctx); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("%w: %w", errManyReads, err)
	}
	return nil
}

// ofAccount waits until one more page of the account may be asked for, until done
// is called.
func (r *reads) ofAccount(ctx context.Context, account string) (done func(), err error) {
	slots := r.slots(account)
	select {
	case slots <- struct{}{}:
		return func() { <-slots }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (r *reads) slots(account string) chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	slots, known := r.accounts[account]
	if !known {
		slots = make(chan struct{}, accountReads)
		r.accounts[account] = slots
	}
	return slots
}

// readWithin bounds a list or a search, also where nobody waits for it any longer.
const readWithin = 70 * time.Second

// kept gives the answer that is kept under the id, or has a workflow read a new one of RO App, within the limits of the
// user and the account. One that is typed waits for its user to change their mind.
func kept[T any](ctx context.Context, o *Orders, answers *shared[T], id, account string, typed bool, workflow string, in any) (answer T, err error) {
	if answer, known := answers.known(id); known {
		return answer, nil
	}
	if typed {
		if err := pause(ctx); err != nil {
			return answer, err
		}
	}
	if err := o.reads.ofUser(ctx); err != nil {
		return answer, err
	}
	return answers.get(ctx, id, func(asking context.Context) (answer T, err error) {
		done, err := o.reads.ofAccount(ctx, account)
		if err != nil {
			return answer, err
		}
		defer done()
		if err := o.read(asking, id, workflow, in, &answer); err != nil {
			return answer, fmt.Errorf("read from account %s: %w", account, err)
		}
		return answer, nil
	})
}

// read has a list or a search done by a workflow, which is gone once it has answered.
func (o *Orders) read(ctx context.Context, id, workflow string, in, into any) error {
	run, err := o.start(ctx, client.StartWorkflowOptions{ID: id, WorkflowExecutionTimeout: readWithin}, workflow, in)
	if err != nil {
		return err
	}
	err = run.Get(ctx, into)
	// What this fails to delete, a worker does.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), workflows.DispatchTimeout)
	defer cancel()
	_, _ = o.temporal.WorkflowService().DeleteWorkflowExecution(ctx, &workflowservice.DeleteWorkflowExecutionRequest{
		Namespace: o.namespace, WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: id, RunId: run.GetRunID()},
	})
	return err
}

// pause waits before a search, unless its user is gone by then.
func pause(ctx context.Context) error {
	timer := time.NewTimer(debounce)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
