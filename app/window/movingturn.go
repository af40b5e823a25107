package window

import (
	"context"

	"sleutelbord/app/desk"
)

// turnPane asks for the tag of whose turn it is: laying a blank one writes it,
// and taking it away asks for the next, without a click.
func (m *moving) turnPane(i desk.BatchItem) pane {
	w := m.w
	lay, layDo := w.t("moving.next", "home", refName(i.Home)), w.t("moving.next.do")
	if i.Half {
		layDo = w.t("moving.next.half")
	}
	title := w.t("moving.title")
	if i.Of > 1 {
		title = w.t("moving.title.of", "nth", i.Nth, "of", i.Of)
	}
	return newWritePane(w, act{
		at: &m.stand, icon: "move-in", title: title, home: i.Home, label: true, labelled: i.Label,
		lay: lay, layDo: layDo, yes: w.t("handout.yes"),
		takes: func(in desk.Inspection) (answer, string, string) { return m.takesTurn(in, i.Home) },
		run: func(ctx context.Context, o desk.IssueOptions, f desk.ProgressFunc) (outcome, error) {
			if o.Label != i.Label {
				if err := w.desk.LabelBatch(ctx, i.Number, o.Label); err != nil {
					return outcome{}, err
				}
			}
			issued, err := w.desk.WriteBatch(ctx, w.bench.reader, i.Number, f)
			return outcome{issued: &issued}, err
		},
		ready: func(o outcome) readyWords { return m.readyTurn(o) },
		queue: true, again: m.advance, fresh: m.fresh, ended: m.turned,
		after: func(outcome) { m.advance() },
		leave: m.pause,
		wipe:  m.wipe,
		remedies: func(pr problem) *remedy {
			if pr.code == desk.CodeBatchTaken || pr.code == desk.CodeNoBatch {
				return &remedy{"next", w.t("moving.go-on"), m.advance}
			}
			return &remedy{"next", w.t("moving.skip"), func() { m.skip(i) }}
		},
		more: func(ph phase) []*button { return m.turnButtons(ph, i) },
	})
}

// readyTurn is what is said when the tag of the queue is ready.
func (m *moving) readyTurn(o outcome) readyWords {
	w := m.w
	t := o.issued.Tag
	text := w.tagTitle(t)
	if t.Label != "" {
		text += " · " + t.Label
	}
	return readyWords{title: w.t("handout.ready"), text: text, warnings: o.issued.Warnings, done: w.t("moving.go-on")}
}

// takesTurn is [Window.takesBlank] with words that do not stop the queue.
func (m *moving) takesTurn(in desk.Inspection, home string) (a answer, what, do string) {
	m.note()
	a, what, do = m.w.takesBlank(in, home)
	if a == refuse && in.Kind == desk.KindOurs && in.Tag != nil && in.Tag.State.Live() {
		do = m.w.t("moving.in-use.do")
	}
	return a, what, do
}

// turnButtons are what else can be done in a phase of a turn.
func (m *moving) turnButtons(ph phase, i desk.BatchItem) []*button {
	w := m.w
	var all []*button
	if ph != phaseReady {
		all = append(all, w.newButton(plainButton, "next", w.t("moving.skip"), func() { m.skip(i) }).keyed(w.t("key.ctrl")+"K"))
	}
	if ph == phaseReady || m.view.Last != 0 {
		all = append(all, w.newButton(plainButton, "sync", w.t("moving.undo"), m.undo).keyed(w.t("key.ctrl")+"U"))
	}
	if ph != phaseReady {
		all = append(all, w.newButton(plainButton, "pause", w.t("moving.pause"), m.pause).keyed(w.t("key.ctrl")+"P"))
	}
	return all
}

// note remembers what lies there now: the next tag is another one.
func (m *moving) note() { m.seen = m.w.bench.state.Presentation }

// fresh tells whether what lies there was laid since. Hands can be faster than
// the records are.
func (m *moving) fresh() bool { return m.w.bench.state.Presentation != m.seen }

// turned takes note of the end of a turn.
func (m *moving) turned(err error) {
	if err == nil {
		m.w.pace.done(m.w.now())
	}
	m.reread(err)
}

// reread takes note of the end of an act on a tag, and reads the queue anew.
func (m *moving) reread(error) {
	m.note()
	m.load(func() {})
}

// skip leaves a home for later, and goes on.
func (m *moving) skip(i desk.BatchItem) {
	m.act(func(ctx context.Context) error { return m.w.desk.SkipBatch(ctx, i.Number) }, m.advance)
}

// wipe makes what lies there blank, and goes on.
func (m *moving) wipe() {
	w := m.w
	m.show(newWritePane(w, act{
		at: &m.stand, icon: "tag-blank", title: w.t("act.wipe"), destroys: true,
		lay: w.t("wipe.lay"), layDo: w.t("wipe.lay.do"), yes: w.t("act.wipe"),
		takes: w.takesWipe,
		run: func(ctx context.Context, _ desk.IssueOptions, p desk.ProgressFunc) (outcome, error) {
			wiped, err := w.desk.Wipe(ctx, w.bench.reader, p)
			return outcome{wiped: &wiped}, err
		},
		ready: func(outcome) readyWords {
			return readyWords{title: w.t("wipe.ready"), text: w.t("wipe.ready.do"), done: w.t("moving.go-on")}
		},
		after: func(outcome) { m.advance() },
		leave: m.advance, ended: m.reread,
	}))
}

// undo takes back what was written last: first it is read anew which that is.
func (m *moving) undo() {
	m.load(func() {
		if i, ok := m.view.Item(m.view.Last); ok {
			m.show(m.undoPane(i))
			return
		}
		p := m.w.problemWords(desk.CodeNothingToUndo, nil)
		m.w.tell(toneInfo, "info", p.what, p.do)
	})
}

// undoPane asks for the tag that is taken back, or hears that it is gone.
func (m *moving) undoPane(i desk.BatchItem) pane {
	w := m.w
	what := i.Tag + ", " + refName(i.Home)
	return newWritePane(w, act{
		at: &m.stand, icon: "sync", title: w.t("moving.undo"), home: i.Home, destroys: true,
		lay: w.t("moving.undo.lay", "tag", what), layDo: w.t("moving.undo.lay.do"), yes: w.t("moving.undo.yes"),
		takes: func(in desk.Inspection) (answer, string, string) {
			if in.Tag != nil && in.Tag.ID == i.Tag {
				return confirm, w.t("returned.here", "tag", w.tagName(*in.Tag)), w.t("moving.undo.here.do")
			}
			return refuse, w.thingName(in), w.t("moving.undo.other", "tag", what)
		},
		run: func(ctx context.Context, _ desk.IssueOptions, p desk.ProgressFunc) (outcome, error) {
			revoked, err := w.desk.UndoBatch(ctx, w.bench.reader, i.Number, p)
			return outcome{revoked: &revoked}, err
		},
		ready: func(o outcome) readyWords {
			w.shell.board.changed(o.revoked.Tag.Home)
			return readyWords{title: w.t("moving.undone"), text: w.t("moving.undone.do", "home", refName(i.Home)), done: w.t("moving.go-on")}
		},
		after: func(outcome) { m.advance() },
		leave: m.advance, ended: m.reread,
		more: func(ph phase) []*button {
			if ph == phaseReady {
				return nil
			}
			return []*button{w.newButton(plainButton, "tag-lost", w.t("moving.undo.gone"), func() { m.askGone(i) })}
		},
	})
}

// askGone asks before a tag that is not there loses its rights.
func (m *moving) askGone(i desk.BatchItem) {
	w := m.w
	w.ask("tag-lost", w.t("moving.gone.ask", "tag", i.Tag, "home", refName(i.Home)), w.t("moving.gone.ask.do"), w.t("moving.gone.yes"), func() {
		m.act(func(ctx context.Context) error {
			_, err := w.desk.UndoBatchLost(ctx, i.Number)
			return err
		}, func() {
			w.shell.board.changed(i.Home)
			m.advance()
		})
	})
}
