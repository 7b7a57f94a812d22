// Package preview shows the gateway's page in every state that it can have, without an operator:
// the pages are those of the gateway, and only what it is told is made up. `make run` serves
// it, and the tests in a browser look at the same pages.
package preview

import (
	"html/template"
	"log/slog"
	"net/http"

	"k8s.io/utils/clock"

	"github.com/flinks-operator/flinks-operator/internal/gateway"
)

var index = template.Must(template.New("index").Parse(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The page of a link</title>
<style>:root { color-scheme: light dark; } body { font: 1rem/1.75 system-ui, sans-serif; max-width: 40rem; margin: 2rem auto; padding: 0 1rem; }</style>
</head>
<body>
<main>
<h1>The page of a link, in every state</h1>
<ul>
{{- range .}}
<li>{{.Name}}: <a href="/c/{{.English}}">English</a>, <a href="/c/{{.French}}">français</a></li>
{{- end}}
<li>Landing page: <a href="/landed">in the language of the browser</a></li>
</ul>
</main>
</body>
</html>
`))

type entry struct{ Name, English, French string }

// Handler serves a list of all pages at /, and the pages.
func Handler() http.Handler {
	pages := gateway.NewGateway(gateway.Config{
		Backend: Backend{}, Clock: clock.RealClock{}, Limits: gateway.DefaultLimits(), Log: slog.New(slog.DiscardHandler),
	}).Public()
	mux := http.NewServeMux()
	mux.Handle("/", pages)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		var entries []entry
		for _, view := range Views() {
			entries = append(entries, entry{Name(view), Token(view, "en"), Token(view, "fr")})
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_ = index.Execute(w, entries) // It fails if the client has closed the connection.
	})
	return mux
}
