package main

import (
	"bytes"
	"image/jpeg"
	"os"
	"strings"
	"testing"
)

func TestUnusableFlags(t *testing.T) {
	tests := []struct {
		args []string
		want string // in the sentence
	}{
		{[]string{"--url", "localhost:8080"}, "--url"},
		{[]string{"--url", "ftp://host"}, "--url"},
		{[]string{"--calls", "0"}, "--calls"},
		{[]string{"--calls", "many"}, "--calls"},
		{[]string{"--calls", "1001"}, "--calls"},
		{[]string{"--duration", "0s"}, "--duration"},
		{[]string{"--duration", "soon"}, "--duration"},
		{[]string{"--documents=-1"}, "--documents"},
		{[]string{"--document-size", "huge"}, "--document-size"},
		{[]string{"--document-size", "21MiB"}, "--document-size"},
		{[]string{"--document-size", "nan"}, "--document-size"},
		{[]string{"--server-pid", "2000000000"}, "--server-pid"},
		{[]string{"--agents", "agent"}, "--agents"},
		{[]string{"--stations", "s%s"}, "--stations"},
		{[]string{"--timeout", "1ms"}, "--timeout"},
		{[]string{"--unknown"}, "--unknown"},
		{[]string{"argument"}, "argument"},
	}
	for _, tt := range tests {
		t.Run(strings.Join(tt.args, " "), func(t *testing.T) {
			var out, errs bytes.Buffer
			if code := command(t.Context(), tt.args, &out, &errs, false); code != exitUsage {
				t.Errorf("exit %d, want %d", code, exitUsage)
			}
			if out.Len() != 0 || strings.Count(errs.String(), "\n") != 1 || !strings.Contains(errs.String(), tt.want) {
				t.Errorf("stdout %q, stderr %q; want one line about %s", &out, &errs, tt.want)
			}
		})
	}
}

func TestHelp(t *testing.T) {
	var out, errs bytes.Buffer
	if code := command(t.Context(), []string{"--help"}, &out, &errs, false); code != exitFine {
		t.Errorf("exit %d", code)
	}
	if !strings.Contains(out.String(), "--document-size") || errs.Len() != 0 {
		t.Errorf("stdout %q, stderr %q", &out, &errs)
	}
}

func TestBytesOf(t *testing.T) {
	for text, want := range map[string]int64{"1200000": 1_200_000, "1.2MB": 1_200_000, "900kB": 900_000, "4MiB": 4 << 20, "16KiB": 16 << 10, "5 MB": 5_000_000, "3B": 3} {
		if got, err := bytesOf(text); err != nil || got != want {
			t.Errorf("bytesOf(%q) = %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "MB", "-1", "1GB", "1.2.3MB", "inf", "1e99"} {
		if got, err := bytesOf(text); err == nil {
			t.Errorf("bytesOf(%q) = %d", text, got)
		}
	}
}

func TestDocuments(t *testing.T) {
	for _, size := range []int{16 << 10, 200_000, 1_200_000} {
		p, err := newPaper(size, 7)
		if err != nil {
			t.Fatalf("%d bytes: %v", size, err)
		}
		one, two := p.document(1, 1, 0), p.document(1, 1, 1)
		if len(one) != size || len(two) != size || bytes.Equal(one, two) {
			t.Errorf("%d and %d bytes, equal %t; want two of %d that differ", len(one), len(two), bytes.Equal(one, two), size)
		}
		image, err := jpeg.Decode(bytes.NewReader(one))
		if err != nil {
			t.Errorf("%d bytes: not a JPEG: %v", size, err)
			continue
		}
		if b := image.Bounds(); b.Dx() != p.width || b.Dy() != p.height {
			t.Errorf("picture %v, said %d by %d", b, p.width, p.height)
		}
		if len(p.thumb) == 0 || len(p.thumb) > 64<<10 {
			t.Errorf("thumbnail of %d bytes", len(p.thumb))
		}
	}
}

func TestComplaints(t *testing.T) {
	good := report{Packets: tally{Sent: 10, Received: 10}, Documents: documents{4, 4, 4}}
	good.Calls.Placed, good.Calls.Answered = 2, 2
	tests := []struct {
		name  string
		spoil func(*report)
		want  string // "" = none
	}{
		{"nothing wrong", func(*report) {}, ""},
		{"unanswered", func(r *report) { r.Calls.Answered = 1 }, "1 of 2 calls answered"},
		{"failed", func(r *report) { r.failures = []string{"call 1: gone"} }, "call 1: gone"},
		{"lost", func(r *report) { r.Packets.Lost = 1 }, "1 of 10 packets lost"},
		{"no media", func(r *report) { r.Packets = tally{} }, "no media"},
		{"wrong", func(r *report) { r.wrong = 1 }, "1 packets wrong"},
		{"unsent", func(r *report) { r.unsent = 1 }, "1 packets could not be sent"},
		{"before accept", func(r *report) { r.early = 1 }, "before accept"},
		{"document missing", func(r *report) { r.Documents = documents{4, 3, 3} }, "3 received of 4"},
		{"document changed", func(r *report) { r.Documents.HashEqual = 3 }, "1 documents differ"},
	}
	for _, tt := range tests {
		r := good
		tt.spoil(&r)
		got := strings.Join(r.complaints(options{flags: flags{Calls: 2, Documents: 2}}), "; ")
		if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestNobodyListens(t *testing.T) {
	var out, errs bytes.Buffer
	args := []string{"--url", "http://127.0.0.1:1", "--calls", "1", "--duration", "1s", "--timeout", "5s", "--document-size", "16KiB"}
	if code := command(t.Context(), args, &out, &errs, true); code != exitFailed {
		t.Errorf("exit %d, want %d", code, exitFailed)
	}
	for _, want := range []string{"connecting", "connection refused", "0 of 1 calls answered"} {
		if !strings.Contains(errs.String(), want) {
			t.Errorf("stderr lacks %q: %s", want, &errs)
		}
	}
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Errorf("the figures of --server-pid need /proc: %v", err)
	}
}
