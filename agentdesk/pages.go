package agentdesk

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

// contentTypes are those of built files, so that no table of the machine we run
// on decides. Others are octets.
var contentTypes = map[string]string{
	".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".mjs": "text/javascript; charset=utf-8",
	".json": "application/json", ".map": "application/json", ".txt": "text/plain; charset=utf-8", ".webmanifest": "application/manifest+json",
	".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp", ".avif": "image/avif", ".ico": "image/x-icon",
	".woff2": "font/woff2", ".woff": "font/woff", ".wasm": "application/wasm",
	".mp3": "audio/mpeg", ".ogg": "audio/ogg", ".wav": "audio/wav", ".mp4": "video/mp4", ".webm": "video/webm",
}

// page serves one of the built pages, or says how to build it.
func (s *Server) page(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		b, err := fs.ReadFile(s.o.Dist, name)
		if err != nil {
			notBuilt(w)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Cache-Control", "no-cache") // asks each time, so a new build is seen
		serve(w, r, b)
	}
}

// asset serves what the build named by its content: it never changes.
func (s *Server) asset(w http.ResponseWriter, r *http.Request) {
	s.file(w, r, "assets/"+r.PathValue("file"), "public, max-age=31536000, immutable")
}

// rootFile serves the few files beside the pages, such as the mark.
func (s *Server) rootFile(w http.ResponseWriter, r *http.Request) {
	s.file(w, r, r.PathValue("file"), "no-cache")
}

func (s *Server) file(w http.ResponseWriter, r *http.Request, name, cache string) {
	hidden := strings.HasPrefix(name, ".") || strings.Contains(name, "/.") || path.Ext(name) == ".html"
	if hidden || !fs.ValidPath(name) {
		s.nothing(w, r)
		return
	}
	b, err := fs.ReadFile(s.o.Dist, name) // fails for a folder
	if err != nil {
		s.nothing(w, r)
		return
	}
	kind, ok := contentTypes[path.Ext(name)]
	if !ok {
		kind = "application/octet-stream"
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", cache)
	serve(w, r, b)
}

// serve sends a file with a validator; ranges and conditions are net/http's.
func serve(w http.ResponseWriter, r *http.Request, b []byte) {
	sum := sha256.Sum256(b)
	w.Header().Set("ETag", `"`+hex.EncodeToString(sum[:12])+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(b))
}

// notBuilt says what to run: the program was built without Node.
func notBuilt(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(http.StatusServiceUnavailable)
	w.Write([]byte(`<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>页面尚未构建</title>
<link rel="stylesheet" href="/index.css"><body class="alone">
<h1>页面尚未构建</h1>
<p>请在源码目录运行 <code>make build</code>，再重新启动服务。</p>
<p lang="en">The pages are not built. Run <code>make build</code> in the source folder and start the server again.</p>
`))
}
