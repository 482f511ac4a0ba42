package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
)

// embeddedRedis is the queue's store inside this process, for one node. It
// keeps nothing over a restart: the reconciler rebuilds it from SQL. It listens
// on loopback under a random password, so that no other program of the machine
// can write to it.
type embeddedRedis struct {
	server *miniredis.Miniredis
	client *redis.Client
}

func startEmbeddedRedis() (*embeddedRedis, error) {
	server := miniredis.NewMiniRedis()
	password := rand.Text()
	server.RequireAuth(password)
	if err := server.StartAddr("127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("start embedded queue: %w", err)
	}
	client := redis.NewClient(&redis.Options{
		Addr: server.Addr(), Password: password, Protocol: 2,
		ContextTimeoutEnabled: true, ReadTimeout: 5 * time.Second,
		// The embedded server knows neither CLIENT SETINFO nor maintenance pushes.
		DisableIdentity: true,
	})
	return &embeddedRedis{server: server, client: client}, nil
}

func (e *embeddedRedis) close() {
	_ = e.client.Close() // only a pool of connections to ourselves
	e.server.Close()
}

// redisLog brings what the Redis library says of its connections into our log.
// Each failure that matters comes back as an error as well.
type redisLog struct{ log *slog.Logger }

// Printf is what the library calls.
func (l redisLog) Printf(ctx context.Context, format string, args ...any) {
	l.log.DebugContext(ctx, "redis", "says", fmt.Sprintf(format, args...))
}
