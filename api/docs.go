package api

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"
)

//go:embed docs
var docsFiles embed.FS

var docsPage = template.Must(template.New("docs.html").Funcs(template.FuncMap{
	"code":  withCode,
	"table": func(title string, fields []field) table { return table{title, fields} },
}).ParseFS(docsFiles, "docs/docs.html"))

// operation is what the page shows of one.
type operation struct {
	*huma.Operation
	Parameters, Body, Answer []field
	Statuses                 []string
}

// field is a parameter, or a part of a body: "products[].quantity".
type field struct {
	Name, Type, Meaning string
	Required            bool
}

type table struct {
	Title  string
	Fields []field
}

// serveDocs shows the API's description to people. The page needs no script and nothing from elsewhere.
func serveDocs(r chi.Router, doc *huma.OpenAPI) {
	shown := struct {
		Info       string
		Operations []operation
	}{doc.Info.Description, operationsOf(doc)}
	var page bytes.Buffer
	if err := docsPage.Execute(&page, shown); err != nil {
		panic(err) // the page is part of the program
	}
	r.Get("/docs", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
		_, _ = w.Write(page.Bytes()) // the client has gone
	})
	r.Get("/docs/docs.css", func(w http.ResponseWriter, r *http.Request) { http.ServeFileFS(w, r, docsFiles, "docs/docs.css") })
}

func operationsOf(doc *huma.OpenAPI) (all []operation) {
	for _, path := range slices.Sorted(maps.Keys(doc.Paths)) {
		item := doc.Paths[path]
		for _, of := range []*huma.Operation{item.Get, item.Put, item.Post, item.Delete, item.Patch} {
			if of == nil {
				continue
			}
			o := operation{Operation: of, Statuses: slices.Sorted(maps.Keys(of.Responses))}
			for _, p := range of.Parameters {
				o.Parameters = append(o.Parameters, field{p.Name, typeOf(doc, p.Schema) + " in " + p.In, p.Description, p.Required})
			}
			if of.RequestBody != nil {
				o.Body = fieldsOf(doc, of.RequestBody.Content)
			}
			for _, status := range o.Statuses {
				if strings.HasPrefix(status, "2") {
					o.Answer = append(o.Answer, fieldsOf(doc, of.Responses[status].Content)...)
				}
			}
			all = append(all, o)
		}
	}
	return all
}

func fieldsOf(doc *huma.OpenAPI, content map[string]*huma.MediaType) (fields []field) {
	for _, kind := range slices.Sorted(maps.Keys(content)) {
		fields = append(fields, within(doc, "", content[kind].Schema, nil)...)
	}
	return fields
}

// within are the fields of a schema and of what they hold. Above are the schemas around it: one within itself is named once.
func within(doc *huma.OpenAPI, at string, schema *huma.Schema, above []*huma.Schema) (fields []field) {
	schema = resolved(doc, schema)
	if schema == nil || slices.Contains(above, schema) {
		return nil
	}
	above = append(slices.Clone(above), schema)
	if schema.Items != nil {
		return within(doc, at+"[]", schema.Items, above)
	}
	for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
		property := schema.Properties[name]
		full := strings.TrimPrefix(at+"."+name, ".")
		meaning := property.Description
		if meaning == "" && property.Ref != "" {
			meaning = resolved(doc, property).Description
		}
		fields = append(fields, field{full, typeOf(doc, property), meaning, slices.Contains(schema.Required, name)})
		fields = append(fields, within(doc, full, property, above)...)
	}
	if values, ok := schema.AdditionalProperties.(*huma.Schema); ok {
		fields = append(fields, within(doc, at+"{}", values, above)...)
	}
	return fields
}

func resolved(doc *huma.OpenAPI, schema *huma.Schema) *huma.Schema {
	if schema != nil && schema.Ref != "" {
		return doc.Components.Schemas.SchemaFromRef(schema.Ref)
	}
	return schema
}

func typeOf(doc *huma.OpenAPI, schema *huma.Schema) string {
	schema = resolved(doc, schema)
	switch {
	case schema == nil:
		return ""
	case len(schema.Enum) > 0:
		values := make([]string, 0, len(schema.Enum))
		for _, value := range schema.Enum {
			values = append(values, fmt.Sprint(value))
		}
		return strings.Join(values, " | ")
	case schema.Items != nil:
		return "list of " + typeOf(doc, schema.Items)
	case schema.Format != "":
		return schema.Type + ", " + schema.Format
	default:
		return schema.Type
	}
}

// withCode shows what stands between backticks as code.
func withCode(text string) template.HTML {
	var out strings.Builder
	for i, part := range strings.Split(text, "`") {
		part = template.HTMLEscapeString(part)
		if i%2 == 1 {
			part = "<code>" + part + "</code>"
		}
		out.WriteString(part)
	}
	return template.HTML(out.String()) //nolint:gosec // each part is escaped
}
