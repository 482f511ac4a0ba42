package sfu

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/pion/logging"
)

// pionLogs lets Pion's errors and warnings through to slog at debug level:
// they speak of single packets and connections, which is noise to an
// operator, and our own lines say what became of the peer. Its texts name
// addresses, which is one more reason to keep them out of normal logs.
type pionLogs struct{ log *slog.Logger }

func (f *pionLogs) NewLogger(scope string) logging.LeveledLogger {
	return &pionLog{log: f.log, scope: scope}
}

type pionLog struct {
	log   *slog.Logger
	scope string
}

func (l *pionLog) write(format string, args ...any) {
	if l.log.Enabled(context.Background(), slog.LevelDebug) {
		l.log.Debug("pion", "scope", l.scope, "text", fmt.Sprintf(format, args...))
	}
}

func (l *pionLog) Trace(string)          {}
func (l *pionLog) Tracef(string, ...any) {}
func (l *pionLog) Debug(string)          {}
func (l *pionLog) Debugf(string, ...any) {}
func (l *pionLog) Info(string)           {}
func (l *pionLog) Infof(string, ...any)  {}

func (l *pionLog) Warn(msg string)                  { l.write("%s", msg) }
func (l *pionLog) Warnf(format string, args ...any) { l.write(format, args...) }
func (l *pionLog) Error(msg string)                 { l.write("%s", msg) }
func (l *pionLog) Errorf(format string, args ...any) {
	l.write(format, args...)
}
