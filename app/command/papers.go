package command

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sleutelbord/app/desk"
	"sleutelbord/app/evidence"
)

// officeFlags are those of papers for officers and councils.
type officeFlags struct {
	Lang   string `enum:"nl,en,de" default:"nl" help:"Language of the document: nl, en or de."`
	Output string `name:"output" short:"o" required:"" help:"The file to write; its ending says how: .pdf, .json or, for tables, .ods or .csv." placeholder:"FILE"`
}

// paperForms are the ways to write a paper, by the ending of the file's name.
type paperForms map[string]func() ([]byte, error)

// writeForm writes a paper in the form that the file's name asks for.
func (a *app) writeForm(name string, f paperForms) error {
	write, ok := f[strings.ToLower(filepath.Ext(name))]
	if !ok {
		return usageError{fmt.Errorf("%s: the ending says how to write it: .pdf, .json, .ods or .csv, whichever there is", name)}
	}
	content, err := write()
	if err != nil {
		return err
	}
	return a.writePaper(name, content)
}

type tenancyExportCmd struct {
	tenancyArg
	paperFlags
}

func (c *tenancyExportCmd) Run(a *app) error {
	return a.withDesk(func(d *desk.Desk) error {
		s, err := evidence.NewSubject(a.ctx, d, c.Tenancy)
		if err != nil {
			return err
		}
		return a.writeForm(c.Output, paperForms{".pdf": func() ([]byte, error) { return s.PDF(c.Lang) }, ".json": s.JSON})
	})
}

type tenancyCertificateCmd struct {
	Number int64 `arg:"" help:"The number that erasing gave."`
	paperFlags
}

func (c *tenancyCertificateCmd) Run(a *app) error {
	return a.withDesk(func(d *desk.Desk) error {
		cert, err := evidence.NewCertificate(a.ctx, d, c.Number)
		if err != nil {
			return err
		}
		return a.writeForm(c.Output, paperForms{".pdf": func() ([]byte, error) { return cert.PDF(c.Lang) }})
	})
}

type evidenceRecordCmd struct{ officeFlags }

func (c *evidenceRecordCmd) Run(a *app) error {
	return a.withDesk(func(d *desk.Desk) error {
		r, err := evidence.NewRecord(a.ctx, d)
		if err != nil {
			return err
		}
		return a.writeForm(c.Output, paperForms{".pdf": func() ([]byte, error) { return r.PDF(c.Lang) }, ".json": r.JSON, ".csv": r.CSV, ".ods": func() ([]byte, error) { return r.ODS(c.Lang) }})
	})
}

type evidenceAnnexCmd struct{ officeFlags }

func (c *evidenceAnnexCmd) Run(a *app) error {
	return a.withDesk(func(d *desk.Desk) error {
		r, err := evidence.NewRecord(a.ctx, d)
		if err != nil {
			return err
		}
		return a.writeForm(c.Output, paperForms{
			".pdf":  func() ([]byte, error) { return r.AnnexPDF(c.Lang) },
			".ods":  func() ([]byte, error) { return r.AnnexODS(c.Lang) },
			".json": func() ([]byte, error) { return r.AnnexJSON(c.Lang) },
		})
	})
}

type evidenceEvaluationCmd struct{ officeFlags }

func (c *evidenceEvaluationCmd) Run(a *app) error {
	return a.withDesk(func(d *desk.Desk) error {
		e, err := evidence.NewEvaluation(a.ctx, d)
		if err != nil {
			return err
		}
		return a.writeForm(c.Output, paperForms{".pdf": func() ([]byte, error) { return e.PDF(c.Lang) }, ".json": e.JSON})
	})
}

type evidenceJournalCmd struct{ officeFlags }

func (c *evidenceJournalCmd) Run(a *app) error {
	return a.withDesk(func(d *desk.Desk) error {
		j, err := evidence.NewJournal(a.ctx, d)
		if err != nil {
			return err
		}
		return a.writeForm(c.Output, paperForms{".pdf": func() ([]byte, error) { return j.PDF(c.Lang) }, ".json": j.JSON, ".csv": j.CSV})
	})
}

type evidenceChangesCmd struct {
	Old string `arg:"" help:"The older record of processing, as JSON: of a pack, or written by evidence record."`
	New string `arg:"" optional:"" help:"The newer one; without it, what is stored now."`
}

func (c *evidenceChangesCmd) Run(a *app) error {
	old, err := readRecord(c.Old)
	if err != nil {
		return err
	}
	if c.New != "" {
		now, err := readRecord(c.New)
		if err != nil {
			return err
		}
		return a.showChanges(evidence.Changed(old, now))
	}
	return a.withDesk(func(d *desk.Desk) error {
		now, err := evidence.NewRecord(a.ctx, d)
		if err != nil {
			return err
		}
		return a.showChanges(evidence.Changed(old, now))
	})
}

func readRecord(name string) (evidence.Record, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return evidence.Record{}, errDocumentFile.because(err)
	}
	return evidence.ParseRecord(b)
}

func (a *app) showChanges(c evidence.Changes) error {
	return a.show(c, func(w io.Writer) error {
		var rows [][]string
		for _, x := range slices.Concat(c.Columns, c.Settings, c.Rollouts) {
			rows = append(rows, []string{x.Kind, x.Name(), orDash(strings.Join(x.Fields, "; "))})
		}
		none := fmt.Sprintf("No stored column, contact, period or roll-out has changed from %s to %s.", c.From, c.To)
		return table(w, none, []string{"CHANGE", "WHAT", "HOW"}, rows)
	})
}

type evidencePackCmd struct {
	Dir    string `arg:"" help:"The folder to write; it must be empty or not be there yet."`
	Lang   string `enum:"nl,en,de" default:"nl" help:"Language of the papers: nl, en or de."`
	Before string `help:"The record.json of an earlier pack: say what has changed since." placeholder:"FILE"`
}

// packed is what evidence pack prints.
type packed struct {
	Dir         string `json:"dir"`
	Files       int    `json:"files"`
	Fingerprint string `json:"fingerprint"`
}

func (c *evidencePackCmd) Run(a *app) error {
	o := evidence.PackOptions{Lang: c.Lang}
	if c.Before != "" {
		r, err := readRecord(c.Before)
		if err != nil {
			return err
		}
		o.Before = &r
	}
	return a.withDesk(func(d *desk.Desk) error {
		p, err := evidence.NewPack(a.ctx, d, o)
		if err != nil {
			return err
		}
		if err := p.Write(c.Dir); err != nil {
			return errPaperFile.because(err)
		}
		got := packed{Dir: c.Dir, Files: len(p.Files), Fingerprint: p.Fingerprint}
		return a.show(got, func(w io.Writer) error {
			return say(w, "Written: %d files in %s. Begin with index.html.\nFingerprint of the site's key, to be published elsewhere: %s\n", got.Files, got.Dir, got.Fingerprint)
		})
	})
}

type evidenceVerifyCmd struct {
	Dir string `arg:"" help:"The folder of a pack."`
}

func (c *evidenceVerifyCmd) Run(a *app) error {
	got, err := evidence.VerifyPack(c.Dir)
	if errors.As(err, new(*fs.PathError)) {
		return errDocumentFile.because(err)
	}
	if err != nil {
		return err
	}
	return a.show(got, func(w io.Writer) error {
		return say(w, "All %d files are as the key in the pack has signed them on %s.\nCompare its fingerprint with what the site publishes: %s\n", got.Files, got.Day, got.Fingerprint)
	})
}
