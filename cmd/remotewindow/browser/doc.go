// Package browser keeps the one page of a kiosk alive: it starts Chromium in
// kiosk mode, watches the page over the DevTools protocol and brings it back
// after a crash, a hang, a page that did not load, or the end of the browser
// itself. `remotewindow station` is its command line.
//
// DevTools is spoken over a pipe that only the two processes hold
// (--remote-debugging-pipe), never over a port: any program of the machine
// could drive a port, with the resident's camera behind it.
//
// Run owns the process and one goroutine that reads its answers. The page
// itself knows nothing of its keeper: what it was doing, a call included, comes
// back from the server when it is loaded again.
package browser
