package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

const (
	freeWanted = 10 << 30  // bytes: some 2,000 cases of five pages
	freeNeeded = 256 << 20 // bytes: documents are refused below 64 MiB
	// expiresSoon is when a certificate's end is worth a line.
	expiresSoon = 30 * 24 * time.Hour
)

// checkFolder looks at the data folder, or where it would be made.
func checkFolder(_ context.Context, cfg Config) []finding {
	var out []finding
	place, err := filepath.Abs(cfg.Data)
	if err != nil {
		return []finding{{"folder", bad, fmt.Sprintf("%s: %v", cfg.Data, err), "Name the folder with --data."}}
	}
	there := place
	for ; there != filepath.Dir(there); there = filepath.Dir(there) {
		if _, err := os.Stat(there); !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	const write, search = 2, 1 // of access(2)
	if err := syscall.Access(there, write|search); err != nil {
		return []finding{{"folder", bad, fmt.Sprintf("%s cannot be written: %v", there, err), "Make it writable to the user that runs this, or name another with --data."}}
	}
	var space syscall.Statfs_t
	if err := syscall.Statfs(there, &space); err != nil {
		return []finding{{"folder", bad, fmt.Sprintf("%s: %v", there, err), "Name another folder with --data."}}
	}
	free := int64(space.Bavail) * space.Bsize
	f := finding{"folder", good, fmt.Sprintf("%s can be written, %.1f GiB are free", place, float64(free)/(1<<30)), ""}
	if there != place {
		f.Seen = fmt.Sprintf("%s is made at the first start, %.1f GiB are free", place, float64(free)/(1<<30))
	}
	switch {
	case free < freeNeeded:
		f.Verdict, f.Advice = bad, "Free some space: below 64 MiB no page of a document is taken."
	case free < freeWanted:
		f.Verdict, f.Advice = poor, "Plan for 10 GiB and watch it: a case takes about 5 MiB."
	}
	out = append(out, f)
	for _, name := range []string{"keys.json", "audit.key"} {
		info, err := os.Stat(filepath.Join(cfg.Data, name))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			out = append(out, finding{name, good, "is made at the first start", "Keep a copy elsewhere once it is there: without it nothing sealed can be opened or verified."})
		case err != nil:
			out = append(out, finding{name, bad, err.Error(), ""})
		case info.Mode().Perm()&0o077 != 0:
			out = append(out, finding{name, poor, fmt.Sprintf("others may read it (%v)", info.Mode().Perm()), "chmod 600 " + filepath.Join(cfg.Data, name)})
		default:
			out = append(out, finding{name, good, "is there and closed to others", ""})
		}
	}
	return out
}

// checkPorts takes each port for a moment.
func checkPorts(ctx context.Context, cfg Config) []finding {
	var lc net.ListenConfig
	try := func(name, network, address string) finding {
		var err error
		if network == "udp" {
			var c net.PacketConn
			if c, err = lc.ListenPacket(ctx, network, address); err == nil {
				err = c.Close()
			}
		} else {
			var l net.Listener
			if l, err = lc.Listen(ctx, network, address); err == nil {
				err = l.Close()
			}
		}
		if err != nil {
			return finding{name, bad, fmt.Sprintf("%s %s: %v", network, address, cause(err)), "Another node may be running here; stop it or choose another port."}
		}
		return finding{name, good, fmt.Sprintf("%s %s is free", network, address), ""}
	}
	media := fmt.Sprintf(":%d", cfg.MediaPort)
	out := []finding{try("pages", "tcp", cfg.Listen), try("media", "udp", media), try("media", "tcp", media)}
	if cfg.MetricsListen != "" {
		out = append(out, try("metrics", "tcp", cfg.MetricsListen))
	}
	if len(cfg.PublicIPs) == 0 && !cfg.Loopback {
		out = append(out, finding{"public-ip", poor, "browsers are told the addresses of this machine's interfaces", "Behind NAT name the outer address with --public-ip."})
	}
	return out
}

// checkClock asks the kernel whether something keeps its clock right.
func checkClock(context.Context, Config) []finding {
	const unsynchronised = 5 // TIME_ERROR of adjtimex(2)
	var t syscall.Timex
	state, err := syscall.Adjtimex(&t)
	switch {
	case err != nil:
		return []finding{{"clock", poor, fmt.Sprintf("the kernel does not say whether it is kept right: %v", err), "See that chrony or systemd-timesyncd runs."}}
	case state == unsynchronised:
		return []finding{{"clock", poor, "nothing keeps this machine's clock right", "Run chrony or systemd-timesyncd: waits, hours and the audit depend on it."}}
	}
	return []finding{{"clock", good, fmt.Sprintf("kept right to within %.0f ms", float64(t.Maxerror)/1000), ""}}
}

// drift compares another machine's clock with ours.
func drift(name string, theirs, before, after time.Time) finding {
	ours := before.Add(after.Sub(before) / 2)
	d := theirs.Sub(ours).Round(time.Millisecond)
	f := finding{name, good, fmt.Sprintf("its clock differs from ours by %v", d), ""}
	switch {
	case d.Abs() > time.Minute:
		f.Verdict, f.Advice = bad, "Set both clocks by NTP."
	case d.Abs() > time.Second:
		f.Verdict, f.Advice = poor, "Set both clocks by NTP."
	}
	return f
}

// checkCertificate looks at the TLS files, and at their absence.
func checkCertificate(_ context.Context, cfg Config) []finding {
	if cfg.TLSCert == "" {
		if cfg.secure() || cfg.Loopback {
			return nil
		}
		return []finding{{"tls", bad, "pages are served without TLS to other machines", "Browsers give camera and microphone to https pages only: use --tls-cert and --tls-key, or a proxy and --origin https://…."}}
	}
	pair, err := tls.LoadX509KeyPair(cfg.TLSCert, cfg.TLSKey)
	if err != nil {
		return []finding{{"tls", bad, err.Error(), "Give the chain and its key as PEM files."}}
	}
	if len(pair.Leaf.DNSNames)+len(pair.Leaf.IPAddresses) == 0 {
		return []finding{{"tls", bad, "the certificate names no host (no subject alternative name): no browser takes it", "Have it made for the name at which the pages are opened."}}
	}
	left := time.Until(pair.Leaf.NotAfter)
	f := finding{"tls", good, fmt.Sprintf("valid until %s for %v", pair.Leaf.NotAfter.Format(time.DateOnly), pair.Leaf.DNSNames), ""}
	switch {
	case left <= 0:
		f.Verdict, f.Advice = bad, "The certificate is over: renew it."
	case left < expiresSoon:
		f.Verdict, f.Advice = poor, "Renew it soon."
	case time.Now().Before(pair.Leaf.NotBefore):
		f.Verdict, f.Advice = bad, "The certificate is not valid yet: is the clock right?"
	}
	return []finding{f}
}
