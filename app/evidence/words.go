package evidence

import (
	"time"

	"sleutelbord/app/paper"
	"sleutelbord/assets"
)

// writer has the words of a paper.
type writer struct{ *assets.Lexicon }

func wordsOf(lang string) writer { return writer{assets.Papers(lang)} }

// t is the text of a key; args are pairs of a name and its value.
func (w writer) t(key string, args ...any) string {
	m := make(map[string]any, len(args)/2)
	for i := 0; i+1 < len(args); i += 2 {
		m[args[i].(string)] = args[i+1]
	}
	return w.T(key, m)
}

// or is a text, or the word for something that was not filled in.
func (w writer) or(text string) string {
	if text == "" {
		return w.t("unknown")
	}
	return text
}

// begin begins a paper about a site.
func (w writer) begin(h Head, title, kicker string, narrow bool) *paper.Document {
	return paper.New(w.meta(h, title, kicker, narrow))
}

// meta is what a paper says of itself.
func (w writer) meta(h Head, title, kicker string, narrow bool) paper.Meta {
	day, err := time.Parse(time.DateOnly, h.Day)
	if err != nil {
		day = time.Time{} // a head is made of a day of the desk
	}
	foot := w.Date(h.Day)
	if h.Practice {
		foot += " · " + w.t("practice")
	}
	return paper.Meta{
		Title: title, Kicker: kicker, Lang: w.Lang(), Site: h.Site, Day: day, Foot: foot, Page: w.t("page"), Narrow: narrow,
	}
}

// lines are the lines of several texts, as one text, without empty ones.
func lines(texts ...string) string {
	out := ""
	for _, t := range texts {
		if t == "" {
			continue
		}
		if out != "" {
			out += "\n"
		}
		out += t
	}
	return out
}
