package sfu

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

// Errors of the package. They come wrapped with a reason; test with errors.Is.
var (
	// ErrSDP: the offer is too large, cannot be parsed or is outside the layout.
	ErrSDP = errors.New("offer refused")
	// ErrStale: the epoch is older than the room's.
	ErrStale = errors.New("epoch is stale")
	// ErrFull: the room or the SFU holds as many as it may.
	ErrFull = errors.New("no place left")
	// ErrNotFound: there is no such room or participant.
	ErrNotFound = errors.New("not found")
	// ErrClosed: the room or the SFU was closed meanwhile.
	ErrClosed = errors.New("closed")
)

// Role is the part a participant plays in a room.
type Role string

// The roles of layout 1.
const (
	Station    Role = "station"
	Agent      Role = "agent"
	Third      Role = "third"
	Supervisor Role = "supervisor"
)

// Participant is who joins, as decided by the caller.
type Participant struct {
	ID    string
	Role  Role
	Epoch int64 // the epoch of the media token
}

// Codec names for Options.Codec.
const (
	VP8  = "VP8"
	H264 = "H264"
)

// Options of an SFU. The zero value listens on a free UDP port of every
// address, forwards VP8 and refuses pages (no PageStore).
type Options struct {
	// UDPAddr is the one address of all peers, ":50000" or "127.0.0.1:0".
	UDPAddr string
	// TCP also listens on TCP at the same number, for participants whose
	// network lets no UDP through (ICE-TCP, RFC 6544).
	TCP bool
	// TCPPerSource bounds the TCP connections of one IPv4 address or IPv6 /64,
	// 0 means 512.
	TCPPerSource int
	// PublicIPs are announced in place of the local addresses (1:1 NAT).
	PublicIPs []string
	// LoopbackOnly binds to 127.0.0.1 whatever host UDPAddr names.
	LoopbackOnly bool
	// Codec is the video codec of this installation, VP8 (default) or H264.
	Codec string
	// MaxRooms bounds the rooms, 0 means 1024.
	MaxRooms int

	Logger     *slog.Logger
	Registerer prometheus.Registerer // may be nil
	// OnEvent gets events one at a time in order, on a goroutine of the SFU.
	// It may call the SFU.
	OnEvent func(Event)
	// OnPause is told, on a goroutine of its own, that the process did not run for
	// a second or more: its rooms may have been taken over. No media pass from then
	// on until Resume is called with the number of that pause. Nil: a pause changes
	// nothing.
	OnPause func(pause int64)
	// Pages stores captured pages; nil refuses each with disk_full.
	Pages PageStore
}

const (
	defaultMaxRooms = 1024
	socketBuffer    = 4 << 20
)

func (o *Options) complete() error {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.MaxRooms == 0 {
		o.MaxRooms = defaultMaxRooms
	}
	switch strings.ToUpper(strings.ReplaceAll(o.Codec, ".", "")) {
	case "", VP8:
		o.Codec = VP8
	case H264:
		o.Codec = H264
	default:
		return fmt.Errorf("video codec %q: want VP8 or H264", o.Codec)
	}
	if o.UDPAddr == "" {
		o.UDPAddr = ":0"
	}
	for _, ip := range o.PublicIPs {
		if net.ParseIP(ip) == nil {
			return fmt.Errorf("public address %q is not an IP address", ip)
		}
	}
	return nil
}

// listenAddr resolves UDPAddr and applies LoopbackOnly.
func (o *Options) listenAddr() (*net.UDPAddr, error) {
	addr, err := net.ResolveUDPAddr("udp", o.UDPAddr)
	if err != nil {
		return nil, fmt.Errorf("media address %q: %w", o.UDPAddr, err)
	}
	if o.LoopbackOnly {
		addr = &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: addr.Port}
	}
	return addr, nil
}

// loopback tells whether peers of this machine are meant to reach addr.
func (o *Options) loopback(addr *net.UDPAddr) bool {
	if addr.IP.IsLoopback() {
		return true
	}
	for _, ip := range o.PublicIPs {
		if net.ParseIP(ip).IsLoopback() {
			return true
		}
	}
	return false
}
