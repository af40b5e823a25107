package window

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
)

// tourPatience is how long each step of a tour may take, also where a virtual
// machine draws and writes its thousands of bundles slowly.
const tourPatience = 5 * time.Minute

// TourOptions say how a tour goes.
type TourOptions struct {
	// Dir is where the pictures go.
	Dir string
	// Dark shows the window in its dark colours.
	Dark bool
	// Read reads the pixels of the frame that is being painted, width by
	// height of them. It is called while the driver paints, after everything
	// else has been painted. nil is a driver that paints when it is asked for
	// a picture, as that of tests does.
	Read func(width, height int) (image.Image, error)
}

// frame is a picture of the window, or why there is none.
type frame struct {
	img image.Image
	err error
}

// tour shows the window around: it presses the window's own buttons and types
// into its own fields, and takes a picture of each screen. It runs on its own
// goroutine.
type tour struct {
	w      *Window
	o      TourOptions
	n      int
	steps  chan struct{} // something has happened on the main goroutine
	frames chan frame    // what was painted
	marker *canvas.Raster
	above  *canvas.Raster // the marker where something lies above the window's content
	folder string         // of what the tour writes, removed at its end
}

// Tour makes the demo campus in a throw-away folder, hands out a tag on the
// virtual reader and looks around, saving numbered pictures. An error says
// which step was not reached in time. It must not run on the main goroutine.
func (w *Window) Tour(ctx context.Context, o TourOptions) (err error) {
	if err := os.MkdirAll(o.Dir, 0o755); err != nil {
		return fmt.Errorf("making the folder for the pictures: %w", err)
	}
	t := &tour{w: w, o: o, steps: make(chan struct{}, 1), frames: make(chan frame, 1)}
	t.folder, err = os.MkdirTemp("", "sleutelbord-tour-")
	if err != nil {
		return fmt.Errorf("making a folder for what the tour writes: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(t.folder)) }()
	w.jobs.onStep(func() { wake(t.steps) })
	t.marker, t.above = canvas.NewRaster(t.paint), canvas.NewRaster(t.paint)
	t.marker.SetMinSize(fyne.NewSize(1, 1))
	for _, leg := range []func(context.Context) error{
		t.begin, t.demo, t.search, t.handOut, t.bringBundles, t.writeCard, t.inspect, t.lose, t.takeBack, t.tear, t.stranger,
		t.moveTenant, t.mistakes, t.replaceKeys, t.lookAtTags, t.movingDay, t.evidence, t.settings, t.people, t.lock,
	} {
		if err := leg(ctx); err != nil {
			return fmt.Errorf("showing around: %w", err)
		}
	}
	return nil
}

// wake tells a channel of one place that something has happened.
func wake(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// do runs f on the main goroutine and waits for it.
func (t *tour) do(ctx context.Context, f func()) error {
	ran := make(chan error, 1)
	t.w.jobs.post(func() { ran <- t.w.jobs.protect(func() error { f(); return nil }) })
	select {
	case err := <-ran:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// until waits for a state, asking again whenever something has happened.
func (t *tour) until(ctx context.Context, what string, reached func() bool) error {
	waiting, cancel := context.WithTimeout(ctx, tourPatience)
	defer cancel()
	for {
		ok := false
		if err := t.do(waiting, func() { ok = reached() }); err != nil {
			return fmt.Errorf("waiting for %s: %w", what, err)
		}
		if ok {
			return nil
		}
		select {
		case <-t.steps:
		case <-waiting.Done():
			return fmt.Errorf("waiting for %s: %w", what, waiting.Err())
		}
	}
}

// press presses the button that which gives, once it can be pressed.
func (t *tour) press(ctx context.Context, what string, which func() *button) error {
	err := t.until(ctx, "the button "+what, func() bool {
		b := which()
		return b != nil && b.Visible() && !b.Disabled()
	})
	if err != nil {
		return err
	}
	return t.do(ctx, func() { which().Tapped(nil) })
}

// stop is a place at which a tour halts.
type stop struct {
	name    string         // of the picture that is taken
	unseen  bool           // no picture is taken: it is on the way
	press   func() *button // what is pressed to come there, once it can be
	show    func()         // what else is done to come there
	reached func() bool    // nil is a place that is there at once
}

// visit goes by some stops.
func (t *tour) visit(ctx context.Context, stops ...stop) error {
	for _, s := range stops {
		if err := t.come(ctx, s); err != nil {
			return err
		}
		if s.unseen {
			continue
		}
		if err := t.picture(ctx, s.name); err != nil {
			return err
		}
	}
	return nil
}

// come comes to a stop.
func (t *tour) come(ctx context.Context, s stop) error {
	if s.press != nil {
		if err := t.press(ctx, "to "+s.name, s.press); err != nil {
			return err
		}
	}
	if s.show != nil {
		if err := t.do(ctx, s.show); err != nil {
			return err
		}
	}
	if s.reached == nil {
		return nil
	}
	return t.until(ctx, s.name, s.reached)
}

// paint is called by the driver when it paints the marker, and so when all
// below the marker has been painted.
func (t *tour) paint(width, height int) image.Image {
	if t.o.Read != nil {
		c := t.w.win.Canvas()
		w, h := c.PixelCoordinateForPosition(fyne.NewPos(c.Size().Width, c.Size().Height))
		img, err := t.o.Read(w, h)
		select {
		case t.frames <- frame{img, err}:
		default:
		}
	}
	return image.NewNRGBA(image.Rect(0, 0, max(width, 1), max(height, 1)))
}

// painted is the window as it is painted now. The second frame counts: the
// first may lay out what has grown.
func (t *tour) painted(ctx context.Context) (img image.Image, err error) {
	if t.o.Read == nil {
		err = t.do(ctx, func() { img = t.w.win.Canvas().Capture() })
		return img, err
	}
	for range 2 {
		select { // what was painted before now does not count
		case <-t.frames:
		default:
		}
		if err := t.do(ctx, t.touch); err != nil {
			return nil, err
		}
		select {
		case f := <-t.frames:
			if f.err != nil {
				return nil, f.err
			}
			img = f.img
		case <-time.After(tourPatience):
			return nil, errors.New("the window is not painted")
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return img, t.do(ctx, t.untouch)
}

// touch has the marker painted in the next frame. It lies above the window's
// content, one unit large and transparent; where there is something above
// that, as a question, another marker lies above it in turn.
func (t *tour) touch() {
	if all := t.w.win.Canvas().Overlays(); all.Top() != nil {
		if c, ok := all.Top().(*fyne.Container); !ok || c.Objects[0] != fyne.CanvasObject(t.above) {
			t.above.Resize(fyne.NewSize(1, 1))
			all.Add(container.NewWithoutLayout(t.above))
		}
		t.above.Refresh()
		return
	}
	content := t.w.win.Content()
	if c, ok := content.(*fyne.Container); !ok || len(c.Objects) != 2 || c.Objects[1] != fyne.CanvasObject(t.marker) {
		t.w.win.SetContent(container.New(under{}, content, t.marker))
	}
	t.marker.Refresh()
}

// untouch takes away the marker that lies above everything: the window looks
// at what lies uppermost.
func (t *tour) untouch() {
	all := t.w.win.Canvas().Overlays()
	if c, ok := all.Top().(*fyne.Container); ok && c.Objects[0] == fyne.CanvasObject(t.above) {
		all.Remove(c)
	}
}

// under gives the first object all the space, and the second one unit.
type under struct{}

// Layout implements [fyne.Layout].
func (under) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	objects[0].Resize(size)
	objects[1].Resize(fyne.NewSize(1, 1))
}

// MinSize implements [fyne.Layout].
func (under) MinSize(objects []fyne.CanvasObject) fyne.Size { return objects[0].MinSize() }

// picture saves a picture of what the window shows.
func (t *tour) picture(ctx context.Context, name string) error {
	t.n++
	path := filepath.Join(t.o.Dir, fmt.Sprintf("%02d-%s.png", t.n, name))
	img, err := t.painted(ctx)
	if err != nil {
		return fmt.Errorf("taking the picture %s: %w", path, err)
	}
	if blank(img) {
		return fmt.Errorf("taking the picture %s: the window shows nothing", path)
	}
	return savePNG(path, img)
}

// blank tells whether a picture has a single colour.
func blank(img image.Image) bool {
	b := img.Bounds()
	first := color.NRGBAModel.Convert(img.At(b.Min.X, b.Min.Y))
	for y := b.Min.Y; y < b.Max.Y; y += 8 {
		for x := b.Min.X; x < b.Max.X; x += 8 {
			if color.NRGBAModel.Convert(img.At(x, y)) != first {
				return false
			}
		}
	}
	return true
}

func savePNG(path string, img image.Image) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("saving a picture: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return png.Encode(f, img)
}
