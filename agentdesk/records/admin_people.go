package records

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/remotewindow/remotewindow/agentdesk/catalogue"
)

// Member is a person as administrators see them.
type Member struct {
	PersonInfo
	Disabled  bool
	Password  bool // has one; without, a person is disabled
	CreatedMS int64
}

// Faults tells what is wrong with a member's own fields.
func (m Member) Faults() []Fault {
	var i inspector
	if !loginForm.MatchString(m.ID) {
		i.add("login", FaultLogin, m.ID)
	}
	i.text("name", m.Name, maxName, true)
	if !slices.Contains(Roles, m.Role) {
		i.add("role", FaultRole, m.Role)
	}
	i.text("seat", m.Seat, maxName, false)
	for n, family := range m.Skills {
		switch {
		case !slices.Contains(catalogue.Families, family):
			i.add("skills", FaultFamily, family)
		case slices.Contains(m.Skills[:n], family):
			i.add("skills", FaultDuplicate, family)
		}
	}
	return i.faults
}

// administers tells whether a member can log in as administrator.
func (m Member) administers() bool { return m.Role == "admin" && !m.Disabled && m.Password }

// Members lists everyone, those who are disabled too, by login.
func (r *Records) Members(ctx context.Context) ([]Member, error) {
	var list []Member
	err := r.read(ctx, "members", func(tx *txn) error {
		var err error
		list, err = r.members(ctx, tx)
		return err
	})
	return list, err
}

func (r *Records) members(ctx context.Context, tx *txn) ([]Member, error) {
	rows, err := r.memberRows(ctx, tx, "")
	list := make([]Member, len(rows))
	for i, m := range rows {
		list[i] = m.Member
	}
	return list, err
}

// AddMember adds a person on behalf of actor. Without a hash the person is
// disabled until ChangePassword. A login that exists is ErrExists, a field that
// is wrong a *Fault.
func (r *Records) AddMember(ctx context.Context, m Member, passwordHash, actor string) error {
	if err := first(m.Faults()); err != nil {
		return fmt.Errorf("records: add member: %w", err)
	}
	return r.write(ctx, "add member", func(tx *txn) error {
		return r.hire(ctx, tx, []memberRow{{m, passwordHash}}, actor)
	})
}

// hire adds people and settles it.
func (r *Records) hire(ctx context.Context, tx *txn, members []memberRow, actor string) error {
	made, err := r.insertMembers(ctx, tx, members, actor)
	if err != nil {
		return err
	}
	return r.settle(ctx, tx, made)
}

// insertMembers adds people and returns what is to be settled.
func (r *Records) insertMembers(ctx context.Context, tx *txn, members []memberRow, actor string) ([]AuditRow, error) {
	now := time.Now().UnixMilli()
	rows, made := make([][]any, 0, len(members)), make([]AuditRow, 0, len(members))
	for _, m := range members {
		m.Disabled = m.Disabled || m.hash == ""
		skills, err := encodeSkills(m.Skills)
		if err != nil {
			return nil, err
		}
		rows = append(rows, []any{r.centre, m.ID, m.Name, m.Role, m.Seat, m.hash, skills, flag(m.Disabled), now})
		made = append(made, AuditRow{
			AtMS: now, Actor: actor, Action: "person.add", Object: m.ID,
			Detail: changes(nil, "role", "", m.Role, "seat", "", m.Seat, "skills", "", strings.Join(m.Skills, " "), "disabled", "", yes(m.Disabled)),
		})
	}
	return made, tx.insert(ctx, `INSERT INTO people (centre, login, name, role, seat, password_hash, skills, disabled, created_ms)`, rows, "")
}

// ChangeMember replaces name, role, seat, skills and disabled of a person on
// behalf of actor, and returns what was before. Who is disabled or gets another
// role is logged out; who is no agent any more loses his stations. The last
// administrator stays one, and who has no password stays disabled: a *Fault.
// Where actor did not see the version that stands, ErrChanged.
func (r *Records) ChangeMember(ctx context.Context, m Member, actor string, seen Version) (Member, error) {
	if err := first(m.Faults()); err != nil {
		return Member{}, fmt.Errorf("records: change member: %w", err)
	}
	var old Member
	err := r.write(ctx, "change member", func(tx *txn) error {
		all, err := r.members(ctx, tx)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(o Member) bool { return o.ID == m.ID })
		if i < 0 {
			return ErrNotFound
		}
		old, m.Password = all[i], all[i].Password
		if err := seen.meets(old.Version(), m.Version()); err != nil {
			return err
		}
		all[i] = m
		if old.administers() && !slices.ContainsFunc(all, Member.administers) {
			return &Fault{Field: lost(old, m), Code: FaultLastAdmin}
		}
		if !m.Disabled && !m.Password {
			return &Fault{Field: "disabled", Code: FaultNoPassword}
		}
		made, err := r.updateMember(ctx, tx, old, m, "", actor)
		if err != nil {
			return err
		}
		return r.settle(ctx, tx, made)
	})
	return old, err
}

// lost names the field by which an administrator ceases to be one.
func lost(old, m Member) string {
	if old.Role != m.Role {
		return "role"
	}
	return "disabled"
}

// updateMember writes what differs, and with a hash the password too. It returns
// what is to be settled.
func (r *Records) updateMember(ctx context.Context, tx *txn, old, m Member, passwordHash, actor string) ([]AuditRow, error) {
	skills, err := encodeSkills(m.Skills)
	if err != nil {
		return nil, err
	}
	detail := changes(nil, "role", old.Role, m.Role, "seat", old.Seat, m.Seat,
		"skills", strings.Join(old.Skills, " "), strings.Join(m.Skills, " "), "disabled", yes(old.Disabled), yes(m.Disabled))
	if old.Name != m.Name {
		detail["name"] = "changed" // ids and codes only: names stay out of the chain
	}
	if passwordHash != "" {
		detail["password"] = "changed"
	}
	if len(detail) == 0 {
		return nil, nil
	}
	if _, err := tx.exec(ctx, `UPDATE people SET name = ?, role = ?, seat = ?, skills = ?, disabled = ?,
		password_hash = CASE WHEN ? = '' THEN password_hash ELSE ? END WHERE centre = ? AND login = ?`,
		m.Name, m.Role, m.Seat, skills, flag(m.Disabled), passwordHash, passwordHash, r.centre, m.ID); err != nil {
		return nil, err
	}
	if passwordHash != "" || m.Disabled || old.Role != m.Role {
		if _, err := tx.exec(ctx, `DELETE FROM sessions WHERE centre = ? AND person = ?`, r.centre, m.ID); err != nil {
			return nil, err
		}
	}
	if old.Role == "agent" && m.Role != "agent" {
		if _, err := tx.exec(ctx, `UPDATE stations SET affinity = '' WHERE centre = ? AND affinity = ?`, r.centre, m.ID); err != nil {
			return nil, err
		}
		if len(old.Stations) > 0 {
			detail["stations_was"] = strings.Join(old.Stations, " ")
		}
	}
	return []AuditRow{{AtMS: time.Now().UnixMilli(), Actor: actor, Action: "person.change", Object: m.ID, Detail: detail}}, nil
}

// ChangePassword replaces a person's hash on behalf of actor and logs them out.
// Who had none, and was disabled for it, is let in.
func (r *Records) ChangePassword(ctx context.Context, login, passwordHash, actor string) error {
	if passwordHash == "" {
		return fmt.Errorf("records: change password: %w: no hash", ErrInvalid)
	}
	return r.changePerson(ctx, "change password", login, actor, "person.password",
		`disabled = CASE WHEN password_hash = '' THEN 0 ELSE disabled END, password_hash = ?`, passwordHash)
}

func encodeSkills(skills []string) (string, error) {
	if skills == nil {
		skills = []string{}
	}
	b, err := json.Marshal(skills)
	if err != nil {
		return "", fmt.Errorf("skills: %w", err)
	}
	return string(b), nil
}

// changes notes for the audit each field that differs: its new value, and its
// old one under field_was. Fields come as name, before, after.
func changes(detail map[string]string, fields ...string) map[string]string {
	if detail == nil {
		detail = map[string]string{}
	}
	for f := range slices.Chunk(fields, 3) {
		if f[1] != f[2] {
			detail[f[0]], detail[f[0]+"_was"] = f[2], f[1]
		}
	}
	return detail
}

func yes(b bool) string {
	if b {
		return "true"
	}
	return "false"
}
