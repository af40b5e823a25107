package window

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"sleutelbord/app/desk"
	"sleutelbord/nfc/softcard"
	"sleutelbord/store"
)

const (
	// demoHomes is how many homes the demo campus has.
	demoHomes = 2400
	// demoFolder is the folder of its records, in one that is removed at the end.
	demoFolder = "site"
	// demoFull is how many homes from the first on are nearly all let; of the
	// others, one in demoEvery is.
	demoFull  = 40
	demoEvery = 20
	// demoMade is how long ago the locks of the demo campus were taken in, and
	// demoPast how long ago its first tenancy began.
	demoMade = 24 * time.Hour
	demoPast = 330 * 24 * time.Hour
)

// past is a clock that can be put back, so that not everything in the demo
// campus happened today.
type past struct {
	clock store.Clock
	back  time.Duration
}

func (p *past) now() time.Time { return p.clock().Add(-p.back) }

// demoWords are what things are called in the demo campus, in the language of
// the window that made it.
type demoWords struct {
	doors desk.DemoNames
	label string // of some tags
}

func (w *Window) demoWords() demoWords {
	return demoWords{
		doors: desk.DemoNames{Entrance: w.t("demo.entrance"), Corridor: w.t("demo.corridor"), FrontDoor: w.t("demo.front-door")},
		label: w.t("demo.label"),
	}
}

// makeDemo makes a practice site and fills it with the demo campus. The same
// number of homes gives the same tenants and tags each time.
func makeDemo(ctx context.Context, o desk.InitOptions, homes int, words demoWords) (*desk.Desk, error) {
	p := &past{clock: o.Clock, back: demoMade}
	if p.clock == nil {
		p.clock = time.Now
	}
	o.Clock = p.now
	d, err := desk.Init(ctx, o)
	if err != nil {
		return nil, err
	}
	campus, err := desk.NewDemoCampus(homes, words.doors)
	if err == nil {
		_, err = d.Import(ctx, bytes.NewReader(campus.CSV))
	}
	if err == nil {
		err = moveDemoIn(ctx, d, p, words.label)
	}
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	p.back = 0
	return d, nil
}

// moveDemoIn lets part of the homes, and hands out tags.
func moveDemoIn(ctx context.Context, d *desk.Desk, p *past, label string) error {
	hooks, err := d.Board(ctx)
	if err != nil {
		return err
	}
	let := letHomes(len(hooks))
	reader := softcard.NewReader("demo")
	for n, i := range let {
		if hooks[i].Ref == tourHome {
			continue // the tour lets it
		}
		// The later ones moved in later, the last one a day ago.
		p.back = demoMade + (demoPast-demoMade)*time.Duration(len(let)-n)/time.Duration(len(let)+1)
		choice := demoChoices[i%len(demoChoices)]
		if _, err := d.MoveIn(ctx, hooks[i].Ref, fmt.Sprintf("H-%d", 4000+7*i), choice); err != nil {
			return fmt.Errorf("letting %s: %w", hooks[i].Ref, err)
		}
		if choice != store.ChoiceTag && choice != store.ChoiceBoth {
			continue
		}
		if err := demoTag(ctx, d, reader, hooks[i].Ref, ""); err != nil {
			return err
		}
		if i%4 == 1 {
			if err := demoTag(ctx, d, reader, hooks[i].Ref, label); err != nil {
				return err
			}
		}
	}
	return reader.Close()
}

// demoChoices are what the tenants of the demo campus chose, in turn.
var demoChoices = []store.Choice{store.ChoiceTag, store.ChoiceTag, store.ChoiceBoth, store.ChoiceTag, store.ChoiceApp, store.ChoiceTag, store.ChoiceOwnLock}

// letHomes are the homes that are let, as indexes of the board.
func letHomes(homes int) []int {
	var let []int
	for i := range homes {
		if i < demoFull && i%9 != 4 || i >= demoFull && i%demoEvery == 3 {
			let = append(let, i)
		}
	}
	return let
}

// demoTag hands a tag out that nobody keeps.
func demoTag(ctx context.Context, d *desk.Desk, reader *softcard.Reader, home, label string) error {
	card, err := softcard.New(softcard.Config{Chip: softcard.EV3, Memory: 4096})
	if err != nil {
		return err
	}
	reader.Lay(card)
	defer reader.Take()
	if _, err := d.Issue(ctx, reader, home, desk.IssueOptions{Label: label}, nil); err != nil {
		return fmt.Errorf("handing a tag out to %s: %w", home, err)
	}
	return nil
}
