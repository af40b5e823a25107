package evidence

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"sleutelbord/app/desk"
	"sleutelbord/app/paper"
	"sleutelbord/store"
)

// Receipts are the receipts of many tags, such as those of a moving day.
type Receipts []Receipt

// NewReceipts reads the receipts of tags. One that was never handed out is
// [desk.ErrNotHandedOut].
func NewReceipts(ctx context.Context, d *desk.Desk, tags []string) (Receipts, error) {
	all := make(Receipts, 0, len(tags))
	err := d.Look(ctx, func(tx *store.Tx) error {
		for _, tag := range tags {
			r, err := receipt(d, tx, tag)
			if err != nil {
				return fmt.Errorf("tag %s: %w", tag, err)
			}
			all = append(all, r)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("making the receipts: %w", err)
	}
	return all, nil
}

// PDF is all receipts in one file, each as it would be by itself.
func (all Receipts) PDF(lang string) ([]byte, error) {
	if len(all) == 0 {
		return nil, fmt.Errorf("making the receipts: %w", desk.ErrNotHandedOut)
	}
	w := wordsOf(lang)
	var d *paper.Document
	for i, r := range all {
		if i == 0 {
			d = w.begin(r.Head, r.title(w), w.t("receipt.kicker"), true)
		} else {
			d.Part(r.title(w))
		}
		r.write(d, w, r.layout(w))
	}
	b, err := d.Bytes()
	if err != nil {
		return nil, fmt.Errorf("making the receipts: %w", err)
	}
	return b, nil
}

// Labels are stickers for tags. On them stands the number by which the desk
// knows the tag, and its label text, and nothing else: who finds a tag must not
// learn where its door is.
type Labels struct {
	Head   Head
	Labels []paper.Label
	// Held names the tags whose label text is left out, because the name of a
	// building, home or site stands in it.
	Held []string
}

// NewLabels reads the labels of tags.
func NewLabels(ctx context.Context, d *desk.Desk, tags []string) (Labels, error) {
	var l Labels
	err := d.Look(ctx, func(tx *store.Tx) (err error) {
		if l.Head, err = head(d, tx); err != nil {
			return err
		}
		for _, name := range tags {
			_, view, err := desk.LookTag(tx, name)
			if err != nil {
				return err
			}
			text := view.Label
			if leadsHome(text, view.Home, l.Head.Site) {
				l.Held, text = append(l.Held, view.ID), ""
			}
			l.Labels = append(l.Labels, paper.Label{Name: view.ID, Below: text})
		}
		return nil
	})
	if err != nil {
		return Labels{}, fmt.Errorf("making the labels: %w", err)
	}
	return l, nil
}

// leadsHome tells whether a text names the building, the home or the site:
// whether every word of one of these names stands in it, or a number of the home.
func leadsHome(text, ref, site string) bool {
	words := namesIn(text)
	building, home, _ := strings.Cut(ref, "/")
	for _, name := range []string{building, home, site} {
		parts := namesIn(name)
		if len(parts) > 0 && !slices.ContainsFunc(parts, func(p string) bool { return !slices.Contains(words, p) }) {
			return true
		}
	}
	for _, part := range append(namesIn(building), namesIn(home)...) {
		if len([]rune(part)) > 1 && slices.Contains(words, part) {
			return true
		}
	}
	return false
}

// namesIn are the words and numbers of a text, folded.
func namesIn(text string) []string {
	return strings.FieldsFunc(store.SearchFold(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// PDF is the labels on sheets, in the language of whoever cannot see them.
func (l Labels) PDF(lang string) ([]byte, error) {
	w := wordsOf(lang)
	b, err := paper.Labels(w.meta(l.Head, w.t("labels.title"), "", false), l.Labels)
	if err != nil {
		return nil, fmt.Errorf("making the labels: %w", err)
	}
	return b, nil
}
