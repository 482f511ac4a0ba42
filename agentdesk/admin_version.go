package agentdesk

import (
	"context"
	"errors"
	"net/http"
	"regexp"

	"github.com/remotewindow/remotewindow/agentdesk/records"
)

// The lists and forms of the administration carry versions (records.Version), as
// a field of what they belong to and, where the answer is one thing, as its ETag.
// Whoever writes names the version he saw by If-Match (RFC 9110, 13.1.1):
//
//	428 version  no version is named
//	412 changed  another one stands by now; present is what the GET would answer
//	412 exists   If-None-Match: * (13.1.2), and there is one already
//
// "*" writes over whatever stands. A write that would change nothing is taken
// with any version: its answer may have been lost. Pages take the field: a proxy
// that compresses on its way weakens the ETag.

// Forms of a version and of that of an import, which names its file too.
var (
	versionForm = regexp.MustCompile(`^"([A-Za-z0-9_-]{22})"$`)
	importForm  = regexp.MustCompile(`^"([A-Za-z0-9_-]{22})\.([0-9a-f]{64})"$`)
)

// seen reads If-Match and answers if it names no version.
func seen(w http.ResponseWriter, r *http.Request) (records.Version, bool) {
	named := r.Header.Values("If-Match")
	if len(named) == 0 {
		refuse(w, http.StatusPreconditionRequired, "version", "If-Match names the version that was seen")
		return "", false
	}
	if len(named) == 1 && named[0] == "*" {
		return records.Standing, true
	}
	if len(named) == 1 {
		if found := versionForm.FindStringSubmatch(named[0]); found != nil {
			return records.Version(found[1]), true
		}
	}
	refuse(w, http.StatusBadRequest, "malformed", "If-Match is one version in quotes")
	return "", false
}

// seenOrAbsent is seen for what may also be added, by If-None-Match: *.
func seenOrAbsent(w http.ResponseWriter, r *http.Request) (records.Version, bool) {
	if none := r.Header.Values("If-None-Match"); len(none) == 1 && none[0] == "*" && len(r.Header.Values("If-Match")) == 0 {
		return records.Absent, true
	}
	return seen(w, r)
}

// seenDry reads the If-Match of an import, which a dry run of the same file
// answered, and answers if it does not.
func seenDry(w http.ResponseWriter, r *http.Request, file string) (records.Version, bool) {
	named := r.Header.Values("If-Match")
	if len(named) == 1 {
		if found := importForm.FindStringSubmatch(named[0]); found != nil {
			if found[2] != file {
				refuse(w, http.StatusPreconditionFailed, "other_file", "the dry run was of another file")
				return "", false
			}
			return records.Version(found[1]), true
		}
		if named[0] != "*" {
			refuse(w, http.StatusBadRequest, "malformed", "If-Match is the version that the dry run answered")
			return "", false
		}
	}
	return seen(w, r)
}

// tagged sets the ETag of the answer.
func tagged(w http.ResponseWriter, v records.Version) { w.Header().Set("ETag", `"`+string(v)+`"`) }

// notSaved answers for a write that failed. Where another was faster it tells
// what stands now, read by present.
func (s *Server) notSaved(w http.ResponseWriter, r *http.Request, err error, present func(context.Context) (any, error)) {
	if !errors.Is(err, records.ErrChanged) {
		s.adminFailed(w, r, err)
		return
	}
	now, err := present(r.Context())
	if err != nil {
		s.adminFailed(w, r, err)
		return
	}
	answer(w, http.StatusPreconditionFailed, struct {
		Code    string `json:"code"`
		Present any    `json:"present"`
	}{"changed", now})
}

// saved answers a write with the version it made, "" where the next GET tells
// it, and tells whoever it matters to.
func (s *Server) saved(w http.ResponseWriter, v records.Version, kinds ...string) {
	s.tell(kinds...)
	answer(w, http.StatusOK, struct {
		Version records.Version `json:"version,omitempty"`
	}{v})
}
