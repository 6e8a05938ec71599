package pages

import (
	"bytes"
	"embed"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"

	"go.uber.org/zap"
)

//go:embed templates/*.html
var templateFiles embed.FS

// templates are the pages by name. Each stands in a file of its name, as "main"
// within the layout. Files that begin with part- hold what several pages show,
// or what is shown again alone.
type templates map[string]*template.Template

// parsedTemplates are parsed once in a process.
var parsedTemplates = sync.OnceValue(mustParseTemplates)

func mustParseTemplates() templates {
	functions := template.FuncMap{
		"asset": func(name string) string { return "/assets/" + name + "?" + assetsVersion },
		"list":  func(items ...any) []any { return items },
	}
	base := template.Must(template.New("").Funcs(functions).ParseFS(templateFiles, "templates/layout.html", "templates/part-*.html"))
	paths, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil {
		panic(err)
	}
	all := templates{"": base}
	for _, file := range paths {
		name := strings.TrimSuffix(path.Base(file), ".html")
		if name == "layout" || strings.HasPrefix(name, "part-") {
			continue
		}
		all[name] = template.Must(template.Must(base.Clone()).ParseFS(templateFiles, file))
	}
	return all
}

// show answers with a page.
func (p *pages) show(w http.ResponseWriter, r *http.Request, page string, data any) {
	p.showStatus(w, r, http.StatusOK, page, data)
}

// showStatus answers with a page that says what is wrong with a form.
func (p *pages) showStatus(w http.ResponseWriter, r *http.Request, status int, page string, data any) {
	v := p.view(r, data)
	v.Status = status
	p.write(w, page, "layout", v)
}

// showPart answers with a part of a page.
func (p *pages) showPart(w http.ResponseWriter, r *http.Request, part string, data any) {
	p.write(w, "", part, p.view(r, data))
}

// fail answers with a page that says what is wrong and what to do: a text by its
// id, with pairs for its places.
func (p *pages) fail(w http.ResponseWriter, r *http.Request, status int, text string, pairs ...any) {
	p.showStatus(w, r, status, "error", failure{text, pairs})
}

type failure struct {
	Text  string
	Pairs []any
}

// write makes the whole answer before its first byte is sent, so that a fault
// leaves no half page.
func (p *pages) write(w http.ResponseWriter, page, part string, v *view) {
	var out bytes.Buffer
	if err := p.templates[page].ExecuteTemplate(&out, part, v); err != nil {
		p.Logger.Error("a template is wrong", zap.String("page", page), zap.String("part", part), zap.Error(err))
		http.Error(w, "This page is broken; the log of the starter says why.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store") // it shows people's data
	w.Header().Set("Vary", "Accept-Language, Cookie")
	w.WriteHeader(v.Status)
	_, _ = out.WriteTo(w) // the browser has gone
}

func section(url string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(url, "/"), "/")
	return first
}

// Text is a failure's text.
func (v *view) Text(f failure) (string, error) { return v.T(f.Text, f.Pairs...) }
