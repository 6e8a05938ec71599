package polling

import (
	"context"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/worker"

	"github.com/cartumsync/cartumsync/internal/order"
	"github.com/cartumsync/cartumsync/internal/roapp"
)

// slots lets a worker take tasks out of an account's queue as the account's limiter says, and has the limiter give the
// tasks' requests their turns.
type slots struct {
	worker.WorkerTuner // of what is no activity
	interceptor.WorkerInterceptorBase

	limiter *roapp.Limiter
}

func newSlots(limiter *roapp.Limiter) (*slots, error) {
	others, err := worker.NewFixedSizeTuner(worker.FixedSizeTunerOptions{})
	return &slots{WorkerTuner: others, limiter: limiter}, err
}

// GetActivityTaskSlotSupplier implements [worker.WorkerTuner].
func (s *slots) GetActivityTaskSlotSupplier() worker.SlotSupplier { return s }

// ReserveSlot implements [worker.SlotSupplier].
func (s *slots) ReserveSlot(ctx context.Context, _ worker.SlotReservationInfo) (*worker.SlotPermit, error) {
	if err := s.limiter.Take(ctx); err != nil {
		return nil, err
	}
	return &worker.SlotPermit{}, nil
}

// TryReserveSlot implements [worker.SlotSupplier]. Nothing is taken past the queue, which is in the order of urgency.
func (*slots) TryReserveSlot(worker.SlotReservationInfo) *worker.SlotPermit { return nil }

// MarkSlotUsed implements [worker.SlotSupplier].
func (*slots) MarkSlotUsed(worker.SlotMarkUsedInfo) {}

// ReleaseSlot implements [worker.SlotSupplier].
func (s *slots) ReleaseSlot(worker.SlotReleaseInfo) { s.limiter.Free() }

// MaxSlots implements [worker.SlotSupplier].
func (s *slots) MaxSlots() int { return s.limiter.Tasks() }

// InterceptActivity implements [interceptor.WorkerInterceptor].
func (s *slots) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	i := &limited{limiter: s.limiter}
	i.Next = next
	return i
}

// limited has an activity's requests wait for the limiter.
type limited struct {
	interceptor.ActivityInboundInterceptorBase

	limiter *roapp.Limiter
}

// ExecuteActivity implements [interceptor.ActivityInboundInterceptor].
func (i *limited) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	ctx, end := i.limiter.Start(ctx, activity.GetInfo(ctx).Priority.PriorityKey, int(order.UrgencyStarted))
	defer end()
	return i.Next.ExecuteActivity(ctx, in)
}
