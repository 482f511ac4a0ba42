package records

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"time"
)

// Roles of staff.
var Roles = []string{"specialist", "agent", "helper", "supervisor", "admin"}

// loginForm is what a login looks like: it stands in Redis keys, rooms and logs.
var loginForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,31}$`)

// PersonInfo is a member of staff.
type PersonInfo struct {
	ID       string // login
	Name     string
	Role     string
	Seat     string
	Skills   []string // families of matters; empty = all
	Stations []string // 包联: the stations whose Affinity is this person
}

// PersonSecret is what log-in needs beside PersonInfo.
type PersonSecret struct {
	PersonInfo
	PasswordHash string // PHC string
	Disabled     bool
}

// AddPerson adds a member of staff. Stations is ignored: it follows from the
// stations' Affinity. Without a hash the person is disabled. A login that exists
// is ErrExists.
func (r *Records) AddPerson(ctx context.Context, p PersonInfo, passwordHash string) error {
	if err := p.check(); err != nil {
		return fmt.Errorf("records: add person: %w", err)
	}
	return r.write(ctx, "add person", func(tx *txn) error {
		return r.hire(ctx, tx, []memberRow{{Member{PersonInfo: p}, passwordHash}}, actorSystem)
	})
}

func (p PersonInfo) check() error {
	if !loginForm.MatchString(p.ID) {
		return fmt.Errorf("%w: a login is 1–32 of a–z, 0–9, dot, dash, underscore", ErrInvalid)
	}
	if !slices.Contains(Roles, p.Role) {
		return fmt.Errorf("%w: role %q is none of %v", ErrInvalid, p.Role, Roles)
	}
	return nil
}

// SetDisabled locks a person out, ending their sessions, or lets them in again.
func (r *Records) SetDisabled(ctx context.Context, login string, disabled bool) error {
	return r.changePerson(ctx, "set disabled", login, actorSystem, "person.disabled", `disabled = ?`, flag(disabled))
}

func (r *Records) changePerson(ctx context.Context, doing, login, actor, action, set string, values ...any) error {
	return r.write(ctx, doing, func(tx *txn) error {
		n, err := tx.exec(ctx, `UPDATE people SET `+set+` WHERE centre = ? AND login = ?`, append(values, r.centre, login)...)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrNotFound
		}
		if _, err := tx.exec(ctx, `DELETE FROM sessions WHERE centre = ? AND person = ?`, r.centre, login); err != nil {
			return err
		}
		if err := r.raiseAccess(ctx, tx); err != nil {
			return err
		}
		return r.audit(ctx, tx, AuditRow{AtMS: time.Now().UnixMilli(), Actor: actor, Action: action, Object: login})
	})
}

// flag is a boolean as every database stores it.
func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// PersonByLogin returns a person with the hash that log-in compares.
func (r *Records) PersonByLogin(ctx context.Context, login string) (PersonSecret, error) {
	list, err := r.people(ctx, "person", `AND login = ?`, login)
	if err != nil {
		return PersonSecret{}, err
	}
	if len(list) == 0 {
		return PersonSecret{}, fmt.Errorf("records: person: %w", ErrNotFound)
	}
	return list[0], nil
}

// Person returns a person who is not disabled.
func (r *Records) Person(ctx context.Context, login string) (PersonInfo, error) {
	p, err := r.PersonByLogin(ctx, login)
	if err == nil && p.Disabled {
		err = fmt.Errorf("records: person: %w: disabled", ErrNotFound)
	}
	if err != nil {
		return PersonInfo{}, err
	}
	return p.PersonInfo, nil
}

// People lists everyone who is not disabled, by login.
func (r *Records) People(ctx context.Context) ([]PersonInfo, error) {
	secrets, err := r.people(ctx, "people", `AND disabled = 0`)
	if err != nil {
		return nil, err
	}
	list := make([]PersonInfo, len(secrets))
	for i, p := range secrets {
		list[i] = p.PersonInfo
	}
	return list, nil
}

func (r *Records) people(ctx context.Context, doing, where string, args ...any) ([]PersonSecret, error) {
	var list []PersonSecret
	err := r.read(ctx, doing, func(tx *txn) error {
		rows, err := r.memberRows(ctx, tx, where, args...)
		list = make([]PersonSecret, len(rows))
		for i, m := range rows {
			list[i] = PersonSecret{PersonInfo: m.PersonInfo, PasswordHash: m.hash, Disabled: m.Disabled}
		}
		return err
	})
	return list, err
}

// memberRow is a person as SQL has them.
type memberRow struct {
	Member
	hash string
}

func (r *Records) memberRows(ctx context.Context, tx *txn, where string, args ...any) ([]memberRow, error) {
	bound := map[string][]string{}
	err := tx.each(ctx, func(rows *sql.Rows) error {
		var station, login string
		if err := rows.Scan(&station, &login); err != nil {
			return err
		}
		bound[login] = append(bound[login], station)
		return nil
	}, `SELECT id, affinity FROM stations WHERE centre = ? AND affinity <> '' ORDER BY id`, r.centre)
	if err != nil {
		return nil, err
	}
	var list []memberRow
	err = tx.each(ctx, func(rows *sql.Rows) error {
		var m memberRow
		var skills string
		if err := rows.Scan(&m.ID, &m.Name, &m.Role, &m.Seat, &m.hash, &skills, &m.Disabled, &m.CreatedMS); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(skills), &m.Skills); err != nil {
			return fmt.Errorf("skills of a person: %w", err)
		}
		m.Password, m.Stations = m.hash != "", bound[m.ID]
		list = append(list, m)
		return nil
	}, `SELECT login, name, role, seat, password_hash, skills, disabled, created_ms FROM people WHERE centre = ? `+where+` ORDER BY login`,
		append([]any{r.centre}, args...)...)
	return list, err
}
