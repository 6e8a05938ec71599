package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/cartumsync/cartumsync/e2e/testenv"
	"github.com/cartumsync/cartumsync/internal/order"
)

// diary is a log that can be searched.
type diary struct {
	mu   sync.Mutex
	text strings.Builder
}

func (d *diary) Write(line []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.text.Write(line)
}

func (*diary) Sync() error { return nil }

func (d *diary) logger() *zap.Logger {
	return zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), d, zapcore.DebugLevel), zap.AddCaller())
}

// assertDiscreet says that a text has neither secrets nor personal data.
func assertDiscreet(t *testing.T, w *testenv.Env, text string) {
	t.Helper()
	hidden := []string{
		"Nowak", "anna@example.com", "501234567", "501 234 567", "Długa", "Kraków", // the buyer
		"Proszę dzwonić", // the buyer's remark
		"Bearer ",
	}
	for _, value := range w.Env {
		if value != "sandbox" { // a word that stands in the fakes' names too
			hidden = append(hidden, value)
		}
	}
	for _, secret := range hidden {
		if at := strings.Index(text, secret); at >= 0 {
			t.Errorf("%q is told: …%s…", secret, text[max(0, at-200):min(len(text), at+200)])
		}
	}
}

func (d *diary) String() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.text.String()
}

func TestF49_TokenExpiresInTheMiddleOfAnImport(t *testing.T) {
	t.Parallel()
	s := sceneByArticle()
	o := s.options
	o.CartumSwitches = map[string]string{"expired_token": "error"}
	w := s.open(t, o)
	w.Roapp.Break(testenv.Fault{Match: "GET /products", Kind: "slow", Delay: "700ms"})
	s.place(w)
	w.AwaitSeen(w.Roapp, "GET /products", 1)
	w.Cartum.ExpireTokens()
	w.AwaitSynced(sceneNumber)
	assertQuiet(t, s.quiet(t), w)
	assert.Equal(t, 2, w.Cartum.Requests().Logins)
}

// Many orders at once find the token expired: they share one login.
func TestF49_ExpiredTokenIsReplacedOnce(t *testing.T) {
	t.Parallel()
	w := unhurried(t, testenv.Options{})
	w.Place(1, nil)
	w.AwaitSynced(1)
	w.Cartum.ExpireTokens()
	orders := map[int64]testenv.J{}
	for number := int64(2); number < 12; number++ {
		orders[number] = nil
	}
	placeAll(w, orders)
	assert.Equal(t, 2, w.Cartum.Requests().Logins)
}

// Wrong credentials hold the orders, without a storm of refused requests and
// without a word of them in the log. A worker with the right ones goes on.
func TestF49_WrongCredentials(t *testing.T) {
	t.Parallel()
	s := sceneByArticle()
	log := new(diary)
	o := s.options
	o.Idle, o.Logger = true, log.logger()
	w := s.open(t, o)
	const key, orders = "ROAPP_API_KEY", 5
	right := w.Env[key]
	w.Reconfigured(map[string]string{key: "wrong-key-of-the-account"})
	worker := w.StartWorker()
	s.place(w)
	for number := range int64(orders) {
		w.Place(number+1, nil)
	}
	view := w.AwaitHeld(sceneNumber, order.HoldCredentials)
	for number := range int64(orders) {
		w.AwaitHeld(number+1, order.HoldCredentials)
	}
	assert.Greater(t, time.Until(*view.Hold.NextRetry), 4*time.Minute)
	// A person who asks at once is refused without asking the service again.
	w.Decide(sceneNumber, order.Decision{Kind: order.DecideRetry})
	w.Await(sceneNumber, func(v testenv.Order) string {
		if v.Hold == nil || v.Hold.Retries == 0 {
			return "not polled again"
		}
		return ""
	})
	assert.LessOrEqual(t, w.Roapp.Requests(0).Statuses["401"], 3)
	assertDiscreet(t, w, log.String())

	worker.Stop()
	w.Reconfigured(map[string]string{key: right})
	w.StartWorker()
	// All go on by themselves.
	for number := range int64(orders) {
		w.AwaitSynced(number + 1)
	}
	w.AwaitSynced(sceneNumber)
	ours := slices.DeleteFunc(accountOf(w).Orders, func(o workOrder) bool { return o.Fields["f102"] != fmt.Sprint(sceneNumber) })
	assert.Equal(t, s.quiet(t).Orders, ours)
}

// What an import logs in trouble of every kind, at the most talkative level,
// has nothing of the buyer and no secret.
func TestF49_LogOfAnImportInTroubleIsDiscreet(t *testing.T) {
	t.Parallel()
	s := sceneByArticle()
	log := new(diary)
	o := s.options
	o.Logger = log.logger()
	w := s.open(t, o)
	echo := testenv.Fault{Kind: "status", Status: http.StatusInternalServerError, Body: `{"message": "cannot serve Anna Nowak, +48501234567, anna@example.com"}`}
	for _, r := range requests() {
		r.spoil(w, echo)
	}
	w.Roapp.Break(testenv.Fault{Match: "GET /v2/contacts/people", Kind: "reset"})
	s.place(w)
	w.AwaitSynced(sceneNumber)
	w.Roapp.Break(testenv.Fault{Match: "POST /v2/orders", Kind: "status", Status: http.StatusUnprocessableEntity, Body: `{"message": "client Anna Nowak +48501234567 is refused"}`})
	w.Place(116, s.fields())
	w.AwaitHeld(116, order.HoldRejected)
	assertDiscreet(t, w, log.String())
}
