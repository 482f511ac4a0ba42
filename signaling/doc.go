// Package signaling holds the sockets of stations, desks and boards, and owns
// the calls between them.
package signaling
