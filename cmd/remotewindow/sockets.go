package main

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"time"

	"github.com/remotewindow/remotewindow/agentdesk"
	"github.com/remotewindow/remotewindow/agentdesk/catalogue"
	"github.com/remotewindow/remotewindow/agentdesk/password"
	"github.com/remotewindow/remotewindow/agentdesk/records"
	"github.com/remotewindow/remotewindow/agentdesk/web"
	"github.com/remotewindow/remotewindow/signaling"
	"github.com/remotewindow/remotewindow/signaling/relay"
)

// consentText is the version of the notice under the kiosk's button.
const consentText = "2026-11"

func (n *node) openSockets(context.Context) error {
	n.signaling = signaling.New(signaling.Options{
		Queue: n.queue, Media: n.sfu, Store: store{n.records}, Directory: directory{n.records, n.catalogue},
		Authenticate: func(ctx context.Context, ticket string) (signaling.Identity, error) {
			id, ok := n.desk.Redeem(ctx, ticket)
			if !ok {
				return signaling.Identity{}, errors.New("socket ticket unknown, used or too old")
			}
			return staff{n.records}.admit(ctx, identity(id))
		},
		Valid:   staff{n.records}.valid,
		Barred:  staff{n.records}.barred,
		Source:  func(r *http.Request) string { return n.desk.Source(r) },
		May:     may,
		Audit:   n.trail,
		Rebuilt: func() { n.reconcile.Kick() },
		Origins: n.cfg.Origins, Node: n.name, Relay: n.others(), Build: build, Centre: n.cfg.Centre, Demo: n.cfg.Demo, Codec: n.cfg.VideoCodec,
		Numbers: n.cfg.sockets(), Logger: n.log, Registerer: n.registry,
	})
	close(n.owning)
	return nil
}

// others are the other nodes of the centre; nil with the queue inside this process.
func (n *node) others() signaling.Relay {
	if n.embedded != nil {
		return nil
	}
	return relay.New(relay.Options{Client: n.redis, Centre: n.cfg.Centre, Node: n.name, Logger: n.log})
}

func (n *node) openPages(ctx context.Context) error {
	people := staff{n.records}
	dummy, err := password.Hash(rand.Text())
	if err != nil {
		return fmt.Errorf("hash: %w", err)
	}
	out := func(who agentdesk.Identity) { n.signaling.Revoke(identity(who)) }
	key, err := auditKey(filepath.Join(n.cfg.Data, "audit.key"))
	if err != nil {
		return err
	}
	mac := hmac.New(sha256.New, key)
	_, _ = io.WriteString(mac, "remotewindow pages v1") // a hash never fails
	secret := mac.Sum(nil)
	sent := uploads{
		pages:   pages{documents: n.documents, records: n.records, asked: n.signaling.PageAsked},
		request: n.signaling.PageUpload, tell: n.signaling.HandleMedia,
	}
	n.desk, err = agentdesk.New(agentdesk.Options{
		Build: build, Centre: n.cfg.Centre, Title: n.cfg.Title, ConsentText: consentText, Demo: n.cfg.Demo,
		DemoLogins: []agentdesk.DemoLogin{
			{Login: "agent7", Password: "demo", Face: "desk", Name: "座席"},
			{Login: "supervisor", Password: "demo", Face: "board", Name: "值班长"},
		},
		People: people, Sessions: people, Verify: password.Verify, DummyHash: dummy,
		Stations:  people.stations,
		Catalogue: n.offered,
		Matters:   func(context.Context) ([]catalogue.Matter, error) { return n.catalogue.Matters, nil },
		Audit: func(ctx context.Context, login, action, face string) error {
			return n.records.Audit(ctx, records.AuditRow{
				AtMS: time.Now().UnixMilli(), Actor: login, Action: action, Object: login, Detail: map[string]string{"face": face},
			})
		},
		OpenPage: pages{documents: n.documents, records: n.records}.open,
		Why:      n.why,
		Ready: []agentdesk.Check{
			{Name: "redis", Run: func(ctx context.Context) error { return n.redis.Ping(ctx).Err() }},
			{Name: "sql", Run: n.records.Ping},
			{Name: "disk", Run: n.documents.Check},
		},
		Draining: n.signaling.Draining,
		Revoked:  out, SignedOut: out,
		Administration: n.records, StationKeys: n.records, Hash: password.Hash, Changed: n.changed,
		Secret: secret, TrustedProxies: n.cfg.Proxies, LoginPerSource: n.cfg.LoginFailures, EnrolPerSource: n.cfg.EnrolFailures,
		RequestsPerSource: float64(n.cfg.RequestsPerSource), RequestBurst: float64(n.cfg.RequestBurst),
		Upload: agentdesk.UploadFuncs{Have: sent.have, Receive: sent.receive},
		Zone:   n.cfg.Location.String(), Clips: n.cfg.clips(),
		Socket: n.signaling, Dist: web.Dist(), Secure: n.cfg.secure(), Origins: n.cfg.Origins,
		Logger: n.log, Registerer: n.registry, Gatherer: n.registry,
	})
	if err != nil {
		return fmt.Errorf("open the pages: %w", err)
	}
	return nil
}
