package agentdesk

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
)

//go:embed index.html
var indexText string

//go:embed index.css
var indexStyle []byte

var indexPage = template.Must(template.New("index").Parse(indexText))

// grids are the parts of the town in the order of the board.
var grids = []struct{ id, name, english string }{
	{"south", "南片", "South"}, {"middle", "中片", "Middle"}, {"north", "北片", "North"},
}

type indexGrid struct {
	Name, English string
	Stations      []Station
}

// index answers GET / with the list of pages; a demo also names its stations
// and accounts.
func (s *Server) index(w http.ResponseWriter, r *http.Request) {
	data := struct {
		Title, Build string
		Demo         bool
		Grids        []indexGrid
		Logins       []DemoLogin
	}{Title: s.o.Title, Build: s.o.Build, Demo: s.o.Demo}
	if s.o.Demo {
		stations, err := s.o.Stations(r.Context())
		if err != nil {
			s.unavailable(w, r, err)
			return
		}
		for _, g := range grids {
			part := indexGrid{Name: g.name, English: g.english}
			for _, st := range stations {
				if st.Grid == g.id {
					part.Stations = append(part.Stations, st)
				}
			}
			if len(part.Stations) > 0 {
				data.Grids = append(data.Grids, part)
			}
		}
		data.Logins = s.o.DemoLogins
	}
	var b bytes.Buffer
	if err := indexPage.Execute(&b, data); err != nil {
		panic(err) // the template is ours; around answers 500
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	serve(w, r, b.Bytes())
}

// indexCSS answers GET /index.css.
func (s *Server) indexCSS(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	serve(w, r, indexStyle)
}
