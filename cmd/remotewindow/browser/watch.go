package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// keeper watches one browser at a time. Only the goroutine of Run uses it.
type keeper struct {
	o       Options
	d       *devtools
	target  string // id of the page
	session string // attached to it
	misses  int
	astray  int
	loading time.Time // since when the page loads; zero: it does not
	known   bool      // that it answers at its address was told
}

func (k *keeper) tell(e Event) {
	k.o.Logger.Info("kiosk page", "event", string(e))
	if k.o.OnEvent != nil {
		k.o.OnEvent(e)
	}
}

// attend runs one browser from its start to its end.
func (k *keeper) attend(ctx context.Context) error {
	p, d, err := connect(ctx, k.o)
	if err != nil {
		return err
	}
	defer p.end()
	defer func() {
		// The context of Run is over when the browser is to close.
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), endWithin)
		defer cancel()
		_ = d.call(closing, "", "Browser.close", nil, nil) // end kills it otherwise
	}()
	k.d = d
	k.grant(ctx)
	k.tell(Started)
	if err := k.open(ctx); err != nil {
		return err
	}
	ping := time.NewTicker(k.o.Ping)
	defer ping.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case n, ok := <-d.notices:
			if !ok {
				return errEnded
			}
			if err := k.noticed(ctx, n); err != nil {
				return err
			}
		case <-ping.C:
			if err := k.ping(ctx); err != nil {
				return err
			}
		}
	}
}

// grant gives the page its camera and microphone without a question that
// nobody at a kiosk could answer.
func (k *keeper) grant(ctx context.Context) {
	u, _ := url.Parse(k.o.URL) // complete has parsed it
	err := k.command(ctx, "", "Browser.grantPermissions", map[string]any{
		"origin": u.Scheme + "://" + u.Host, "permissions": []string{"videoCapture", "audioCapture"},
	}, nil)
	if err != nil {
		k.o.Logger.Warn("camera and microphone not granted", "err", err)
	}
}

// command is a call with a bound.
func (k *keeper) command(ctx context.Context, session, method string, params, result any) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	return k.d.call(ctx, session, method, params, result)
}

// open shows the page in a new target, then closes every other one: a page
// that hangs or has crashed is left behind with its process.
func (k *keeper) open(ctx context.Context) error {
	k.misses, k.astray, k.loading, k.known, k.session = 0, 0, time.Time{}, false, ""
	var targets struct {
		Infos []struct {
			ID   string `json:"targetId"`
			Type string `json:"type"`
		} `json:"targetInfos"`
	}
	if err := k.command(ctx, "", "Target.getTargets", nil, &targets); err != nil {
		return err
	}
	var made struct {
		ID string `json:"targetId"`
	}
	if err := k.command(ctx, "", "Target.createTarget", map[string]any{"url": k.o.URL}, &made); err != nil {
		return err
	}
	k.target = made.ID
	var attached struct {
		Session string `json:"sessionId"`
	}
	if err := k.command(ctx, "", "Target.attachToTarget", map[string]any{"targetId": made.ID, "flatten": true}, &attached); err != nil {
		return err
	}
	k.session = attached.Session
	// Inspector tells of the crash of the page's process.
	if err := k.command(ctx, k.session, "Inspector.enable", nil, nil); err != nil {
		return err
	}
	for _, t := range targets.Infos {
		if t.Type != "page" || t.ID == made.ID {
			continue
		}
		// Not waited for: a page that hangs answers late, the browser closes it anyway.
		closing, cancel := context.WithTimeout(ctx, time.Second)
		if err := k.d.call(closing, "", "Target.closeTarget", map[string]any{"targetId": t.ID}, nil); errors.Is(err, errEnded) {
			cancel()
			return err
		}
		cancel()
	}
	return nil
}

// again opens the page anew because of e.
func (k *keeper) again(ctx context.Context, e Event) error {
	k.tell(e)
	if err := k.open(ctx); err != nil {
		return fmt.Errorf("open the page anew: %w", err)
	}
	k.tell(Restored)
	return nil
}

func (k *keeper) noticed(ctx context.Context, n notice) error {
	switch n.Method {
	case "Inspector.targetCrashed":
		if n.Session == k.session {
			return k.again(ctx, Crashed)
		}
	case "Target.targetCrashed", "Target.targetDestroyed":
		var of struct {
			ID string `json:"targetId"`
		}
		if json.Unmarshal(n.Params, &of) != nil || of.ID != k.target {
			return nil
		}
		if n.Method == "Target.targetDestroyed" {
			return k.again(ctx, Gone)
		}
		return k.again(ctx, Crashed)
	}
	return nil
}

// ping asks the page for its address: no answer counts as missed, the address
// of something else (the browser's error page when the server was away) opens
// it anew at the second time.
func (k *keeper) ping(ctx context.Context) error {
	patience, cancel := context.WithTimeout(ctx, k.o.Patience)
	defer cancel()
	var said struct {
		Result struct {
			Value string `json:"value"`
		} `json:"result"`
	}
	err := k.d.call(patience, k.session, "Runtime.evaluate", map[string]any{
		"expression": "document.readyState === 'complete' ? location.origin + location.pathname : ''", "returnByValue": true,
	}, &said)
	switch {
	case errors.Is(err, errEnded):
		return err
	case err != nil:
		if ctx.Err() != nil {
			return nil
		}
		if k.misses++; k.misses >= k.o.Misses {
			return k.again(ctx, Hung)
		}
		return nil
	}
	k.misses = 0
	switch {
	case said.Result.Value == "":
		// A thin line loads for long: opening it anew would only begin again.
		if k.loading.IsZero() {
			k.loading = time.Now()
		}
		if time.Since(k.loading) < k.o.Loading {
			return nil
		}
		return k.again(ctx, Astray)
	case said.Result.Value == address(k.o.URL):
		k.astray, k.loading = 0, time.Time{}
		if !k.known {
			k.known = true
			k.tell(Opened)
		}
		return nil
	}
	k.loading = time.Time{}
	if k.astray++; k.astray >= 2 {
		return k.again(ctx, Astray)
	}
	return nil
}

// address is what a page at the URL says of itself: no query, no fragment.
func address(raw string) string {
	u, _ := url.Parse(raw) // complete has parsed it
	path := u.EscapedPath()
	if path == "" {
		path = "/"
	}
	host := strings.ToLower(u.Host)
	if u.Scheme == "https" {
		host = strings.TrimSuffix(host, ":443")
	} else {
		host = strings.TrimSuffix(host, ":80")
	}
	return u.Scheme + "://" + host + path
}
