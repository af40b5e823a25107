package evidence

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"

	"sleutelbord/app/paper"
	"sleutelbord/assets"
	"sleutelbord/store"
)

// Place is something that keeps or carries data, with the names of everything in
// it that could: columns, fields, words of a grammar, topics, messages, texts.
type Place struct {
	Name  string   `json:"place"`
	What  string   `json:"what"`
	Names []string `json:"names"`
}

//go:embed places.json
var placesFile []byte

// Places is every place, with what the program's tests have walked to make sure
// that nothing can hold an opening or a time of use: what only the source shows is
// built in, the rest is read from the running program.
func Places() []Place {
	var all []Place
	if err := json.Unmarshal(placesFile, &all); err != nil {
		panic(fmt.Errorf("reading the list of places: %w", err)) // it is part of the program
	}
	return append(LivePlaces(), all...)
}

// LivePlaces are the places that the running program knows: the columns of the
// records, and the texts of screens and papers.
func LivePlaces() []Place {
	columns := Place{Name: "records", What: "column"}
	for _, c := range store.Register() {
		columns.Names = append(columns.Names, c.Table+"."+c.Name)
	}
	return []Place{
		columns,
		{Name: "screens", What: "text", Names: assets.Words(assets.Source).Keys()},
		{Name: "papers for residents", What: "text", Names: assets.Papers(assets.Source).Keys()},
		{Name: "papers for officers", What: "text", Names: assets.Office(assets.Source).Keys()},
	}
}

// placesPDF is the list on paper. Names are as the source has them.
func placesPDF(h Head, lang string) ([]byte, error) {
	w := officeWords(lang)
	d := w.begin(h, w.t("places.title"), w.t("places.kicker"), false)
	d.Title(w.t("places.below"))
	all := Places()
	var rows [][]string
	for _, p := range all {
		rows = append(rows, []string{w.t("places." + strings.ReplaceAll(p.Name, " ", "-")), fmt.Sprint(len(p.Names))})
	}
	d.Table([]paper.Column{{Head: w.t("places.place"), Share: 0.8}, {Head: w.t("places.count"), Share: 0.2, Right: true}}, rows)
	d.Text(w.t("places.minute"))
	for _, p := range all {
		if p.What == "text" {
			continue // their keys say nothing to a reader
		}
		d.SmallHeading(w.t("places." + strings.ReplaceAll(p.Name, " ", "-")))
		d.Small(strings.Join(p.Names, ", "))
	}
	return d.Bytes()
}
