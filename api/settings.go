package api

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/cartumsync/cartumsync/internal/check"
	"github.com/cartumsync/cartumsync/internal/service"
)

type settingsBody struct {
	service.InForce
	Problems []string `json:"problems,omitempty" doc:"why the settings file's newer content is not in force"`
}

type checkBody struct {
	Running  bool        `json:"running" doc:"whether the services are being asked now"`
	Accounts []checkedOf `json:"accounts"`
	Shops    []checkedOf `json:"shops"`
	Report   []checkPart `json:"report" doc:"what the settings in force lead to, by what was last said"`
}

type checkedOf struct {
	ID      string    `json:"id"`
	At      time.Time `json:"at,omitzero" doc:"when it was last asked; absent where it never was"`
	By      string    `json:"by,omitempty"`
	Running bool      `json:"running"`
	Problem string    `json:"problem,omitempty"`
}

type checkPart struct {
	Title    string         `json:"title"`
	Findings []checkFinding `json:"findings,omitempty"`
	Text     []string       `json:"text,omitempty" doc:"what no check can find out"`
}

type checkFinding struct {
	Verdict string `json:"verdict" enum:"ok,note,problem"`
	Key     string `json:"key"`
	Text    string `json:"text"`
}

// registerSettings registers what is in force and what comes of checking it.
func (a *v1) registerSettings(doc huma.API) {
	huma.Register(doc, read("/settings", "settings", "The settings in force, without secrets"), connected(a, a.settingsInForce))
	huma.Register(doc, read("/check", "check", "What the last check of the settings found"), connected(a, a.lastCheck))
	again := a.act(doc, "/check", "check-again", "Check the settings against both services again")
	again.DefaultStatus = http.StatusAccepted
	huma.Register(doc, again, connected(a, a.checkAgain))
}

func (a *v1) settingsInForce(ctx context.Context, orders *service.Orders, _ *struct{}) (*answer[settingsBody], error) {
	body := settingsBody{InForce: orders.Names(ctx).InForce()}
	if a.SettingsProblem != nil {
		if problem := a.SettingsProblem(); problem != nil {
			body.Problems = strings.Split(problem.Error(), "\n")
		}
	}
	return &answer[settingsBody]{body}, nil
}

func (a *v1) lastCheck(ctx context.Context, orders *service.Orders, _ *struct{}) (*answer[checkBody], error) {
	return &answer[checkBody]{a.checkOf(orders.Checks(ctx))}, nil
}

func (a *v1) checkAgain(ctx context.Context, orders *service.Orders, _ *struct{}) (*answer[checkBody], error) {
	if err := orders.Check(ctx, by(ctx)); err != nil {
		return nil, a.failed("check again", err)
	}
	return a.lastCheck(ctx, orders, nil)
}

func (a *v1) checkOf(checks service.Checks) checkBody {
	set := a.Settings.Current()
	body := checkBody{Running: checks.Running(), Accounts: checkedOfAll(checks.Accounts), Shops: checkedOfAll(checks.Shops)}
	body.Report = each(checks.Report(set, check.Words{}), func(section check.Section) checkPart {
		return checkPart{Title: section.Title, Text: section.Text, Findings: each(section.Findings, func(f check.Finding) checkFinding {
			return checkFinding{Verdict: strings.ToLower(string(f.Verdict)), Key: f.Key, Text: f.Text}
		})}
	})
	return body
}

func checkedOfAll(all map[string]service.LastCheck) []checkedOf {
	return each(slices.Sorted(maps.Keys(all)), func(id string) checkedOf {
		last := all[id]
		return checkedOf{ID: id, At: last.At, By: last.By, Running: last.Running, Problem: last.Problem}
	})
}
