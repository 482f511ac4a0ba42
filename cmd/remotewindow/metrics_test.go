package main

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"gopkg.in/yaml.v3"
)

// family is a metric of the running program: its type, and the values that each
// label has.
type family struct {
	kind   string
	labels map[string][]string
}

// has reports whether a series has this value of a label, or any that a regular
// expression allows.
func (f family) has(m matcher) bool {
	fits := func(value string) bool { return value == m.value }
	if m.op == "=~" || m.op == "!~" {
		pattern, err := regexp.Compile("^(?:" + m.value + ")$")
		if err != nil {
			return false
		}
		fits = pattern.MatchString
	}
	return slices.ContainsFunc(f.labels[m.label], fits)
}

var series = regexp.MustCompile(`^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? `)

// scrape reads every metric as Prometheus does.
func scrape(t *testing.T, p *process) map[string]family {
	t.Helper()
	r, err := http.Get(p.url + "/metrics")
	must(t, err)
	defer func() { _ = r.Body.Close() }()
	body, err := io.ReadAll(r.Body)
	must(t, err)
	families := map[string]family{}
	kind := ""
	for line := range strings.Lines(string(body)) {
		if head, ok := strings.CutPrefix(line, "# TYPE "); ok {
			_, kind, _ = strings.Cut(strings.TrimSpace(head), " ")
			continue
		}
		m := series.FindStringSubmatch(line)
		if strings.HasPrefix(line, "#") || m == nil {
			continue
		}
		f, known := families[m[1]]
		if !known {
			f = family{kind: kind, labels: map[string][]string{}}
			families[m[1]] = f
		}
		for pair := range strings.SplitSeq(m[2], `",`) {
			if name, value, ok := strings.Cut(pair, `="`); ok {
				f.labels[name] = append(f.labels[name], strings.TrimSuffix(value, `"`))
			}
		}
	}
	return families
}

// added are the labels that Prometheus itself puts to every series.
var added = []string{"job", "instance"}

// alert is a rule of alerts.yml.
type alert struct {
	Alert       string            `yaml:"alert"`
	Expr        string            `yaml:"expr"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
}

func alerts(t *testing.T) (all []alert) {
	t.Helper()
	b, err := os.ReadFile("../../deploy/prometheus/alerts.yml")
	must(t, err)
	var file struct {
		Groups []struct {
			Name  string  `yaml:"name"`
			Rules []alert `yaml:"rules"`
		} `yaml:"groups"`
	}
	must(t, yaml.Unmarshal(b, &file))
	for _, g := range file.Groups {
		all = append(all, g.Rules...)
	}
	if len(all) < 20 {
		t.Fatalf("only %d alerts are read", len(all))
	}
	return all
}

// expressions finds every "expr" of the dashboard, by the title of its panel.
func expressions(t *testing.T) map[string][]string {
	t.Helper()
	b, err := os.ReadFile("../../deploy/grafana/dashboards/remotewindow.json")
	must(t, err)
	var board struct {
		Panels []struct {
			Title   string `json:"title"`
			Targets []struct {
				Expr string `json:"expr"`
			} `json:"targets"`
		} `json:"panels"`
		Templating struct {
			List []struct {
				Definition string `json:"definition"`
			} `json:"list"`
		} `json:"templating"`
	}
	must(t, json.Unmarshal(b, &board))
	all := map[string][]string{}
	for _, p := range board.Panels {
		for _, target := range p.Targets {
			all[p.Title] = append(all[p.Title], target.Expr)
		}
	}
	for _, v := range board.Templating.List {
		metric, _, _ := strings.Cut(strings.TrimPrefix(v.Definition, "label_values("), ",")
		all["variable"] = append(all["variable"], metric)
	}
	if len(all) < 20 {
		t.Fatalf("only %d panels are read", len(all))
	}
	return all
}

// TestMetricsExist: the alerts and the dashboard name only metrics, labels and
// values that the program shows, a press after its start.
func TestMetricsExist(t *testing.T) {
	ctx := testContext(t)
	p := startProcess(t)
	s, a := station(t, p, "s07"), agent(t, p, "agent7")
	must(t, a.Ready(ctx))
	_, err := s.Take(ctx)
	must(t, err)
	_, err = a.WaitOffer(ctx)
	must(t, err)
	families := scrape(t, p)
	check := func(where, expr string) {
		t.Helper()
		q, err := parseQuery(expr)
		if err != nil {
			t.Errorf("%s: %s: %v", where, expr, err)
			return
		}
		if len(q.selectors) == 0 {
			t.Errorf("%s: %s names no metric", where, expr)
		}
		known := slices.Clone(added)
		for _, s := range q.selectors {
			f, ok := families[s.metric]
			switch {
			case s.metric == "up": // of Prometheus itself
				known = append(known, added...)
				continue
			case !ok:
				t.Errorf("%s: there is no metric %s", where, s.metric)
				continue
			case !strings.Contains(expr, " offset ") && s.counted != (f.kind == "counter" || f.kind == "histogram"):
				t.Errorf("%s: %s is a %s, and in rate or increase: %v", where, s.metric, f.kind, s.counted)
			}
			for label := range f.labels {
				known = append(known, label)
			}
			for _, m := range s.matchers {
				if slices.Contains(added, m.label) {
					continue
				}
				if _, ok := f.labels[m.label]; !ok {
					t.Errorf("%s: %s has no label %s", where, s.metric, m.label)
				} else if m.label != "code" && !strings.HasPrefix(m.value, "$") && !alternatives(f, m) {
					t.Errorf("%s: no series of %s has %s%s%q from the start", where, s.metric, m.label, m.op, m.value)
				}
			}
		}
		for _, label := range q.grouped {
			if !slices.Contains(known, label) {
				t.Errorf("%s: %s groups by %s, which nothing in it has", where, expr, label)
			}
		}
	}
	for _, rule := range alerts(t) {
		check("alert "+rule.Alert, rule.Expr)
	}
	for panel, list := range expressions(t) {
		for _, expr := range list {
			check("panel "+panel, expr)
		}
	}
}

// alternatives wants each of a|b|c for itself.
func alternatives(f family, m matcher) bool {
	for value := range strings.SplitSeq(m.value, "|") {
		if !f.has(matcher{m.label, m.op, value}) {
			return false
		}
	}
	return true
}

// TestRunbook: every alert has its words in OPERATIONS.md, and every heading under
// Alerts there is an alert.
func TestRunbook(t *testing.T) {
	b, err := os.ReadFile("../../deploy/OPERATIONS.md")
	must(t, err)
	headings := map[string]string{} // anchor to heading
	words := map[string]int{}
	section, anchor := "", ""
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSpace(line)
		if h, ok := strings.CutPrefix(line, "## "); ok {
			section, anchor = h, ""
		} else if h, ok := strings.CutPrefix(line, "### "); ok && section == "Alerts" {
			anchor = anchorOf(h)
			headings[anchor] = h
		} else if anchor != "" {
			words[anchor] += len(strings.Fields(line))
		}
	}
	for _, rule := range alerts(t) {
		want := "OPERATIONS.md#" + anchorOf(rule.Alert)
		if rule.Annotations["runbook"] != want || rule.Annotations["summary"] == "" {
			t.Errorf("%s: runbook is %q, want %q, and a summary", rule.Alert, rule.Annotations["runbook"], want)
		}
		if s := rule.Labels["severity"]; s != "page" && s != "ticket" {
			t.Errorf("%s: severity %q", rule.Alert, s)
		}
		switch a := anchorOf(rule.Alert); {
		case headings[a] != rule.Alert:
			t.Errorf("%s has no heading under Alerts in OPERATIONS.md", rule.Alert)
		case words[a] < 25:
			t.Errorf("%s has %d words in OPERATIONS.md: what it means, what to look at, what to do", rule.Alert, words[a])
		default:
			delete(headings, a)
		}
	}
	for _, h := range headings {
		t.Errorf("OPERATIONS.md tells of an alert %s that there is not", h)
	}
}

// anchorOf is how a heading becomes an anchor on the web.
func anchorOf(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
			return unicode.ToLower(r)
		}
		return -1
	}, heading)
}
