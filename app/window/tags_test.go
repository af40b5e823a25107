package window

import (
	"strconv"
	"strings"
	"testing"

	"sleutelbord/app/desk"
	"sleutelbord/store"

	"fyne.io/fyne/v2/test"
)

// tagsPage turns to the tags and waits until so many are there.
func (r *rig) tagsPage(n int) *tagsPage {
	r.Helper()
	r.w.shell.turnTo(pageTags)
	p := r.w.shell.tags
	r.until("the tags", func() bool { return p.loaded && len(p.tags.all) == n && p.turn.cancel == nil })
	return p
}

// TestTagsPage finds tags by state, by search, and by laying them.
func TestTagsPage(t *testing.T) {
	r := newRig(t, nil)
	r.demo(90)
	r.handOut(home)
	r.handOut(neighbour)
	lost := r.open(neighbour)
	r.until("the tag of the neighbour", func() bool { return len(lost.view.Tags) == 1 })
	if _, err := r.w.desk.RevokeLost(t.Context(), lost.view.Tags[0].ID); err != nil {
		t.Fatal(err)
	}
	r.tap(r.open(home).handOut)
	r.w.tray.tear.SetChecked(true)
	r.layBlank()
	r.phase(phaseTorn)
	r.until("the tag gone", func() bool { return r.w.tray.torn })
	r.w.escape()
	p := r.tagsPage(3)
	if p.tags.all[0].State != store.TagWriting || p.tags.all[1].State != store.TagLost || p.tags.all[2].State != store.TagIssued {
		t.Errorf("the order is %+v", p.tags)
	}
	rest := p.pane.(*tagsRest)
	r.tap(rest.half)
	if len(p.visible) != 1 || p.tags.all[p.visible[0]].State != store.TagWriting {
		t.Errorf("half-written are %v", p.visible)
	}
	p.which.SetSelectedIndex(0)
	test.Type(p.search, "t1")
	if len(p.visible) != 1 || p.tags.all[p.visible[0]].ID != "T1" || !strings.HasPrefix(p.which.Selected, "Alle tags (3)") {
		t.Errorf("searched: %v, %q", p.visible, p.which.Selected)
	}
	p.openFirst()
	if d, ok := p.pane.(*tagDetail); !ok || d.tag.ID != "T1" {
		t.Errorf("beside the list is %T", p.pane)
	}
	p.search.SetText("")
	r.w.tray.reader.Lay(r.w.tray.cards[1].card)
	r.until("the tag that was laid", func() bool { d, ok := p.pane.(*tagDetail); return ok && d.tag.ID == "T2" })
	if !r.shows("Hij ligt op de lezer") || r.w.shell.current != pageTags {
		t.Errorf("laid: %q", r.texts())
	}
	r.w.tray.reader.Take()
	r.tap(p.pane.(*tagDetail).acts[0])
	if v := r.home(neighbour).view; v.Ref != neighbour || r.w.shell.current != pageBoard {
		t.Errorf("the way home leads to %+v", v.Hook)
	}
	// A half-written tag is finished from here.
	p = r.tagsPage(3)
	p.list.Select(0)
	d := p.pane.(*tagDetail)
	r.tap(d.acts[1])
	if a := r.writing(); a.act.home != home || a.act.icon != "tag-half" {
		t.Errorf("finishing begins as %+v", a.act)
	}
	r.w.escape()
	r.w.shell.turnTo(pageTags)
	r.w.tray.reader.Lay(r.blankCard())
	r.until("the blank tag", func() bool { return r.w.bench.known && r.w.bench.seen.Kind == desk.KindBlank })
	if r.w.shell.current != pageTags {
		t.Error("a blank tag leads away")
	}
}

// walkTags goes through the page of the tags.
func (r *rig) walkTags(shot func(name string)) {
	r.w.shell.turnTo(pageTags)
	p := r.w.shell.tags
	r.until("the tags", func() bool { return p.loaded && p.turn.cancel == nil })
	shot("tags")
	p.list.Select(0)
	shot("tag")
	p.leavePane()
}

// BenchmarkTagList orders the tags of a large site, as it is done beside the
// window, and searches them, as is done in it: a frame is 16 ms.
func BenchmarkTagList(b *testing.B) {
	r := newRig(b, nil)
	r.demo(90)
	all := make([]desk.TagView, 200_000)
	for i := range all {
		all[i] = desk.TagView{ID: "T" + strconv.Itoa(i), Home: "Campuslaan " + strconv.Itoa(i/400) + "/kamer " + strconv.Itoa(i%200), State: store.TagIssued, Label: "blauw"}
	}
	b.Run("order", func(b *testing.B) {
		for b.Loop() {
			newTagList(all)
		}
	})
	b.Run("key", func(b *testing.B) {
		p := r.w.shell.tags
		r.w.shell.turnTo(pageTags)
		r.settle()
		p.take(newTagList(all))
		p.search.Text = "kamer 13"
		for b.Loop() {
			p.filter()
		}
		if len(p.visible) == 0 {
			b.Error("nothing is found")
		}
	})
}
