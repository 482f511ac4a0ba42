package sfu

import (
	"context"
	"io"

	"github.com/pion/webrtc/v4"

	"github.com/remotewindow/remotewindow/sfu/capture"
)

type PageStore interface {
	Create(ctx context.Context, room string, o capture.Offer) (PageWriter, error)
}
type PageWriter interface {
	Have() int64
	io.Writer
	Commit(ctx context.Context) error
	Suspend() error
	Abort() error
}
type pages struct{}

func newPages(*room) *pages { return nil }
func (*pages) close()       {}

type relay struct{}

func newRelay(*peer, *webrtc.DataChannel) *relay { return &relay{} }
func (*relay) close()                            {}
