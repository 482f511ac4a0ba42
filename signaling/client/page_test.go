package client_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/pion/webrtc/v4"

	"github.com/remotewindow/remotewindow/sfu/capture"
	"github.com/remotewindow/remotewindow/signaling/client"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// documentEnd is the SFU's end of the document channel of a mirror.
type documentEnd struct{ dc *webrtc.DataChannel }

func (d documentEnd) Send(b []byte) error { return d.dc.Send(b) }
func (d documentEnd) Buffered() uint64    { return d.dc.BufferedAmount() }

func documentChannel(t *testing.T, m *mirror) (documentEnd, chan []byte) {
	t.Helper()
	negotiated, id := true, uint16(1)
	dc, err := m.pc.CreateDataChannel("document", &webrtc.DataChannelInit{Negotiated: &negotiated, ID: &id})
	if err != nil {
		t.Fatal(err)
	}
	messages := make(chan []byte, 4096)
	dc.OnMessage(func(message webrtc.DataChannelMessage) { messages <- message.Data })
	return documentEnd{dc}, messages
}

func grant() *protocol.MediaGrant {
	return &protocol.MediaGrant{Token: "one", Layout: protocol.Layout, Codec: "VP8"}
}

// joins makes the server answer media offers by the mirror.
func (sv *server) joins(t *testing.T, other *mirror) {
	sv.answer = func(s *socket, e protocol.Envelope, m protocol.Message) {
		offer, ok := m.(protocol.MediaOffer)
		if !ok {
			s.send(t, e.ID, protocol.OK{})
			return
		}
		sdp, err := other.answer(offer.SDP)
		if err != nil {
			t.Errorf("mirror: %v", err)
		}
		s.send(t, e.ID, protocol.MediaAnswer{SDP: sdp})
	}
}

func picture(size int) []byte {
	page := bytes.Repeat([]byte{7}, size)
	copy(page, []byte{0xff, 0xd8, 0xff})
	return page
}

func TestStationSendsAPage(t *testing.T) {
	for _, refuse := range []bool{false, true} {
		other := newMirror(t)
		end, messages := documentChannel(t, other)
		sv := newServer(t, func(s *socket) {
			s.send(t, "", protocol.StationState{Version: 1, State: protocol.KioskCall, Media: grant()})
		})
		sv.joins(t, other)
		s := station(t, sv, nil)
		m, err := s.Join(within(t), client.MediaOptions{LoopbackOnly: true})
		if err != nil {
			t.Fatal(err)
		}
		kept := make(chan []byte, 1)
		go func() {
			inbox := capture.Inbox{OnPage: func(_ capture.Offer, page []byte) { kept <- page }}
			for message := range messages {
				if f, _ := capture.Parse(message); refuse && f.Kind == capture.KindChunk {
					_ = end.Send(capture.Refuse(f.ID, capture.DiskFull).Marshal())
					continue
				}
				_ = inbox.Take(end, message)
			}
		}()
		page := picture(300_000)
		offer, err := s.SendPage(within(t), m, client.Page{Data: page, Thumb: picture(20_000), Slot: "id_card", Side: protocol.SideFront, Request: "r"})
		switch {
		case refuse && !errors.Is(err, capture.DiskFull):
			t.Errorf("SendPage = %v, want disk_full", err)
		case !refuse && err != nil:
			t.Errorf("SendPage: %v", err)
		case !refuse && !bytes.Equal(<-kept, page):
			t.Error("the page arrived changed")
		}
		if offer.Slot != "id_card" || offer.Side != "front" || offer.Request != "r" {
			t.Errorf("offer %+v", offer)
		}
		if err := m.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		_ = other.pc.GracefulClose()
		close(messages)
	}
}

func TestAgentReceivesAPage(t *testing.T) {
	page := picture(100_000)
	sum := sha256.Sum256(page)
	hash := hex.EncodeToString(sum[:])
	for _, name := range []string{"by the channel", "by HTTP after the channel gave up"} {
		t.Run(name, func(t *testing.T) {
			other := newMirror(t)
			end, messages := documentChannel(t, other)
			listed := protocol.DeskState{
				Version: 1, State: protocol.DeskCall, Media: grant(),
				Call: &protocol.CallView{Pages: []protocol.PageView{{ID: "00ff", SHA256: hash}}},
			}
			sv := newServer(t, func(s *socket) { s.send(t, "", listed) })
			sv.joins(t, other)
			sv.Config.Handler.(*http.ServeMux).HandleFunc("GET /api/desk/pages/00ff", func(w http.ResponseWriter, _ *http.Request) {
				_, _ = io.Copy(w, bytes.NewReader(page))
			})
			a, err := client.NewAgent(within(t), client.Options{URL: sv.URL}, "agent1", "demo", nil)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = a.Close(within(t)) }()
			m, err := a.Join(within(t), client.MediaOptions{LoopbackOnly: true})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = m.Close() }()
			if err := m.Page.WaitOpen(within(t)); err != nil {
				t.Fatal(err)
			}
			direct := name == "by the channel"
			opened := make(chan struct{})
			end.dc.OnOpen(func() { close(opened) })
			<-opened
			sender := capture.NewSender(capture.NewPage(capture.Offer{Document: capture.ID{1}}, page, picture(2000)))
			if err := sender.Start(end); err != nil {
				t.Fatal(err)
			}
			if !direct {
				cancel := capture.Frame{Kind: capture.KindCancel, ID: capture.ID{1}}
				if err := end.Send(cancel.Marshal()); err != nil {
					t.Fatal(err)
				}
			}
			go func() {
				for message := range messages {
					if f, err := capture.Parse(message); err == nil && direct {
						_ = sender.Take(f)
					}
				}
			}()
			got, err := a.ReceivePage(within(t), m, hash)
			if err != nil {
				t.Fatalf("ReceivePage: %v", err)
			}
			if got.HTTP == direct || !bytes.Equal(got.Data, page) || direct && len(got.Thumb) != 2000 {
				t.Errorf("HTTP %t, %d bytes, thumbnail of %d", got.HTTP, len(got.Data), len(got.Thumb))
			}
			_ = other.pc.GracefulClose()
			close(messages)
		})
	}
}
