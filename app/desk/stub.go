package desk

import (
	"context"
	"errors"
	"io"
	"time"

	"sleutelbord/nfc"
	"sleutelbord/nfc/keytag"
	"sleutelbord/store"

	"github.com/sirupsen/logrus"
)

var errNotYet = errors.New("not built yet")

type Code string

type Problem struct {
	Code Code           `json:"code"`
	Args map[string]any `json:"args,omitempty"`
}

func Explain(err error) Problem { return Problem{} }

type Options struct {
	Dir        string
	Passphrase []byte
	Log        *logrus.Entry
	Clock      store.Clock
	Operator   string
	Store      store.Options
}

type InitOptions struct {
	Options
	Site     string
	Policy   store.Originality
	Practice bool
}

type RowError struct {
	Line   int    `json:"line"`
	Column string `json:"column"`
	Text   string `json:"text"`
}
type ImportError struct{ Rows []RowError }

func (e *ImportError) Error() string { return "" }

type IssueOptions struct {
	Label         string
	NotAfter      time.Time
	AcceptSuspect bool
}

type Desk struct{}

func Init(ctx context.Context, o InitOptions) (*Desk, error)                       { return nil, errNotYet }
func Open(ctx context.Context, o Options) (*Desk, error)                           { return nil, errNotYet }
func (d *Desk) Close() error                                                       { return nil }
func (d *Desk) Site(ctx context.Context) (SiteView, error)                         { return SiteView{}, errNotYet }
func (d *Desk) Import(ctx context.Context, r io.Reader) (Imported, error)          { return Imported{}, errNotYet }
func (d *Desk) PreviewImport(ctx context.Context, r io.Reader) (Imported, error)   { return Imported{}, errNotYet }
func (d *Desk) Board(ctx context.Context) ([]Hook, error)                          { return nil, errNotYet }
func (d *Desk) Home(ctx context.Context, ref string) (HomeView, error)             { return HomeView{}, errNotYet }
func (d *Desk) Tag(ctx context.Context, id string) (TagView, error)                { return TagView{}, errNotYet }
func (d *Desk) Tags(ctx context.Context) ([]TagView, error)                        { return nil, errNotYet }
func (d *Desk) Pending(ctx context.Context) ([]TagView, error)                     { return nil, errNotYet }
func (d *Desk) Locks(ctx context.Context) ([]DoorView, error)                      { return nil, errNotYet }
func (d *Desk) Statement(ctx context.Context, tag string) (Statement, error)       { return Statement{}, errNotYet }
func (d *Desk) Inspect(ctx context.Context, r nfc.Reader) (Inspection, error)      { return Inspection{}, errNotYet }
func (d *Desk) Issue(ctx context.Context, r nfc.Reader, home string, o IssueOptions, p ProgressFunc) (Issued, error) {
	return Issued{}, errNotYet
}
func (d *Desk) Replace(ctx context.Context, r nfc.Reader, tag string, o IssueOptions, p ProgressFunc) (Issued, error) {
	return Issued{}, errNotYet
}
func (d *Desk) Resume(ctx context.Context, r nfc.Reader, p ProgressFunc) (Issued, error) {
	return Issued{}, errNotYet
}
func (d *Desk) RevokeLost(ctx context.Context, tag string) (Revoked, error) { return Revoked{}, errNotYet }
func (d *Desk) RevokeReturned(ctx context.Context, r nfc.Reader, tag string, p ProgressFunc) (Revoked, error) {
	return Revoked{}, errNotYet
}
func (d *Desk) Wipe(ctx context.Context, r nfc.Reader, p ProgressFunc) (Wiped, error) {
	return Wiped{}, errNotYet
}
func (d *Desk) MoveOut(ctx context.Context, home string) (Moved, error) { return Moved{}, errNotYet }
func (d *Desk) MoveIn(ctx context.Context, home, reference string, c store.Choice) (TenancyView, error) {
	return TenancyView{}, errNotYet
}
func (d *Desk) SetChoice(ctx context.Context, home string, c store.Choice) error { return errNotYet }
func (d *Desk) WriteBundles(ctx context.Context, dir string) (Bundled, error)    { return Bundled{}, errNotYet }

func Check(ctx context.Context, r nfc.Reader) (keytag.CheckReport, error) {
	return keytag.CheckReport{}, errNotYet
}
