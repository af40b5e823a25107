package desk

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"sleutelbord/store"
)

// Codes of problems of a site that several desks share.
const (
	CodeDatabaseUnreachable Code = "database-unreachable"
	CodeDatabaseDenied      Code = "database-denied"
	CodeDatabaseCertificate Code = "database-certificate"
	CodeDatabaseUnverified  Code = "database-unverified"
	CodeDatabaseSettings    Code = "database-settings"
	CodeDeskBusy            Code = "desk-busy"
	CodeNothingToMend       Code = "nothing-to-mend"
	CodeDatabaseTampered    Code = "database-tampered"
	CodeDatabaseOlder       Code = "database-older"
	CodeSiteMoved           Code = "site-moved"
	CodeDeskRemoved         Code = "desk-removed"
	CodeDatabaseTaken       Code = "database-taken"
	CodeNotShared           Code = "not-shared"
	CodeJoinCode            Code = "join-code"
	CodeNotAdmitted         Code = "not-admitted"
	CodeNoRequest           Code = "no-request"
	CodeNoDesk              Code = "no-desk"
)

// ComputerView is a desk of a site that several desks share.
type ComputerView struct {
	ID      string `json:"id"` // 16 hexadecimal digits
	Name    string `json:"name"`
	Added   string `json:"added"`             // day
	Removed string `json:"removed,omitempty"` // day; "" while it may read
	Here    bool   `json:"here"`              // is this computer
}

// SharedView is how this desk stands in a site that several desks share.
type SharedView struct {
	Shared bool           `json:"shared"` // false: the site has this desk only
	Desks  []ComputerView `json:"desks"`
	// Requests are the fingerprints of computers that ask to be admitted.
	Requests []string `json:"requests"`
	// Problem keeps this desk from changing anything; "" is none.
	Problem Code `json:"problem,omitempty"`
}

// Shared tells which desks share the site. Without the database it tells what
// was known last, and the problem.
func (d *Desk) Shared(ctx context.Context) (SharedView, error) {
	v := SharedView{Shared: d.store.Shared(), Desks: []ComputerView{}, Requests: []string{}}
	if !v.Shared {
		return v, nil
	}
	err := d.store.Refresh(ctx)
	if err == nil {
		v.Requests, err = d.store.JoinRequests(ctx)
	}
	if err != nil {
		if ctx.Err() != nil {
			return SharedView{}, fmt.Errorf("asking the shared database: %w", err)
		}
		v.Problem = Explain(err).Code
	}
	all, err := d.store.Desks(ctx)
	if err != nil {
		return SharedView{}, fmt.Errorf("listing the desks: %w", err)
	}
	for _, c := range all {
		o := ComputerView{ID: c.ID, Name: c.Name, Added: c.Added.String(), Here: c.Here}
		if c.Removed > 0 {
			o.Removed = c.Removed.String()
		}
		v.Desks = append(v.Desks, o)
	}
	return v, nil
}

// OnChange calls f after every change of the records, at this desk or another;
// see [store.Store.OnChange].
func (d *Desk) OnChange(f func()) (stop func()) { return d.store.OnChange(f) }

// maxConnection bounds a file with connection settings, in bytes.
const maxConnection = 64 << 10

// ReadConnection reads the connection settings of a shared database from a file.
func ReadConnection(file string) (settings string, err error) {
	f, err := os.Open(file)
	if err != nil {
		return "", fmt.Errorf("%w: %w", store.ErrSettings, err)
	}
	defer func() { _ = f.Close() }() // was only read
	b, err := io.ReadAll(io.LimitReader(f, maxConnection))
	if err != nil {
		return "", fmt.Errorf("%w: %w", store.ErrSettings, err)
	}
	return strings.TrimSpace(string(b)), nil
}

// MoveToDatabase moves the site of a desk that is not open to an empty
// PostgreSQL database. The folder is then its first desk, under this name.
func MoveToDatabase(ctx context.Context, o Options, settings, name string) error {
	o.complete()
	if strings.TrimSpace(name) == "" {
		return fmt.Errorf("moving the site: %w", &inputError{"name", "the desk needs a name"})
	}
	if err := custodianOnly(ctx, o); err != nil {
		return fmt.Errorf("moving the site: %w", err)
	}
	err := store.MoveToDatabase(ctx, o.Dir, o.Passphrase, settings, name, o.Store, journalOf(actMovedIn, "site"))
	if err != nil {
		return ofRecords(err)
	}
	o.Log.Info("site moved to a shared database")
	return nil
}

// MoveFromDatabase makes this desk, which is not open, the only one of its site.
func MoveFromDatabase(ctx context.Context, o Options) error {
	o.complete()
	if err := custodianOnly(ctx, o); err != nil {
		return fmt.Errorf("moving the site: %w", err)
	}
	err := store.MoveFromDatabase(ctx, o.Dir, o.Passphrase, o.Store, journalOf(actMovedOut, "site"))
	if err != nil {
		return ofRecords(err)
	}
	o.Log.Info("site moved from the shared database")
	return nil
}

// custodianOnly opens the records to see who it is.
func custodianOnly(ctx context.Context, o Options) error {
	s, err := store.Open(ctx, o.Dir, o.Passphrase, o.Store)
	if err != nil {
		return ofRecords(err)
	}
	err = newDesk(s, o).custodian()
	if closing := s.Close(); err == nil {
		err = closing
	}
	return err
}

// journalOf writes an entry while the records are not a desk's yet.
func journalOf(act, subject string) func(*store.Tx) error {
	return func(tx *store.Tx) error {
		return tx.Append(store.Entry{Operator: tx.Operator().Name, Act: act, Subject: subject})
	}
}

// RequestJoin asks for this computer to become a desk of the site in a shared
// database. The fingerprint has to be told to a custodian at one of its desks.
func RequestJoin(ctx context.Context, o Options, settings string) (fingerprint string, err error) {
	o.complete()
	if !store.Exists(o.Dir) {
		if err := checkPassphrase(o.Passphrase, o.Operator); err != nil {
			return "", fmt.Errorf("joining the site: %w", err)
		}
	}
	print, err := store.RequestJoin(ctx, o.Dir, o.Passphrase, settings, o.Store)
	return print, ofRecords(err)
}

// FinishJoin makes this computer a desk, with the code that the admitting desk
// has shown.
func FinishJoin(ctx context.Context, o Options, code string) error {
	o.complete()
	if err := store.FinishJoin(ctx, o.Dir, o.Passphrase, code, o.Store); err != nil {
		return ofRecords(err)
	}
	o.Log.Info("joined a site")
	return nil
}

// Reachable tells whether the site is shared, and what keeps this desk from
// following the shared database; the zero problem is nothing. It asks nobody.
func (d *Desk) Reachable() (shared bool, p Problem) {
	if err := d.store.SharedProblem(); err != nil {
		p = Explain(err)
	}
	return d.store.Shared(), p
}

// AdmitDesk lets the computer with this fingerprint join, and gives the code that
// is to be typed there. A desk has all records, and the keys with them: as
// soon as there are two custodians, it takes two.
func (d *Desk) AdmitDesk(ctx context.Context, a store.Admission, second Approval) (code string, err error) {
	who, err := d.approveAbout(ctx, store.Custodian, "", second)
	if err != nil {
		return "", fmt.Errorf("admitting a desk: %w", err)
	}
	if strings.TrimSpace(a.Name) == "" {
		return "", fmt.Errorf("admitting a desk: %w", &inputError{"name", "the desk needs a name"})
	}
	code, err = d.store.AdmitDesk(ctx, a, func(tx *store.Tx) error {
		return tx.Append(store.Entry{Operator: who, Act: actAdmitted, Subject: "desk"})
	})
	if err != nil {
		return "", notFound(err, errNoRequest, "fingerprint")
	}
	d.log.Info("desk admitted")
	return code, nil
}

// RemoveDesk takes a desk out of the site; see [store.Store.RemoveDesk]. As soon
// as there are two custodians, it takes two.
func (d *Desk) RemoveDesk(ctx context.Context, id string, second Approval) error {
	who, err := d.approveAbout(ctx, store.Custodian, "", second)
	if err != nil {
		return fmt.Errorf("removing a desk: %w", err)
	}
	err = d.store.RemoveDesk(ctx, id, func(tx *store.Tx) error {
		return tx.Append(store.Entry{Operator: who, Act: actRemoved, Subject: "desk " + id})
	})
	if err != nil {
		return notFound(err, errNoDesk, id)
	}
	d.log.Info("desk removed")
	return nil
}

// MendDatabase puts the records of this desk into a shared database in which an
// old copy was put back; see [store.Store.MendDatabase].
func (d *Desk) MendDatabase(ctx context.Context) error {
	if err := d.custodian(); err != nil {
		return fmt.Errorf("mending the shared database: %w", err)
	}
	if err := d.store.MendDatabase(ctx); err != nil {
		return err
	}
	d.log.Warn("the shared database was mended")
	return d.store.Update(ctx, func(tx *store.Tx) error { return d.journal(tx, actMended, "site") })
}

// Refresh takes over what other desks have changed; see [store.Store.Refresh].
func (d *Desk) Refresh(ctx context.Context) error { return d.store.Refresh(ctx) }
