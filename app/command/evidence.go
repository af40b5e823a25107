package command

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"sleutelbord/app/desk"
	"sleutelbord/store"
)

type evidenceCmd struct {
	Pack       evidencePackCmd       `cmd:"" help:"Write all evidence into one folder, signed by the site's key, with an index."`
	Verify     evidenceVerifyCmd     `cmd:"" help:"Check that a folder is a pack as it was signed; it needs no records and no key."`
	Settings   evidenceSettingsCmd   `cmd:"" help:"Show or change whom residents can ask, and the periods."`
	Rollout    evidenceRolloutCmd    `cmd:"" help:"Note or list how far the introduction in each building is."`
	Document   evidenceDocumentCmd   `cmd:"" help:"Note a document of a building by its hash."`
	Record     evidenceRecordCmd     `cmd:"" help:"Write the record of processing (GDPR Art. 30)."`
	Annex      evidenceAnnexCmd      `cmd:"" help:"Write the annex of the impact assessment: seventeen points, facts filled in, judgements as questions."`
	Evaluation evidenceEvaluationCmd `cmd:"" help:"Write the interim evaluation: numbers by building, small ones hidden."`
	Journal    evidenceJournalCmd    `cmd:"" help:"Write the journal for the tenants' council: acts on keys by building and day."`
	Changes    evidenceChangesCmd    `cmd:"" help:"Say what changed in what is stored since an older record of processing."`
}

type evidenceSettingsCmd struct {
	Controller        *string `help:"Who is responsible for the data." placeholder:"TEXT"`
	ControllerContact *string `help:"How the controller is reached; \\n begins a new line." placeholder:"TEXT"`
	Officer           *string `help:"The data protection officer." placeholder:"TEXT"`
	OfficerContact    *string `help:"How the officer is reached." placeholder:"TEXT"`
	DeskContact       *string `help:"Where a lost tag is reported." placeholder:"TEXT"`
	Processors        *string `help:"Who else handles the data, one a line." placeholder:"TEXT"`
	RetentionDays     *int    `help:"How many days an ended tenancy stays known." placeholder:"DAYS"`
	JournalDays       *int    `help:"How many days the content of the journal is kept." placeholder:"DAYS"`
	SmallCount        *int    `help:"Numbers of people below this are hidden in reports." placeholder:"N"`
}

// apply changes what a flag names.
func (c *evidenceSettingsCmd) apply(s *desk.Settings) {
	for from, to := range map[*string]*string{
		c.Controller: &s.Controller, c.ControllerContact: &s.ControllerContact, c.Officer: &s.Officer,
		c.OfficerContact: &s.OfficerContact, c.DeskContact: &s.DeskContact, c.Processors: &s.Processors,
	} {
		if from != nil {
			*to = strings.ReplaceAll(*from, `\n`, "\n")
		}
	}
	for from, to := range map[*int]*int{c.RetentionDays: &s.RetentionDays, c.JournalDays: &s.JournalDays, c.SmallCount: &s.SmallCount} {
		if from != nil {
			*to = *from
		}
	}
}

func (c *evidenceSettingsCmd) Run(a *app) error {
	return a.withDesk(func(d *desk.Desk) error {
		got, err := d.ChangeSettings(a.ctx, c.apply)
		if err != nil {
			return err
		}
		return a.show(got, func(w io.Writer) error {
			one := func(text string) string { return orDash(strings.ReplaceAll(text, "\n", ", ")) }
			return table(w, "", []string{"SETTING", "VALUE"}, [][]string{
				{"controller", one(got.Controller)},
				{"controller-contact", one(got.ControllerContact)},
				{"officer", one(got.Officer)},
				{"officer-contact", one(got.OfficerContact)},
				{"desk-contact", one(got.DeskContact)},
				{"processors", one(got.Processors)},
				{"retention-days", strconv.Itoa(got.RetentionDays)},
				{"journal-days", strconv.Itoa(got.JournalDays)},
				{"small-count", strconv.Itoa(got.SmallCount)},
			})
		})
	})
}

type evidenceRolloutCmd struct {
	Building   string    `arg:"" optional:"" help:"The building; without it, all are listed."`
	Stage      string    `enum:"planned,assessed,consulted,active,evaluated," default:"" help:"The stage that was reached: planned, assessed, consulted, active or evaluated." placeholder:"STAGE"`
	Day        time.Time `format:"2006-01-02" help:"The day of that; today if it is not given." placeholder:"YYYY-MM-DD"`
	Assessment string    `help:"Version of the impact assessment, with --stage assessed." placeholder:"TEXT"`
	Review     time.Time `format:"2006-01-02" help:"The day by which the assessment is looked at again, with --stage assessed." placeholder:"YYYY-MM-DD"`
}

func (c *evidenceRolloutCmd) Run(a *app) error {
	return a.withDesk(func(d *desk.Desk) error {
		var all []desk.RolloutView
		var err error
		if c.Building == "" && c.Stage == "" {
			all, err = d.Rollouts(a.ctx)
		} else {
			var one desk.RolloutView
			one, err = d.SetRollout(a.ctx, c.Building, desk.RolloutStep{
				Stage: desk.Stage(c.Stage), Day: c.Day, Assessment: c.Assessment, Review: c.Review,
			})
			all = []desk.RolloutView{one}
		}
		if err != nil {
			return err
		}
		return a.show(map[string][]desk.RolloutView{"rollouts": orEmpty(all)}, func(w io.Writer) error { return writeRollouts(w, all) })
	})
}

func writeRollouts(w io.Writer, all []desk.RolloutView) error {
	rows := make([][]string, 0, len(all))
	for _, v := range all {
		reminders := make([]string, 0, len(v.Reminders))
		for _, r := range v.Reminders {
			reminders = append(reminders, string(r))
		}
		rows = append(rows, []string{
			v.Building, string(v.Stage), orDash(v.Assessment), orDash(v.Review), strconv.Itoa(v.Unassessed),
			strconv.Itoa(len(v.Documents)), orDash(strings.Join(reminders, ", ")),
		})
	}
	return table(w, "There are no buildings yet.", []string{"BUILDING", "STAGE", "ASSESSMENT", "REVIEW BY", "TAGS WITHOUT", "DOCUMENTS", "DUE"}, rows)
}

type evidenceDocumentCmd struct {
	Building string `arg:"" help:"The building."`
	File     string `arg:"" help:"The document; its hash is kept, not the document."`
	Kind     string `enum:"assessment,consultation,decision,evaluation,other" default:"other" help:"What it is: assessment, consultation, decision, evaluation or other."`
}

func (c *evidenceDocumentCmd) Run(a *app) error {
	f, err := os.Open(c.File)
	if err != nil {
		return errDocumentFile.because(err)
	}
	defer func() { _ = f.Close() }() // was only read
	return a.withDesk(func(d *desk.Desk) error {
		got, err := d.AddDocument(a.ctx, c.Building, store.DocumentKind(c.Kind), filepath.Base(c.File), documentReader{f})
		if err != nil {
			return err
		}
		return a.show(got, func(w io.Writer) error { return say(w, "Noted: %s, SHA-256 %s\n", got.Name, got.SHA256) })
	})
}

// documentReader says of every error that it is the document's: a folder by its
// name, or a disk that cannot be read, comes to light only here.
type documentReader struct{ r io.Reader }

func (d documentReader) Read(p []byte) (int, error) {
	n, err := d.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = errDocumentFile.because(err)
	}
	return n, err
}
