// Package agentdesk is what people see and log in to: the built pages of
// kiosk, desk and board, the log-in of staff, sessions, rights, and the small
// HTTP API beside the socket.
//
// Server owns the routes and what every answer carries (security headers,
// metrics, no logged query strings). It owns in memory the single-use socket
// tickets, the nonces that stations have signed, and the counts of failures and
// requests; all may be lost in a restart.
// Sessions, people, stations, pages and the catalogue belong to others and are
// reached through the small interfaces and funcs of Options, which
// cmd/remotewindow fills.
//
// Who may do what stands in the one table of package rights. A route that is
// not in it is refused to everyone.
//
// Administrators keep the centre's people, stations, hours, numbers and matters
// through the routes under /api/admin (admin*.go); Administration is where that
// is written, with an audit row for each change.
//
// Errors are JSON {code, detail?, retry_ms?}; a field that an administrator
// entered wrongly is {code, field, value?}, a file {code, errors, …}.
package agentdesk
