// Package capture is the framing of a captured page on its way over a data
// channel, and the two state machines at its ends. The station's page and the
// desk speak the same framing in TypeScript; testdata/vectors.json holds what
// both must agree on, byte for byte.
//
// A message is a 22-byte header (version, kind, document id, number as a
// big-endian uint32) and a payload. A page is offered, its thumbnail follows,
// the receiver says which chunk it wants next, the chunks come, and the
// receiver ends with done after it has verified and kept the page, or refuse.
//
// Nothing here starts a goroutine, and only Sender.Run waits. Who stores the
// bytes and how a channel is made is the caller's business.
package capture
