package agentdesk

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"
)

const (
	maxClip  = 4 << 20 // bytes of one recorded sentence
	maxIndex = 1 << 20 // bytes of the list of them
)

// clips are the recorded sentences that kiosks play: for each language the
// file of each message id, as index.json lists them.
type clips struct {
	files fs.FS
	index []byte // as it is sent
	names map[string]bool
}

// openClips reads the list. What it does not name, or names outside the folders
// of languages, is not served.
func openClips(files fs.FS) (*clips, error) {
	b, err := fs.ReadFile(files, "index.json")
	if err != nil {
		return nil, fmt.Errorf("read the list of clips: %w", err)
	}
	var index map[string]map[string]string
	if len(b) > maxIndex || json.Unmarshal(b, &index) != nil {
		return nil, fmt.Errorf("the list of clips index.json is not {language: {message id: file}}, or over 1 MiB")
	}
	c := &clips{files: files, names: map[string]bool{"index.json": true}}
	for lang, entries := range index {
		for id, file := range entries {
			name := lang + "/" + file
			if !fs.ValidPath(name) || strings.Count(name, "/") != 1 || !slices.Contains([]string{".mp3", ".ogg", ".wav"}, path.Ext(name)) {
				return nil, fmt.Errorf("clip %q of %q: %q is no mp3, ogg or wav file in the folder of the language", id, lang, file)
			}
			info, err := fs.Stat(files, name)
			if err != nil {
				return nil, fmt.Errorf("clip %q of %q: %w", id, lang, err)
			}
			if !info.Mode().IsRegular() || info.Size() > maxClip {
				return nil, fmt.Errorf("clip %q of %q: %q is no file of at most 4 MiB", id, lang, file)
			}
			c.names[name] = true
		}
	}
	if c.index, err = json.Marshal(index); err != nil {
		return nil, fmt.Errorf("list of clips: %w", err)
	}
	return c, nil
}

// clip answers GET /clips/{file...}.
func (s *Server) clip(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("file")
	if s.clips == nil || !s.clips.names[name] {
		s.nothing(w, r)
		return
	}
	b := s.clips.index
	if name != "index.json" {
		var err error
		if b, err = fs.ReadFile(s.clips.files, name); err != nil || len(b) > maxClip {
			s.o.Logger.Error("clip cannot be read", "clip", name, "err", err)
			s.nothing(w, r)
			return
		}
	}
	w.Header().Set("Content-Type", contentTypes[path.Ext(name)])
	w.Header().Set("Cache-Control", "no-cache")
	serve(w, r, b)
}
