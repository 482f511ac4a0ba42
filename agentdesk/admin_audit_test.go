package agentdesk

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/remotewindow/remotewindow/agentdesk/records"
)

func TestAdminAudit(t *testing.T) {
	eachStore(t, func(t *testing.T, o *office) {
		for i := range 25 { // many in one millisecond
			if err := o.records.Audit(t.Context(), records.AuditRow{AtMS: 1_800_000_000_000, Actor: "x", Action: "test.row", Object: fmt.Sprint(i)}); err != nil {
				t.Fatal(err)
			}
		}
		total, err := o.records.AuditRows(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		seen, before := map[int64]bool{}, ""
		for pages := 0; ; pages++ {
			var page struct {
				Rows []auditRow
				Next string
			}
			o.fine("GET", "/api/admin/audit?limit=10&before="+before, "", &page)
			for i, r := range page.Rows {
				if seen[r.Seq] || r.Detail == nil || i > 0 && r.AtMS > page.Rows[i-1].AtMS {
					t.Fatalf("%+v", r)
				}
				seen[r.Seq] = true
			}
			if before = page.Next; before == "" {
				break
			}
			if pages > 20 {
				t.Fatal("no end")
			}
		}
		if int64(len(seen)) != total {
			t.Errorf("%d rows of %d", len(seen), total)
		}
		var page struct{ Rows []auditRow }
		o.fine("GET", "/api/admin/audit?before=1800000000000", "", &page) // a time alone
		if int64(len(page.Rows)) != total-25 {
			t.Errorf("%d rows before a time", len(page.Rows))
		}
		for _, query := range []string{"limit=0", "limit=501", "limit=-1", "limit=x", "limit=1e9", "before=x", "before=-1", "before=0", "before=1.2", "before=1.x.n", "before=" + strings.Repeat("9", 300), "before=1.1." + strings.Repeat("n", 300)} {
			if r := o.do("GET", "/api/admin/audit?"+query, ""); r.status != 400 {
				t.Errorf("%s: %d", query, r.status)
			}
		}
		var verdict struct {
			OK   bool
			Rows int64
		}
		o.fine("POST", "/api/admin/audit/verify", "", &verdict)
		if !verdict.OK || verdict.Rows != total {
			t.Errorf("%+v of %d", verdict, total)
		}
		if e, err := o.records.AuditTrail(t.Context(), "pj", 5); err != nil || e[len(e)-1].Action != "audit.verify" || e[len(e)-1].Actor != "admin" {
			t.Errorf("%+v %v", e, err)
		}
	})
}

// tampered is an administration whose chain somebody changed.
type tampered struct{ quiet }

func (tampered) VerifyAudit(ctx context.Context) error {
	return fmt.Errorf("records: verify audit: %w", &records.AuditFault{Node: "node1", Seq: 7, What: records.AuditChanged})
}

func TestAdminAuditTampered(t *testing.T) {
	d := newDesk(t, func(o *Options) { o.Administration = tampered{} })
	r := d.ask("POST", "/api/admin/audit/verify", "", cookie(d.in(FaceAdmin, "admin")))
	if r.status != 200 || r.body != `{"ok":false,"rows":0,"node":"node1","seq":7,"detail":"changed"}`+"\n" {
		t.Errorf("%d %s", r.status, r.body)
	}
}

// walking is an administration whose chain is long: it is verified until somebody
// lets it end.
type walking struct {
	quiet
	began chan struct{}
	end   chan struct{}
}

func (w walking) VerifyAudit(ctx context.Context) error {
	w.began <- struct{}{}
	select {
	case <-w.end:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("records: verify audit: %w: %w", records.ErrUnavailable, ctx.Err())
	}
}

// TestAdminAuditBounded: one walk at a time, and none goes on for ever.
func TestAdminAuditBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := walking{began: make(chan struct{}), end: make(chan struct{})}
		d := newDesk(t, func(o *Options) { o.Administration, o.Now = w, time.Now })
		admin := d.in(FaceAdmin, "admin")
		done := make(chan reply)
		verify := func() reply { return d.ask("POST", "/api/admin/audit/verify", "", cookie(admin)) }
		begin := func() {
			go func() { done <- verify() }()
			<-w.began
		}
		begin()
		for range 4 {
			if r := verify(); r.status != 409 || r.refusal(t).Code != "busy" {
				t.Errorf("beside another: %d %s", r.status, r.body)
			}
		}
		w.end <- struct{}{}
		if r := <-done; r.status != 200 {
			t.Errorf("the first: %d %s", r.status, r.body)
		}
		begin()
		if r := <-done; r.status != 503 || r.refusal(t).Code != "too_long" { // the bubble's clock runs ahead
			t.Errorf("one that does not end: %d %s", r.status, r.body)
		}
		begin()
		w.end <- struct{}{}
		if r := <-done; r.status != 200 {
			t.Errorf("afterwards: %d %s", r.status, r.body)
		}
	})
}
