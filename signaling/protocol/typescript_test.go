package protocol

import (
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"sort"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write agentdesk/web/src/lib/protocol.gen.ts")

const generated = "../../agentdesk/web/src/lib/protocol.gen.ts"

// TestTypeScript keeps the pages' types equal to this package. Under -update it
// writes them; otherwise a stale file fails.
func TestTypeScript(t *testing.T) {
	want, err := typeScript(".")
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.MkdirAll(filepath.Dir(generated), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(generated, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	have, err := os.ReadFile(generated)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, want) {
		t.Fatal("protocol.gen.ts is stale: run go test ./signaling/protocol -run TestTypeScript -update")
	}
}

// source is what the generator reads from the Go files: types in the order of
// their declaration, and the constants of each string type.
type source struct {
	types  []*ast.TypeSpec
	docs   map[string]string
	values map[string][]string // string type → its constants, in order
}

func typeScript(dir string) ([]byte, error) {
	src, err := readSource(dir)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteString("// Written from signaling/protocol by TestTypeScript (run with -update). Do not edit.\n\n")
	fmt.Fprintf(&b, "export const protocolVersion = %d\nexport const mediaLayout = %d\nexport const maxMessage = %d\n", Version, Layout, MaxMessage)
	for _, spec := range src.types {
		if err := src.write(&b, spec); err != nil {
			return nil, err
		}
	}
	b.WriteString("\n/** Message is any frame of a socket; id is the idempotency key of a command, re the id that is answered. */\nexport type Message =\n")
	for _, m := range Messages {
		fmt.Fprintf(&b, "  | { type: '%s'; body: %s; id?: string; re?: string }\n", m.Type(), reflect.TypeOf(m).Name())
	}
	b.WriteString("\nexport type MessageType = Message['type']\n")
	b.WriteString("export type BodyOf<T extends MessageType> = Extract<Message, { type: T }>['body']\n")
	return b.Bytes(), nil
}

func readSource(dir string) (*source, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	sort.Strings(files)
	src := &source{docs: map[string]string{}, values: map[string][]string{}}
	fset := token.NewFileSet()
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		for _, d := range f.Decls {
			if g, ok := d.(*ast.GenDecl); ok {
				src.read(g)
			}
		}
	}
	return src, nil
}

func (s *source) read(g *ast.GenDecl) {
	for _, spec := range g.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			s.types = append(s.types, spec)
			s.docs[spec.Name.Name] = strings.TrimSpace(g.Doc.Text())
		case *ast.ValueSpec:
			typ, ok := spec.Type.(*ast.Ident)
			if g.Tok != token.CONST || !ok {
				continue
			}
			for _, v := range spec.Values {
				if lit, ok := v.(*ast.BasicLit); ok && lit.Kind == token.STRING {
					s.values[typ.Name] = append(s.values[typ.Name], constant.StringVal(constant.MakeFromLiteral(lit.Value, token.STRING, 0)))
				}
			}
		}
	}
}

func (s *source) write(b *bytes.Buffer, spec *ast.TypeSpec) error {
	name := spec.Name.Name
	switch t := spec.Type.(type) {
	case *ast.Ident: // a string type: the union of its constants
		values := s.values[name]
		if t.Name != "string" || len(values) == 0 {
			return fmt.Errorf("%s: only string types with constants", name)
		}
		quoted := make([]string, len(values))
		for i, v := range values {
			quoted[i] = "'" + v + "'"
		}
		comment(b, "", s.docs[name])
		fmt.Fprintf(b, "export type %s =\n  | %s\n", name, strings.Join(quoted, "\n  | "))
		fmt.Fprintf(b, "export const %sValues: readonly %s[] = [%s]\n", strings.ToLower(name[:1])+name[1:], name, strings.Join(quoted, ", "))
	case *ast.StructType:
		if name == "Envelope" || name == "UnknownTypeError" {
			return nil
		}
		return s.writeStruct(b, name, t)
	}
	return nil
}

func (s *source) writeStruct(b *bytes.Buffer, name string, t *ast.StructType) error {
	if len(t.Fields.List) == 0 {
		comment(b, "", s.docs[name])
		fmt.Fprintf(b, "export type %s = Record<string, never>\n", name)
		return nil
	}
	var fields bytes.Buffer
	var parents []string
	for _, f := range t.Fields.List {
		if len(f.Names) == 0 {
			parents = append(parents, f.Type.(*ast.Ident).Name)
			continue
		}
		if f.Tag == nil {
			return fmt.Errorf("%s.%s: no json tag", name, f.Names[0])
		}
		tag := reflect.StructTag(strings.Trim(f.Tag.Value, "`")).Get("json")
		key, options, _ := strings.Cut(tag, ",")
		typ, err := tsType(f.Type)
		if err != nil {
			return fmt.Errorf("%s.%s: %w", name, key, err)
		}
		mark := ""
		if strings.Contains(options, "omitempty") {
			mark = "?"
		}
		doc := strings.TrimSpace(f.Doc.Text() + f.Comment.Text())
		comment(&fields, "  ", doc)
		fmt.Fprintf(&fields, "  %s%s: %s\n", key, mark, typ)
	}
	comment(b, "", s.docs[name])
	extends := ""
	if len(parents) > 0 {
		extends = " extends " + strings.Join(parents, ", ")
	}
	fmt.Fprintf(b, "export interface %s%s {\n%s}\n", name, extends, fields.String())
	return nil
}

func tsType(e ast.Expr) (string, error) {
	switch e := e.(type) {
	case *ast.StarExpr:
		return tsType(e.X)
	case *ast.ArrayType:
		of, err := tsType(e.Elt)
		return of + "[]", err
	case *ast.Ident:
		switch e.Name {
		case "string":
			return "string", nil
		case "bool":
			return "boolean", nil
		case "int", "int64", "float64":
			return "number", nil
		}
		if ast.IsExported(e.Name) {
			return e.Name, nil
		}
	}
	return "", fmt.Errorf("%T has no TypeScript type here", e)
}

func comment(b *bytes.Buffer, indent, text string) {
	if text == "" {
		if indent == "" {
			b.WriteByte('\n')
		}
		return
	}
	if indent == "" {
		b.WriteByte('\n')
	}
	text = strings.ReplaceAll(text, "*/", "* /")
	fmt.Fprintf(b, "%s/** %s */\n", indent, strings.Join(strings.Fields(text), " "))
}
