package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
)

// style is a terminal's colour or weight.
type style string

const (
	bold   style = "1"
	dim    style = "2"
	red    style = "31"
	green  style = "32"
	yellow style = "33"
	cyan   style = "36"
)

// terminal is what a person reads. Lines of several writers never mix.
type terminal struct {
	mu     sync.Mutex
	w      io.Writer
	colour bool
}

// newTerminal uses colour on a terminal only, and not where it is unwanted
// (https://no-color.org).
func newTerminal(w io.Writer) *terminal {
	file, isFile := w.(*os.File)
	if !isFile || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return &terminal{w: w}
	}
	info, err := file.Stat()
	return &terminal{w: w, colour: err == nil && info.Mode()&os.ModeCharDevice != 0}
}

func (t *terminal) paint(s style, text string) string {
	if !t.colour || text == "" {
		return text
	}
	return "\x1b[" + string(s) + "m" + text + "\x1b[0m"
}

func (t *terminal) printf(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, _ = fmt.Fprintf(t.w, format, args...) // nobody is left to notify
}

// step is one line of what the sandbox itself does.
func (t *terminal) step(name, text string) {
	t.printf("  %s %s\n", t.paint(bold, pad(name, 12)), text)
}

// event is one line of what happens to the orders.
func (t *terminal) event(label string, e event) {
	t.printf("%s  %s  %s  %s\n", t.paint(dim, e.at.Local().Format("15:04:05")), pad(label, labelWidth),
		t.paint(cyan, pad(e.who, 8)), shortLine(e.text))
}

// labelWidth is that of the longest order, "demo-ua #115".
const labelWidth = 12

func pad(text string, width int) string {
	return text + strings.Repeat(" ", max(0, width-len([]rune(text))))
}

// shortLine is the first line of a text, as much as fits beside the rest.
func shortLine(text string) string {
	const widest = 120
	line, rest, _ := strings.Cut(strings.TrimSpace(text), "\n")
	runes := []rune(strings.TrimSpace(line))
	if len(runes) > widest {
		return string(runes[:widest]) + " …"
	}
	if strings.TrimSpace(rest) != "" {
		return string(runes) + " …"
	}
	return string(runes)
}

// echo prints a process's log line by line, each with the process's name.
type echo struct {
	t    *terminal
	name string
	rest []byte // of a line that has not ended
}

func (e *echo) Write(data []byte) (int, error) {
	e.rest = append(e.rest, data...)
	for {
		line, rest, whole := bytes.Cut(e.rest, []byte("\n"))
		if !whole {
			return len(data), nil
		}
		e.rest = rest
		e.t.printf("%s\n", e.t.paint(dim, pad(e.name, labelWidth)+"| "+string(line)))
	}
}
