package desk_test

import (
	"context"
	"testing"

	"sleutelbord/app/desk"
	"sleutelbord/nfc"
	"sleutelbord/nfc/softcard"
	"sleutelbord/store"
)

// pausing is a reader that does something else before command at.
type pausing struct {
	*softcard.Reader
	at        int
	meanwhile func()
}

func (p *pausing) Transact(ctx context.Context, f func(nfc.Transceiver) error) error {
	return p.Reader.Transact(ctx, func(t nfc.Transceiver) error {
		n := 0
		return f(nfc.TransceiverFunc(func(b []byte) ([]byte, error) {
			if n++; n == p.at {
				p.meanwhile()
			}
			return t.Transmit(b)
		}))
	})
}

// TestTwoReaders does something on a second reader while a tag is written on
// the first, at every command: neither act takes the other's tag for a torn one.
func TestTwoReaders(t *testing.T) {
	c := newCampus(t, 2)
	c.syncLocks(doors101...)
	commands, back := lengths(c)
	second := softcard.NewReader("second")
	for at := 1; at <= commands; at += 7 {
		first, other := c.blank(softcard.EV3), c.blank(softcard.EV3)
		c.lay(first)
		second.Lay(other)
		var issued desk.Issued
		p := &pausing{c.reader, at, func() {
			issued = must(c.desk.Issue(c.ctx, second, home101, desk.IssueOptions{}, nil))
			if _, err := c.desk.Resume(c.ctx, second, nil); code(err) != desk.CodeTagInUse {
				t.Errorf("at command %d: resuming a tag in use: %v", at, err)
			}
		}}
		done, err := c.desk.Issue(c.ctx, p, home101, desk.IssueOptions{}, nil)
		if err != nil || issued.Tag.ID == done.Tag.ID || c.state(issued.Tag.ID) != store.TagIssued || c.state(done.Tag.ID) != store.TagIssued {
			t.Fatalf("at command %d: %v, %s and %s", at, err, issued.Tag.ID, done.Tag.ID)
		}
		c.wantOpen(first, "H1-101")
		c.wantOpen(other, "H1-101")
		// Taking back, too, with a blank tag laid elsewhere as if it were it.
		for n := 1; n <= back; n += 5 {
			p.at, p.meanwhile = n, func() {
				second.Lay(c.blank(softcard.EV1))
				_, err := c.desk.RevokeReturned(c.ctx, second, done.Tag.ID, nil)
				if err == nil {
					t.Errorf("a blank tag was taken for %s, which is being wiped", done.Tag.ID)
				}
				second.Lay(c.blank(softcard.EV2))
				if _, err := c.desk.Wipe(c.ctx, second, nil); err != nil {
					t.Error(err)
				}
			}
			c.lay(first)
			if err := actReturn(c, p, done.Tag.ID); err != nil {
				t.Fatalf("at command %d of taking back: %v", n, err)
			}
			if c.state(done.Tag.ID) != store.TagReturned {
				t.Errorf("%s is %s", done.Tag.ID, c.state(done.Tag.ID))
			}
			c.lay(first)
			done = must(c.desk.Issue(c.ctx, c.reader, home101, desk.IssueOptions{}, nil))
		}
		c.takeBack(first)
		c.takeBack(other)
	}
}
