package evidence

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"maps"
	"slices"
	"strings"

	"sleutelbord/app/desk"
	"sleutelbord/store"
)

// Names of files of a pack.
const (
	sumsFile      = "SHA256SUMS"
	signatureFile = "SHA256SUMS.sig"
	keyFile       = "site.pem"
)

// packMark is the first line of a pack's list of files.
const packMark = "# Sleutelbord evidence 1"

// PackOptions say what a pack is made of.
type PackOptions struct {
	// Lang is the language of its papers: "nl", "en" or "de".
	Lang string
	// Before is the record of processing of an earlier pack, nil for none: the pack
	// then says what has changed since.
	Before *Record
	// Progress is told before each file is made: how many are done, of how many, and
	// the name of the next. It may be nil.
	Progress func(done, all int, name string)
}

// Pack is all evidence of a site in one folder: its files by name.
type Pack struct {
	Head
	Files map[string][]byte
	// Version is the version of the site's key that signed it, Fingerprint the
	// SHA-256 of its public half as it stands in site.pem.
	Version     uint16
	Fingerprint string
}

// facts are what a pack is made of, all of one moment.
type facts struct {
	site       store.Site
	record     Record
	evaluation Evaluation
	journal    Journal
	erasures   []desk.Erased
}

// NewPack makes the pack of a site: all papers, from one consistent picture of the
// records, with a list of their hashes that the site's key signs. It has no data
// of a tenancy in it.
func NewPack(ctx context.Context, d *desk.Desk, o PackOptions) (*Pack, error) {
	p, err := newPack(ctx, d, o)
	if err != nil {
		return nil, fmt.Errorf("making the evidence pack: %w", err)
	}
	return p, nil
}

func newPack(ctx context.Context, d *desk.Desk, o PackOptions) (*Pack, error) {
	var f facts
	err := d.Look(ctx, func(tx *store.Tx) (err error) {
		f, err = readFacts(d, tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	p := &Pack{Head: f.record.Head, Files: map[string][]byte{}}
	// The signature of nothing tells which key will sign, for the index.
	_, public, version, err := d.SignEvidence(ctx, []byte(packMark))
	if err != nil {
		return nil, err
	}
	if err := p.key(public, version); err != nil {
		return nil, err
	}
	if err := p.papers(ctx, f, o); err != nil {
		return nil, err
	}
	if err := p.index(o.Lang); err != nil {
		return nil, err
	}
	sums := p.sums(f.site)
	signature, signer, _, err := d.SignEvidence(ctx, sums)
	if err != nil {
		return nil, err
	}
	if !signer.Equal(public) {
		return nil, fmt.Errorf("another key signs now: %w", store.ErrConflict)
	}
	p.Files[sumsFile], p.Files[signatureFile] = sums, signature
	return p, nil
}

func readFacts(d *desk.Desk, tx *store.Tx) (f facts, err error) {
	if f.site, err = tx.Site(); err != nil {
		return f, err
	}
	if f.record, err = record(d, tx); err != nil {
		return f, err
	}
	if f.evaluation, err = evaluation(d, tx); err != nil {
		return f, err
	}
	if f.journal, err = journal(d, tx); err != nil {
		return f, err
	}
	all, err := tx.Erasures()
	f.erasures = []desk.Erased{}
	for _, e := range all {
		f.erasures = append(f.erasures, desk.Erased{Certificate: e.ID, Day: e.Day.String(), Reason: e.Reason, Tenancies: e.Tenancies, Tags: e.Tags})
	}
	return f, err
}

// key puts the public key into the pack.
func (p *Pack) key(public ed25519.PublicKey, version uint16) error {
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return fmt.Errorf("writing the site's public key: %w", err)
	}
	p.Version, p.Fingerprint = version, fingerprint(der)
	p.Files[keyFile] = pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	return nil
}

// fingerprint is the SHA-256 of a public key, in groups that can be read aloud.
func fingerprint(der []byte) string {
	sum := sha256.Sum256(der)
	digits := hex.EncodeToString(sum[:])
	groups := make([]string, 0, 16)
	for ; digits != ""; digits = digits[4:] {
		groups = append(groups, digits[:4])
	}
	return strings.Join(groups, " ")
}

// papers writes everything but the index and the list of hashes.
func (p *Pack) papers(ctx context.Context, f facts, o PackOptions) error {
	w := map[string]func() ([]byte, error){
		"record.pdf":      func() ([]byte, error) { return f.record.PDF(o.Lang) },
		"record.json":     f.record.JSON,
		"record.csv":      f.record.CSV,
		"record.ods":      func() ([]byte, error) { return f.record.ODS(o.Lang) },
		"annex.pdf":       func() ([]byte, error) { return f.record.AnnexPDF(o.Lang) },
		"annex.ods":       func() ([]byte, error) { return f.record.AnnexODS(o.Lang) },
		"annex.json":      func() ([]byte, error) { return f.record.AnnexJSON(o.Lang) },
		"evaluation.pdf":  func() ([]byte, error) { return f.evaluation.PDF(o.Lang) },
		"evaluation.json": f.evaluation.JSON,
		"journal.pdf":     func() ([]byte, error) { return f.journal.PDF(o.Lang) },
		"journal.json":    f.journal.JSON,
		"journal.csv":     f.journal.CSV,
		"places.pdf":      func() ([]byte, error) { return placesPDF(p.Head, o.Lang) },
		"places.json":     func() ([]byte, error) { return document(Places()) },
		"rollouts.json":   func() ([]byte, error) { return document(f.record.Rollouts) },
		"erasures.json":   func() ([]byte, error) { return document(f.erasures) },
	}
	for _, lang := range []string{"nl", "en", "de"} {
		w["receipt-"+lang+".pdf"] = func() ([]byte, error) { return madeUpReceipt(f.record).PDF(lang) }
	}
	if o.Before != nil {
		c := Changed(*o.Before, f.record)
		w["changes.json"] = c.JSON
		w["changes.pdf"] = func() ([]byte, error) { return c.PDF(o.Lang) }
	}
	for i, name := range slices.Sorted(maps.Keys(w)) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if o.Progress != nil {
			o.Progress(i, len(w), name)
		}
		b, err := w[name]()
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		p.Files[name] = b
	}
	return nil
}

// madeUpReceipt shows what tenants are told, with nobody's data.
func madeUpReceipt(r Record) Receipt {
	return Receipt{
		Head: r.Head, Event: Issued, Whom: r.Settings, Doors: []string{"1"},
		Tag: desk.TagView{
			ID: "T0", Home: "–", Ordinal: 1, State: store.TagIssued, Since: r.Day, Chip: "DESFire EV3 4K", Genuine: "genuine",
		},
		Tenancy: desk.TenancyView{ID: "R0", Start: r.Day, Choice: store.ChoiceTag, ChoiceSince: r.Day},
	}
}

// sums is the list of files that is signed, as sha256sum reads it.
func (p *Pack) sums(site store.Site) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n# site %x\n# day %s\n# key %d\n", packMark, site.ID, p.Day, p.Version)
	for _, name := range slices.Sorted(maps.Keys(p.Files)) {
		fmt.Fprintf(&b, "%x  %s\n", sha256.Sum256(p.Files[name]), name)
	}
	return []byte(b.String())
}
