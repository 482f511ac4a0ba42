// Package web carries the built pages inside the program. The folder is the
// Node project that builds them into dist; without a build dist holds only
// .gitkeep, the program compiles all the same, and agentdesk answers 503 for
// the pages.
package web

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Dist returns the built pages: kiosk.html, desk.html, board.html, assets/.
func Dist() fs.FS {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // "dist" is a valid path: cannot happen
	}
	return sub
}
