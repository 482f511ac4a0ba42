package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"

	"github.com/remotewindow/remotewindow/agentdesk"
	"github.com/remotewindow/remotewindow/sfu"
	"github.com/remotewindow/remotewindow/sfu/capture"
)

// listen takes the ports first: a port that is taken is the commonest mistake.
func (n *node) listen(context.Context) error {
	var err error
	if n.listener, err = net.Listen("tcp", n.cfg.Listen); err != nil {
		return usagef("--listen %s cannot be used: %v. Is another one running? Choose another port.", n.cfg.Listen, cause(err))
	}
	n.listener = agentdesk.LimitListener(n.listener, n.cfg.connections(n.cfg.Proxies))
	if n.cfg.TLSCert != "" {
		pair, err := tls.LoadX509KeyPair(n.cfg.TLSCert, n.cfg.TLSKey)
		if err != nil {
			return usagef("--tls-cert and --tls-key cannot be used: %v.", err)
		}
		n.listener = tls.NewListener(n.listener, &tls.Config{
			Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
		})
	}
	if n.cfg.MetricsListen != "" {
		if n.metrics, err = net.Listen("tcp", n.cfg.MetricsListen); err != nil {
			return usagef("--metrics-listen %s cannot be used: %v.", n.cfg.MetricsListen, cause(err))
		}
	}
	return nil
}

func (n *node) openMedia(context.Context) error {
	var public []string
	for _, ip := range n.cfg.PublicIPs {
		public = append(public, ip.String())
	}
	store := pages{
		documents: n.documents, records: n.records,
		asked: func(ticket string, o capture.Offer) bool { return n.signaling.PageAsked(ticket, o) },
	}
	var err error
	n.sfu, err = sfu.New(sfu.Options{
		UDPAddr: fmt.Sprintf(":%d", n.cfg.MediaPort), PublicIPs: public, LoopbackOnly: n.cfg.Loopback && len(public) == 0,
		TCP: true, TCPPerSource: n.cfg.MediaConnectionsPerSource, Codec: n.cfg.VideoCodec, Logger: n.log, Registerer: n.registry, Pages: store,
		OnEvent: func(e sfu.Event) { n.signaling.HandleMedia(e) },
		OnPause: n.onPause(),
	})
	if err != nil {
		return usagef("--media-port %d cannot be used: %v. Is another one running? Choose another port.", n.cfg.MediaPort, cause(err))
	}
	return nil
}

// onPause has a pause of the process looked into where another node could have
// taken its calls meanwhile.
func (n *node) onPause() func(int64) {
	if n.embedded != nil {
		return nil
	}
	return func(pause int64) {
		<-n.owning // before, no room is there
		n.signaling.Paused(pause)
	}
}

// cause strips the wrapping of a network error down to what a person needs.
func cause(err error) error {
	var sys *os.SyscallError
	if errors.As(err, &sys) {
		return sys.Err
	}
	return err
}
