package activities

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"syscall"
	"time"

	"go.temporal.io/sdk/temporal"

	"github.com/cartumsync/cartumsync/workflows"
)

// alertTimeout is below the activity's own, so that what went wrong is told.
const alertTimeout = 25 * time.Second

// alerts sends alerts. A redirect is not followed: it would lose the body, or
// hand it to whomever it names.
var alerts = &http.Client{
	Timeout:       alertTimeout,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// SendAlert posts an alert to the alert URL, which is a secret and so in no
// error. The same alert has the same Idempotency-Key in every attempt.
func (a *Activities) SendAlert(ctx context.Context, alert workflows.Alert) error {
	url := a.settings.Current().Alerts.URL.Reveal()
	if url == "" {
		return temporal.NewNonRetryableApplicationError("the settings have no alerts.url any more", "NoAlertURL", nil)
	}
	return PostAlert(ctx, url, alert)
}

// PostAlert posts an alert to a URL once. Its errors do not name the URL.
func PostAlert(ctx context.Context, url string, alert workflows.Alert) error {
	body, err := json.Marshal(alert)
	if err != nil {
		return fmt.Errorf("write alert %s: %w", alert.ID, err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return errors.New("alerts.url in the settings is no valid address")
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Idempotency-Key", alert.ID)
	request.Header.Set("User-Agent", userAgent)
	response, err := alerts.Do(request)
	if err != nil {
		return errors.New("the receiver of alerts did not answer: " + withoutAddress(err))
	}
	defer response.Body.Close()
	// Read, so that the connection can be used again; what it says does not matter.
	_, _ = io.CopyN(io.Discard, response.Body, 64<<10)
	if response.StatusCode < http.StatusOK || response.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("the receiver of alerts answered with HTTP %d", response.StatusCode)
	}
	return nil
}

// withoutAddress says what went wrong without the causes' own words, which name
// the host.
func withoutAddress(err error) string {
	var timeout interface{ Timeout() bool }
	switch {
	case errors.As(err, &timeout) && timeout.Timeout():
		return "the time is over"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "it refuses connections"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, io.EOF):
		return "it ended the connection"
	}
	return "it cannot be reached"
}
