package command

import (
	"io"

	"sleutelbord/app/desk"
	"sleutelbord/app/evidence"
)

// paperFlags say where a document goes and in which language.
type paperFlags struct {
	Lang   string `enum:"nl,en,de" default:"nl" help:"Language of the document: nl, en or de."`
	Output string `name:"output" short:"o" required:"" help:"The file to write." placeholder:"FILE"`
}

// written is what a command prints that has written a document.
type written struct {
	File  string `json:"file"`
	Bytes int    `json:"bytes"`
}

// writePaper writes a document and says where it is.
func (a *app) writePaper(name string, content []byte) error {
	if err := evidence.WritePaper(name, content); err != nil {
		return errPaperFile.because(err)
	}
	got := written{File: name, Bytes: len(content)}
	return a.show(got, func(w io.Writer) error { return say(w, "Written: %s\n", name) })
}

type receiptCmd struct {
	Tag string `arg:"" help:"The tag, such as T17."`
	paperFlags
}

func (c *receiptCmd) Run(a *app) error {
	return a.withDesk(func(d *desk.Desk) error {
		r, err := evidence.NewReceipt(a.ctx, d, c.Tag)
		if err != nil {
			return err
		}
		pdf, err := r.PDF(c.Lang)
		if err != nil {
			return err
		}
		return a.writePaper(c.Output, pdf)
	})
}
