package command

import (
	"crypto/rand"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"sleutelbord/app/desk"
	"sleutelbord/lock/bundle"
)

type lockCmd struct {
	New      lockNewCmd      `cmd:"" help:"Make the key pair that a lock is born with, and its CSV row."`
	Bundles  lockBundlesCmd  `cmd:"" help:"Write a bundle for every lock into a folder; receipts that lie there are read first."`
	Card     lockCardCmd     `cmd:"" help:"Write bundles on the update card on the reader; its receipts are read first."`
	Receipts lockReceiptsCmd `cmd:"" help:"Read the receipts on the update card on the reader."`
	Gateway  lockGatewayCmd  `cmd:"" help:"Bring bundles to locks over a broker (MQTT), and receipts back."`
	AsLock   lockRunCmd      `cmd:"" name:"run" help:"Be a lock: open and refuse at a reader, by the bundles that come in a folder, on an update card or over a broker."`
	Retire   lockRetireCmd   `cmd:"" help:"Take a lock out of service in good order: it gets no bundles any more."`
	List     lockListCmd     `cmd:"" help:"List the locks and whether each has what it should."`
}

// listHead is the first line of a list of locks.
var listHead = []string{"building", "floor", "home", "lock", "zone", "kind", "public_key"}

type lockNewCmd struct {
	ID       string `arg:"" help:"The lock's id, as it stands on its label."`
	Out      string `required:"" help:"Folder for ID.key, the lock's secret, and ID.csv, its row." placeholder:"DIR"`
	Building string `help:"For the row: the building." placeholder:"TEXT"`
	Floor    string `help:"For the row: the floor." placeholder:"TEXT"`
	Home     string `help:"For the row: the home, of a home's own door." placeholder:"TEXT"`
	Zone     string `help:"For the row: the zone." placeholder:"TEXT"`
	Kind     string `enum:"home,shared,service," default:"" help:"For the row: home, shared or service." placeholder:"KIND"`
}

// made is what lock new prints.
type made struct {
	Lock      string `json:"lock"`
	PublicKey string `json:"public_key"`
	KeyFile   string `json:"key_file"`
	CSVFile   string `json:"csv_file"`
	Row       string `json:"row"`
}

func (c *lockNewCmd) Run(a *app) error {
	name, err := bundle.ParseLockName(c.ID)
	if err != nil {
		return usageError{err}
	}
	key, err := bundle.GenerateKey(name, rand.Reader)
	if err != nil {
		return err
	}
	got := made{
		Lock:      name.String(),
		PublicKey: bundle.PublicText(key.Public()),
		KeyFile:   filepath.Join(c.Out, name.String()+".key"),
		CSVFile:   filepath.Join(c.Out, name.String()+".csv"),
	}
	got.Row, err = csvLines([]string{c.Building, c.Floor, c.Home, got.Lock, c.Zone, c.Kind, got.PublicKey})
	if err != nil {
		return err
	}
	if err := got.write(c.Out, key); err != nil {
		return lockFiles(err)
	}
	return a.show(got, func(w io.Writer) error {
		if err := say(a.env.Stderr, "The lock's secret is in %s: it goes into the lock and nowhere else.\n", got.KeyFile); err != nil {
			return err
		}
		return say(w, "%s\n", got.Row)
	})
}

// write puts the key file and the row into dir. What is there already stays.
func (m made) write(dir string, key bundle.LockKey) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	list, err := csvLines(listHead)
	if err != nil {
		return err
	}
	if err := m.alone(dir); err != nil {
		return err
	}
	if err := bundle.WriteKeyFile(m.KeyFile, key); err != nil {
		return err
	}
	return os.WriteFile(m.CSVFile, []byte(list+"\n"+m.Row+"\n"), 0o644)
}

// alone refuses a folder that has the key of a lock whose name differs only in
// case: that is the same lock.
func (m made) alone(dir string) error {
	there, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range there {
		if strings.EqualFold(e.Name(), filepath.Base(m.KeyFile)) {
			return fmt.Errorf("%s: %w", e.Name(), fs.ErrExist)
		}
	}
	return nil
}

// csvLines writes rows as CSV, without the last line feed.
func csvLines(rows ...[]string) (string, error) {
	var b strings.Builder
	if err := csv.NewWriter(&b).WriteAll(rows); err != nil {
		return "", fmt.Errorf("writing CSV: %w", err)
	}
	return strings.TrimSuffix(b.String(), "\n"), nil
}

type lockBundlesCmd struct {
	Dir          string `arg:"" help:"The folder, such as that of a USB stick."`
	ClockIsRight bool   `help:"Sign although this computer's clock is behind the last bundles, or more than 30 days ahead of them."`
}

func (c *lockBundlesCmd) Run(a *app) error {
	return a.withDesk(func(d *desk.Desk) error {
		got, err := d.WriteBundles(a.ctx, c.Dir, desk.BundleOptions{ClockConfirmed: c.ClockIsRight})
		if err != nil {
			return err
		}
		got.Locks = orEmpty(got.Locks)
		return a.show(got, func(w io.Writer) error { return writeBundled(w, got) })
	})
}

func writeBundled(w io.Writer, got desk.Bundled) error {
	err := say(w, "%s: %s written, %s there already, %s read back.\n", got.Dir,
		count(got.Written, "bundle", "bundles"), count(got.Kept, "was", "were"), count(got.Receipts, "receipt", "receipts"))
	if err != nil {
		return err
	}
	return writeReadBack(w, desk.ReadBack{Refused: got.Refused, Older: got.Older})
}

type lockRetireCmd struct {
	ID string `arg:"" help:"The lock's id."`
}

func (c *lockRetireCmd) Run(a *app) error {
	return a.withDesk(func(d *desk.Desk) error {
		if err := d.RetireLock(a.ctx, c.ID); err != nil {
			return err
		}
		return a.show(map[string]string{"retired": c.ID}, func(w io.Writer) error {
			return say(w, "Lock %s is out of service. Reset the lock itself: until then it opens for the tags that it knows.\n", c.ID)
		})
	})
}

type lockListCmd struct{}

func (c *lockListCmd) Run(a *app) error {
	return a.withDesk(func(d *desk.Desk) error {
		doors, err := d.Locks(a.ctx)
		if err != nil {
			return err
		}
		doc := map[string][]desk.DoorView{"locks": orEmpty(doors)}
		return a.show(doc, func(w io.Writer) error { return writeDoors(w, doors) })
	})
}

// lockFiles explains what is wrong with a file of a lock.
func lockFiles(err error) error {
	if errors.Is(err, fs.ErrExist) {
		return errLockThere.because(err)
	}
	return errLockFiles.because(err)
}
