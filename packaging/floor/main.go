// Floor opens the least that a window can be: a list of so many lines, as large
// as the program's own window, built with the same flags. What it takes is
// Fyne's and the system's share of what the program takes; package windowbench
// measures both in one run.
//
// With "field" there is an entry above the list, to type into.
//
//	floor LINES [field]
package main

import (
	"fmt"
	"os"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "floor:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 1 && (len(args) != 2 || args[1] != "field") {
		return fmt.Errorf("floor LINES [field], not %q", args)
	}
	lines, err := strconv.Atoi(args[0])
	if err != nil || lines < 0 {
		return fmt.Errorf("%q is no number of lines", args[0])
	}
	app.SetMetadata(fyne.AppMetadata{ID: "floor", Name: "floor", Migrations: map[string]bool{"fyneDo": true}})
	w := app.NewWithID("floor").NewWindow("floor")
	list := widget.NewList(
		func() int { return lines },
		func() fyne.CanvasObject { return widget.NewLabel("") },
		func(i widget.ListItemID, o fyne.CanvasObject) { o.(*widget.Label).SetText(fmt.Sprintf("Line %d", i)) },
	)
	w.SetContent(list)
	if len(args) == 2 {
		field := widget.NewEntry()
		w.SetContent(container.NewBorder(field, nil, nil, nil, list))
		w.Canvas().Focus(field)
	}
	w.Resize(fyne.NewSize(1280, 760))
	w.ShowAndRun()
	return nil
}
