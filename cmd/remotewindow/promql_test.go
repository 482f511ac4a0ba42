package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// query is what an expression of PromQL says about metrics: enough of it to hold
// every name against those of the program.
type query struct {
	selectors []selector
	grouped   []string // labels in by, without, on, ignoring and group_*
}

type selector struct {
	metric   string
	matchers []matcher
	counted  bool // inside rate or increase
}

type matcher struct{ label, op, value string }

var (
	promToken = regexp.MustCompile(`^(?:(\s+)|("(?:[^"\\]|\\.)*")|([a-zA-Z_:$][a-zA-Z0-9_:$]*)|([0-9][0-9a-z.]*)|(=~|!~|!=|==|<=|>=|[-+*/%^<>=(){}\[\],]))`)
	// promFunctions are the functions and aggregations that our files use; a name
	// before a bracket that is none of them is a slip.
	promFunctions = []string{"abs", "avg", "changes", "count", "histogram_quantile", "increase", "max", "min", "rate", "sum"}
	promCounted   = []string{"increase", "rate"}
	promGrouping  = []string{"by", "without", "on", "ignoring", "group_left", "group_right"}
	promOperators = []string{"and", "or", "unless", "bool", "offset"}
)

// parseQuery reads the tokens of an expression: brackets in pairs, functions that
// exist, selectors with their matchers, and the labels that group.
func parseQuery(expr string) (query, error) {
	var q query
	var tokens []string
	for rest := expr; rest != ""; {
		m := promToken.FindString(rest)
		if m == "" {
			return q, fmt.Errorf("cannot read %q", rest)
		}
		if rest = rest[len(m):]; strings.TrimSpace(m) != "" {
			tokens = append(tokens, m)
		}
	}
	at := func(i int) string {
		if i < len(tokens) {
			return tokens[i]
		}
		return ""
	}
	isName := func(s string) bool { return s != "" && regexp.MustCompile(`^[a-zA-Z_:$]`).MatchString(s) }
	var open []string // brackets and the functions before them
	counted := func() bool {
		return slices.ContainsFunc(open, func(f string) bool { return slices.Contains(promCounted, f) })
	}
	for i := 0; i < len(tokens); i++ {
		switch t := tokens[i]; {
		case t == "(" || t == "[":
			open = append(open, t)
		case t == ")" || t == "]":
			if len(open) == 0 {
				return q, fmt.Errorf("%s without its beginning", t)
			}
			open = open[:len(open)-1]
		case slices.Contains(promGrouping, t):
			if at(i+1) != "(" {
				return q, fmt.Errorf("%s without labels", t)
			}
			for i += 2; at(i) != ")"; i++ {
				if at(i) == "" {
					return q, fmt.Errorf("labels of %s do not end", t)
				}
				if at(i) != "," {
					q.grouped = append(q.grouped, at(i))
				}
			}
		case slices.Contains(promOperators, t):
		case isName(t) && at(i+1) == "(" || isName(t) && slices.Contains(promGrouping, at(i+1)) && slices.Contains(promFunctions, t):
			if !slices.Contains(promFunctions, t) {
				return q, fmt.Errorf("no function %s is known", t)
			}
			if at(i+1) == "(" {
				open = append(open, t)
				i++
			}
		case isName(t) && len(open) > 0 && open[len(open)-1] == "[": // a duration of Grafana
		case isName(t):
			s := selector{metric: t, counted: counted()}
			if at(i+1) == "{" {
				end := slices.Index(tokens[i:], "}")
				if end < 0 {
					return q, fmt.Errorf("{ after %s without its end", t)
				}
				for _, m := range strings.Split(strings.Join(tokens[i+2:i+end], "\x00"), "\x00,\x00") {
					part := strings.Split(m, "\x00")
					if len(part) != 3 || !slices.Contains([]string{"=", "!=", "=~", "!~"}, part[1]) {
						return q, fmt.Errorf("matcher %q of %s", strings.Join(part, ""), t)
					}
					s.matchers = append(s.matchers, matcher{part[0], part[1], strings.Trim(part[2], `"`)})
				}
				i += end
			}
			q.selectors = append(q.selectors, s)
		case t == "{" || t == "}":
			return q, fmt.Errorf("%s without a metric", t)
		}
	}
	if len(open) > 0 {
		return q, fmt.Errorf("%s is not closed", open[len(open)-1])
	}
	return q, nil
}

func TestParseQuery(t *testing.T) {
	q, err := parseQuery(`histogram_quantile(0.95, sum by (instance, le) (rate(a_bucket{store="x",code=~"5.."}[5m]))) > 2 and on (centre) abs(b) == 0`)
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprintf("%+v", q)
	const want = `{selectors:[{metric:a_bucket matchers:[{label:store op:= value:x} {label:code op:=~ value:5..}] counted:true} {metric:b matchers:[] counted:false}] grouped:[instance le centre]}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for _, bad := range []string{"sum(a", "a)", "nonsense(a)", "a{x}", `a{x="1"`, "by a", "a ; b", "{x=\"1\"}", "sum by (a"} {
		if q, err := parseQuery(bad); err == nil {
			t.Errorf("%q is read as %+v", bad, q)
		}
	}
}
