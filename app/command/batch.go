package command

import (
	"context"
	"io"
	"os"
	"time"

	"sleutelbord/app/desk"
	"sleutelbord/app/evidence"
	"sleutelbord/nfc"
	"sleutelbord/store"
)

type batchCmd struct {
	Begin    batchBeginCmd    `cmd:"" help:"Begin a moving day: a queue of tags to hand out, from a list or a search."`
	Show     batchShowCmd     `cmd:"" help:"Show the queue and how far it is."`
	Next     batchNextCmd     `cmd:"" help:"Say whose turn it is."`
	Write    batchWriteCmd    `cmd:"" help:"Write the blank tag on the reader for whose turn it is."`
	Run      batchRunCmd      `cmd:"" help:"Write tag after tag as they are laid, until the queue is done."`
	Skip     batchSkipCmd     `cmd:"" help:"Leave whose turn it is for later."`
	Return   batchReturnCmd   `cmd:"" help:"Put everything that was skipped back into the queue."`
	Undo     batchUndoCmd     `cmd:"" help:"Take back the tag that was written last: it lies on the reader, or is gone (--lost)."`
	TakeOver batchTakeOverCmd `cmd:"" help:"Free what another desk has taken and not begun to write."`
	Receipts batchReceiptsCmd `cmd:"" help:"Write the receipts of all that was handed out, as one PDF file."`
	Labels   batchLabelsCmd   `cmd:"" help:"Write labels for all that was handed out, as a PDF file; no home stands on them."`
	Finish   batchFinishCmd   `cmd:"" help:"End the moving day: the queue is forgotten."`
}

type batchBeginCmd struct {
	File     string `arg:"" optional:"" help:"CSV file with the columns building,home and, if wanted, tags,label; - is standard input."`
	Search   string `help:"Instead of a list: the homes that the board's search shows for this text." placeholder:"TEXT"`
	Building string `help:"Instead of a list, or with --search: the homes of this building." placeholder:"NAME"`
	Floor    string `help:"With --building: only the homes of this floor." placeholder:"NAME"`
	Each     int    `default:"1" help:"Without a list: how many tags each home gets."`
	All      bool   `help:"Without a list: also homes that have a tag already."`
	DryRun   bool   `help:"Check everything and begin nothing."`
	secondFlags
}

func (c *batchBeginCmd) Run(a *app) error {
	return a.withDesk(func(d *desk.Desk) error {
		wishes, err := c.wishes(a, d)
		if err != nil {
			return err
		}
		if c.DryRun {
			doc := map[string][]desk.BatchWish{"queue": orEmpty(wishes)}
			return a.show(doc, func(w io.Writer) error {
				return say(w, "Nothing is begun. It would be %s.\n", count(len(wishes), "tag", "tags"))
			})
		}
		homes := make([]string, 0, len(wishes))
		for _, x := range wishes {
			homes = append(homes, x.Home)
		}
		if err := a.allow(d, c.secondFlags, homes...); err != nil {
			return err
		}
		v, err := d.BeginBatch(a.ctx, wishes)
		if err != nil {
			return err
		}
		return a.show(v, func(w io.Writer) error { return writeBatch(w, v) })
	})
}

// wishes are the tags of the list, or of the search.
func (c *batchBeginCmd) wishes(a *app, d *desk.Desk) ([]desk.BatchWish, error) {
	switch {
	case (c.File == "") == (c.Search == "" && c.Building == ""):
		return nil, &complaint{code: "usage", exit: exitUsage, what: "A moving day needs a list, --search or --building.", do: "Give one of them."}
	case c.File == "":
		return c.searched(a, d)
	case c.File == "-":
		return d.ReadBatchList(a.ctx, listReader{a.env.Stdin})
	}
	f, err := os.Open(c.File)
	if err != nil {
		return nil, errImportFile.because(err)
	}
	defer func() { _ = f.Close() }() // was only read
	return d.ReadBatchList(a.ctx, listReader{f})
}

func (c *batchBeginCmd) searched(a *app, d *desk.Desk) ([]desk.BatchWish, error) {
	l, err := d.List(a.ctx, c.Search, desk.Place{Building: c.Building, Floor: c.Floor})
	if err != nil {
		return nil, err
	}
	hooks, err := d.Hooks(a.ctx, l, 0, l.Len())
	var wishes []desk.BatchWish
	for _, h := range hooks {
		if h.Tags > 0 && !c.All {
			continue
		}
		for range c.Each {
			wishes = append(wishes, desk.BatchWish{Home: h.Ref})
		}
	}
	return wishes, err
}

type batchShowCmd struct{}

func (c *batchShowCmd) Run(a *app) error {
	return a.withDesk(func(d *desk.Desk) error {
		v, err := d.Batch(a.ctx)
		if err != nil {
			return err
		}
		return a.show(v, func(w io.Writer) error { return writeBatch(w, v) })
	})
}

// turn is whose turn it is, if anybody's.
type turn struct {
	Next *desk.BatchItem `json:"next"`
}

// next takes whose turn it is; nil is nobody's.
func (a *app) next(d *desk.Desk) (turn, error) {
	i, ok, err := d.NextOfBatch(a.ctx)
	if err != nil || !ok {
		return turn{}, err
	}
	return turn{&i}, nil
}

type batchNextCmd struct{}

func (c *batchNextCmd) Run(a *app) error {
	return a.withDesk(func(d *desk.Desk) error {
		got, err := a.next(d)
		if err != nil {
			return err
		}
		return a.show(got, func(w io.Writer) error { return writeTurn(w, got) })
	})
}

type batchWriteCmd struct {
	Label *string `help:"The label text of this tag, instead of the list's." placeholder:"TEXT"`
	waitFlag
}

func (c *batchWriteCmd) Run(a *app) error {
	return a.atDesk(c.Wait, func(d *desk.Desk, r nfc.Reader) error {
		t, err := a.next(d)
		switch {
		case err != nil:
			return err
		case t.Next == nil:
			return a.show(t, func(w io.Writer) error { return writeTurn(w, t) })
		case c.Label != nil:
			if err := d.LabelBatch(a.ctx, t.Next.Number, *c.Label); err != nil {
				return err
			}
		}
		got, err := d.WriteBatch(a.ctx, r, t.Next.Number, a.progress())
		if err != nil {
			return err
		}
		return a.show(got, func(w io.Writer) error { return writeIssued(w, got) })
	})
}

type batchRunCmd struct {
	Wait time.Duration `default:"1h" help:"End when no tag is laid, or taken away, for so long." placeholder:"DURATION"`
}

func (c *batchRunCmd) Run(a *app) error {
	return a.atDesk(0, func(d *desk.Desk, r nfc.Reader) error {
		for lies := false; ; {
			t, err := a.next(d)
			if err != nil {
				return err
			}
			if err := a.show(t, func(w io.Writer) error { return writeTurn(w, t) }); err != nil || t.Next == nil {
				return err
			}
			if err := c.taken(a, r, lies); err != nil {
				return err
			}
			lies = true
			if err := c.one(a, d, r, t.Next.Number); err != nil {
				return err
			}
		}
	})
}

// one waits until the tag of a turn is written.
func (c *batchRunCmd) one(a *app, d *desk.Desk, r nfc.Reader, number int64) error {
	for {
		if err := awaitState(a.ctx, r, c.Wait, errNobodyThere, func(s nfc.State) bool { return s.Present }); err != nil {
			return err
		}
		got, err := d.WriteBatch(a.ctx, r, number, a.progress())
		if err == nil {
			return a.show(got, func(w io.Writer) error { return writeIssued(w, got) })
		}
		code := desk.Explain(err).Code
		if !goesOn(code) {
			return err
		}
		what, do := problemWords(code, nil)
		if err := say(a.env.Stderr, "%s. %s\n", what, do); err != nil {
			return err
		}
		if err := c.taken(a, r, true); err != nil {
			return err
		}
	}
}

// taken waits until a tag that lies there is taken away.
func (c *batchRunCmd) taken(a *app, r nfc.Reader, lies bool) error {
	if !lies {
		return nil
	}
	return awaitState(a.ctx, r, c.Wait, errNobodyThere, func(s nfc.State) bool { return s.Attached && !s.Present })
}

// errNobodyThere ends a moving day at which nobody lays tags any more.
var errNobodyThere = &complaint{
	code: desk.CodeNoTag, exit: exitReader,
	what: "No tag was laid or taken away.", do: "Run the command again: it goes on at the same home.",
}

// goesOn tells whether a problem is one of the tag that lies there, and another
// tag, or the same once more, will do.
func goesOn(c desk.Code) bool {
	switch c {
	case desk.CodeTagRemoved, desk.CodeNoTag, desk.CodeTagInUse, desk.CodeForeignTag, desk.CodeLockedTag, desk.CodeOtherSite, desk.CodeUnknownTag,
		desk.CodeNotDESFire, desk.CodeNotGenuine, desk.CodePracticeChip, desk.CodeChipTooSmall, desk.CodeTagRefused, desk.CodeTagVerify, desk.CodeOtherTag:
		return true
	}
	return false
}

type batchSkipCmd struct{}

func (c *batchSkipCmd) Run(a *app) error {
	return a.withDesk(func(d *desk.Desk) error {
		t, err := a.next(d)
		if err == nil && t.Next != nil {
			if err = d.SkipBatch(a.ctx, t.Next.Number); err == nil {
				t, err = a.next(d)
			}
		}
		if err != nil {
			return err
		}
		return a.show(t, func(w io.Writer) error { return writeTurn(w, t) })
	})
}

type batchReturnCmd struct{}

func (c *batchReturnCmd) Run(a *app) error { return a.changeBatch((*desk.Desk).ReturnSkipped) }

type batchTakeOverCmd struct{}

func (c *batchTakeOverCmd) Run(a *app) error { return a.changeBatch((*desk.Desk).TakeOverBatch) }

type batchUndoCmd struct {
	Lost   bool  `help:"The tag is not there: it counts as lost, and the next one for its home replaces it."`
	Number int64 `help:"The place in the queue, such as one whose taking back was cut off; without it, the one that was written last." placeholder:"N"`
	waitFlag
}

func (c *batchUndoCmd) Run(a *app) error {
	shown := func(got desk.Revoked, err error) error {
		if err != nil {
			return err
		}
		return a.show(got, func(w io.Writer) error { return writeRevoked(w, got) })
	}
	if c.Lost {
		return a.withDesk(func(d *desk.Desk) error {
			number, err := c.place(a, d)
			if err != nil {
				return err
			}
			return shown(d.UndoBatchLost(a.ctx, number))
		})
	}
	return a.atDesk(c.Wait, func(d *desk.Desk, r nfc.Reader) error {
		number, err := c.place(a, d)
		if err != nil {
			return err
		}
		return shown(d.UndoBatch(a.ctx, r, number, a.progress()))
	})
}

// place is the number of what is undone.
func (c *batchUndoCmd) place(a *app, d *desk.Desk) (int64, error) {
	if c.Number != 0 {
		return c.Number, nil
	}
	v, err := d.Batch(a.ctx)
	return v.Last, err
}

type batchFinishCmd struct{}

func (c *batchFinishCmd) Run(a *app) error { return a.changeBatch((*desk.Desk).FinishBatch) }

type batchReceiptsCmd struct {
	Again bool `help:"Also those that were printed before."`
	paperFlags
}

func (c *batchReceiptsCmd) Run(a *app) error {
	return a.batchPaper(c.Again, c.Output, func(d *desk.Desk, tags []string) ([]byte, error) {
		all, err := evidence.NewReceipts(a.ctx, d, tags)
		if err != nil {
			return nil, err
		}
		return all.PDF(c.Lang)
	})
}

type batchLabelsCmd struct {
	Again bool `help:"Also those that were printed before."`
	paperFlags
}

func (c *batchLabelsCmd) Run(a *app) error {
	return a.batchPaper(c.Again, c.Output, func(d *desk.Desk, tags []string) ([]byte, error) {
		l, err := evidence.NewLabels(a.ctx, d, tags)
		if err != nil {
			return nil, err
		}
		for _, tag := range l.Held {
			if err := say(a.env.Stderr, "The label text of %s is left out: it names a building, a home or the site.\n", tag); err != nil {
				return nil, err
			}
		}
		return l.PDF(c.Lang)
	})
}

// batchPaper writes a paper for what was handed out, and notes that.
func (a *app) batchPaper(again bool, file string, make func(d *desk.Desk, tags []string) ([]byte, error)) error {
	return a.withDesk(func(d *desk.Desk) error {
		v, err := d.Batch(a.ctx)
		if err != nil {
			return err
		}
		var tags []string
		var numbers []int64
		for _, i := range v.Queue {
			if i.State == store.BatchWritten && (again || !i.Printed) {
				tags, numbers = append(tags, i.Tag), append(numbers, i.Number)
			}
		}
		if len(tags) == 0 {
			return desk.ErrNotHandedOut
		}
		pdf, err := make(d, tags)
		if err != nil {
			return err
		}
		if err := a.writePaper(file, pdf); err != nil {
			return err
		}
		return d.PrintedBatch(a.ctx, numbers)
	})
}

// changeBatch does something to the queue, and shows it.
func (a *app) changeBatch(do func(d *desk.Desk, ctx context.Context) error) error {
	return a.withDesk(func(d *desk.Desk) error {
		if err := do(d, a.ctx); err != nil {
			return err
		}
		v, err := d.Batch(a.ctx)
		if err != nil {
			return err
		}
		return a.show(v, func(w io.Writer) error { return writeBatch(w, v) })
	})
}

func writeTurn(w io.Writer, t turn) error {
	i := t.Next
	switch {
	case i == nil:
		return say(w, "Nobody's turn: the queue is done here.\n")
	case i.Half:
		return say(w, "Next: %s (number %d). Its tag %s is half-written: lay it again, or a blank one.\n", i.Home, i.Number, i.Tag)
	}
	return say(w, "Next: %s (number %d, tag %d of %d). Lay a blank tag.\n", i.Home, i.Number, i.Nth, i.Of)
}

func writeBatch(w io.Writer, v desk.BatchView) error {
	if len(v.Queue) == 0 {
		return say(w, "There is no moving day.\n")
	}
	rows := make([][]string, 0, len(v.Queue))
	for _, i := range v.Queue {
		state := string(i.State)
		switch {
		case i.Half:
			state = "half-written"
		case i.Elsewhere:
			state = "at " + i.Desk
		case i.Taken:
			state = "next"
		}
		rows = append(rows, []string{i.Home, state, i.Tag, i.Label})
	}
	if err := table(w, "", []string{"HOME", "STATE", "TAG", "LABEL"}, rows); err != nil {
		return err
	}
	return say(w, "%d of %d handed out, %d waiting, %d skipped, %d not printed.\n", v.Written, len(v.Queue), v.Waiting, v.Skipped, v.Unprinted)
}
