package command

import (
	"io"
	"strings"
	"time"

	"sleutelbord/app/desk"
	"sleutelbord/nfc"
)

type lockCardCmd struct {
	Locks        []string `arg:"" optional:"" name:"lock" help:"The locks to write bundles for; without them, all that have not confirmed what they ought to know."`
	Erase        bool     `help:"Make the update card blank instead, for any use."`
	ClockIsRight bool     `help:"Sign although this computer's clock is behind the last bundles, or more than 30 days ahead of them."`
	waitFlag
}

func (c *lockCardCmd) Run(a *app) error {
	return a.atDesk(c.Wait, func(d *desk.Desk, r nfc.Reader) error {
		if c.Erase {
			return c.erase(a, d, r)
		}
		o := desk.CardOptions{BundleOptions: desk.BundleOptions{ClockConfirmed: c.ClockIsRight}}
		if !a.JSON {
			o.Room = func(fit, wanted int) error {
				return say(a.env.Stderr, "%s wanted, %d of them on this card.\n", count(wanted, "bundle is", "bundles are"), fit)
			}
		}
		got, err := d.WriteUpdateCard(a.ctx, r, c.Locks, a.progress(), o)
		if err != nil {
			return err
		}
		got.OnCard, got.Locks = orEmpty(got.OnCard), orEmpty(got.Locks)
		return a.show(got, func(w io.Writer) error { return writeCardWritten(w, got) })
	})
}

func (c *lockCardCmd) erase(a *app, d *desk.Desk, r nfc.Reader) error {
	got, err := d.EraseUpdateCard(a.ctx, r)
	if err != nil {
		return err
	}
	got.OnCard, got.Locks = orEmpty(got.OnCard), orEmpty(got.Locks)
	return a.show(got, func(w io.Writer) error {
		if err := writeReadBack(w, got.ReadBack); err != nil {
			return err
		}
		return say(w, "The card is blank now.\n")
	})
}

func writeCardWritten(w io.Writer, got desk.CardWritten) error {
	if err := writeReadBack(w, got.ReadBack); err != nil {
		return err
	}
	if len(got.OnCard) == 0 {
		return say(w, "No lock wants a bundle. The card is as it was.\n")
	}
	if err := say(w, "Ready: take the card to %s.\n", strings.Join(got.OnCard, ", ")); err != nil {
		return err
	}
	if len(got.Left) == 0 {
		return nil
	}
	return say(w, "Another card is wanted for %s.\n", strings.Join(got.Left, ", "))
}

// writeReadBack says what receipts said, if there were any.
func writeReadBack(w io.Writer, back desk.ReadBack) error {
	if back.Receipts > 0 {
		if err := say(w, "%s read back.\n", count(back.Receipts, "receipt", "receipts")); err != nil {
			return err
		}
	}
	if len(back.Refused) > 0 {
		if err := say(w, "Receipts that these locks did not make, not taken: %s\n", strings.Join(back.Refused, ", ")); err != nil {
			return err
		}
	}
	if len(back.Older) > 0 {
		return say(w, "Older receipts than are known already: %s\n", strings.Join(back.Older, ", "))
	}
	return nil
}

type lockReceiptsCmd struct{ waitFlag }

func (c *lockReceiptsCmd) Run(a *app) error {
	return a.atDesk(c.Wait, func(d *desk.Desk, r nfc.Reader) error {
		got, err := d.ReadUpdateCard(a.ctx, r)
		if err != nil {
			return err
		}
		got.OnCard, got.Locks = orEmpty(got.OnCard), orEmpty(got.Locks)
		return a.show(got, func(w io.Writer) error {
			if got.Unfinished {
				return say(w, "The card was taken away while it was written. Write it again.\n")
			}
			if err := writeReadBack(w, got.ReadBack); err != nil {
				return err
			}
			return say(w, "The card is for %s.\n", strings.Join(got.OnCard, ", "))
		})
	})
}

type lockGatewayCmd struct {
	Config string        `required:"" help:"File with the broker's address and the certificates." placeholder:"FILE"`
	Once   bool          `help:"Publish what is missing, take the receipts that are there, and end."`
	Wait   time.Duration `help:"With --once: wait this long for the locks to confirm, such as 30s." placeholder:"DURATION"`
}

func (c *lockGatewayCmd) Run(a *app) error {
	return a.withDesk(func(d *desk.Desk) error {
		g, err := d.NewGateway(a.ctx, c.Config)
		if err != nil {
			return err
		}
		if c.Once {
			got, err := g.Once(a.ctx, c.Wait)
			if err != nil {
				return err
			}
			return a.showGateway(got)
		}
		// A line that cannot be written is told when the gateway ends: the
		// locks do not depend on it.
		var lost error
		err = g.Run(a.ctx, func(v desk.GatewayView) {
			if err := a.showGateway(v); err != nil && lost == nil {
				lost = err
			}
		})
		if err != nil {
			return err
		}
		return lost
	})
}

func (a *app) showGateway(v desk.GatewayView) error {
	return a.show(v, func(w io.Writer) error { return writeGateway(w, v) })
}

func writeGateway(w io.Writer, v desk.GatewayView) error {
	state := "connected"
	if !v.Connected {
		state = "not connected"
	}
	err := say(w, "%s: %s; %s published, %s, %s waiting\n", v.Broker, state, count(v.Published, "bundle", "bundles"),
		count(v.Receipts, "confirmation", "confirmations"), count(v.Waiting, "lock is", "locks are"))
	if err != nil || v.Problem == "" {
		return writeLies(w, v, err)
	}
	what, do := problemWords(v.Problem, nil)
	return writeLies(w, v, say(w, "%s. %s\n", what, do))
}

// writeLies names the locks whose receipts were not as they ought to be.
func writeLies(w io.Writer, v desk.GatewayView, err error) error {
	if err != nil {
		return err
	}
	return writeReadBack(w, desk.ReadBack{Refused: v.Refused, Older: v.Older})
}
