package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"

	"sleutelbord/lock"
	"sleutelbord/lock/bundle"
	"sleutelbord/lock/carrier"
	"sleutelbord/lock/carrier/mqtt"
	"sleutelbord/nfc"
)

// boltLimit is how long the command that moves the bolt may take.
const boltLimit = time.Minute

type lockRunCmd struct {
	ID      string `arg:"" help:"The lock's id."`
	Second  string `name:"second-reader" help:"A second reader at the same door, such as on its other side: whose name contains NAME, or virtual:FILE." placeholder:"NAME"`
	Key     string `required:"" help:"The lock's key file, as lock new writes it." placeholder:"FILE"`
	Bundles string `help:"Folder that bundles come in and receipts go to; it need not be there all the time." placeholder:"DIR"`
	MQTT    string `name:"mqtt" help:"File with the address of a broker that bundles come from, the certificates and the site." placeholder:"FILE"`
	State   string `required:"" help:"Folder for what the lock keeps; for this lock alone. A new folder is a new lock." placeholder:"DIR"`
	Once    bool   `help:"Decide on one tag and end: exit code 0 if the door opened, 3 if it refused."`
	OnOpen  string `help:"Command that moves the bolt, run without a shell: its words are separated by spaces." placeholder:"CMD"`
	AID     string `name:"aid" default:"${aid}" help:"The application of the site's tags, six hexadecimal digits, unless it is the usual one." placeholder:"HEX"`
	NoClock bool   `help:"This computer forgets the time without power: hold end dates only against the last bundle's day."`

	Wait time.Duration `help:"With --once: give up when no tag was laid for this long, such as 30s." placeholder:"DURATION"`
}

// decided is what lock run prints about a tag. There is no field that could
// tell one tag from another.
type decided struct {
	Lock   string `json:"lock"`
	Open   bool   `json:"open"`
	Reason string `json:"reason,omitempty"`
	// Trouble are codes of what is wrong with the bundle or its carrier.
	Trouble []string `json:"trouble,omitempty"`
}

func (c *lockRunCmd) Run(a *app) (err error) {
	l, err := c.open()
	if err != nil {
		return err
	}
	defer func() {
		if cerr := l.Close(); err == nil && cerr != nil {
			err = fmt.Errorf("closing lock: %w", cerr)
		}
	}()
	return c.withReaders(a, func(readers []nfc.Reader) (err error) {
		d := &doorkeeper{a: a, lock: l.Name().String()}
		runner := lock.Runner{
			Lock: l, Readers: readers,
			Applied:  func(sequence uint32) { a.log.WithField("sequence", sequence).Info("bundle applied") },
			Troubled: d.troubled,
		}
		hangUp, err := c.carriers(&runner)
		if err != nil {
			return err
		}
		defer func() {
			if cerr := hangUp(); err == nil && cerr != nil {
				err = fmt.Errorf("hanging up: %w", cerr)
			}
		}()
		if c.OnOpen != "" {
			runner.Opened = c.moveBolt(a)
		}
		if c.Once {
			return c.once(a, d, runner)
		}
		runner.Decided = d.decided
		if err := runner.Run(a.ctx); err != nil {
			return err
		}
		return d.err
	})
}

// withReaders opens the reader, and the second one if there is one, for f. A
// lock that runs on waits for readers that are not attached yet.
func (c *lockRunCmd) withReaders(a *app, f func([]nfc.Reader) error) (err error) {
	names := []string{a.Reader}
	if c.Second != "" {
		names = append(names, c.Second)
	}
	var readers []nfc.Reader
	defer func() {
		for _, r := range readers {
			if cerr := r.Close(); err == nil && cerr != nil {
				err = fmt.Errorf("closing reader: %w", cerr)
			}
		}
	}()
	open := a.env.openReader
	if !c.Once {
		open = a.env.followReader
	}
	for _, name := range names {
		r, err := open(name)
		if err != nil {
			return err
		}
		readers = append(readers, r)
	}
	return f(readers)
}

// carriers gives the lock what it takes bundles from, besides update cards.
func (c *lockRunCmd) carriers(r *lock.Runner) (hangUp func() error, err error) {
	if c.Bundles != "" {
		r.Carriers = append(r.Carriers, carrier.OpenFolder(c.Bundles))
	}
	if c.MQTT == "" {
		return func() error { return nil }, nil
	}
	config, err := mqtt.ReadConfig(c.MQTT)
	if err != nil {
		return nil, err
	}
	broker, err := mqtt.ConnectLock(config, r.Lock.Name())
	if err != nil {
		return nil, err
	}
	r.Carriers, r.Woken = append(r.Carriers, broker), broker.Woken()
	return broker.Close, nil
}

// open starts the lock from its key file and its state.
func (c *lockRunCmd) open() (*lock.Lock, error) {
	name, err := bundle.ParseLockName(c.ID)
	if err != nil {
		return nil, usageError{err}
	}
	aid, err := lock.ParseAID(c.AID)
	if err != nil {
		return nil, usageError{err}
	}
	key, err := bundle.ReadKeyFile(c.Key)
	if err != nil {
		return nil, errLockKey.because(err)
	}
	if !key.Name().Is(name) {
		return nil, errOtherLockKey.because(nil)
	}
	config := lock.Config{Name: key.Name(), Key: key.Private(), Dir: c.State, AID: aid, Clock: lock.SystemClock()}
	if c.NoClock {
		config.Clock = lock.NoClock()
	}
	l, err := lock.Open(config)
	switch {
	case errors.Is(err, lock.ErrInUse):
		return nil, errLockInUse.because(err)
	case err != nil:
		return nil, errLockState.because(err)
	}
	return l, nil
}

// once decides on one tag. The decision is printed after the bolt was moved, so
// that what could not be opened is not said to be open.
func (c *lockRunCmd) once(a *app, d *doorkeeper, runner lock.Runner) error {
	ctx := a.ctx
	if c.Wait > 0 {
		limited, cancel := context.WithTimeoutCause(a.ctx, c.Wait, nfc.ErrNoTag)
		defer cancel()
		ctx = limited
	}
	got, err := runner.Once(ctx)
	if err != nil {
		return err
	}
	d.decided(got)
	if !got.Open {
		a.exit = exitRefused
	}
	return d.err
}

// moveBolt runs the command that moves the bolt. An interrupt does not end it
// halfway: a bolt that was opened must close again.
func (c *lockRunCmd) moveBolt(a *app) func(context.Context) error {
	words := strings.Fields(c.OnOpen)
	return func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), boltLimit)
		defer cancel()
		if len(words) == 0 {
			return errBolt.because(errors.New("the command is empty"))
		}
		cmd := exec.CommandContext(ctx, words[0], words[1:]...)
		cmd.Stdout, cmd.Stderr = a.env.Stderr, a.env.Stderr
		cmd.WaitDelay = time.Second
		if err := cmd.Run(); err != nil {
			return errBolt.because(err)
		}
		return nil
	}
}

// doorkeeper says what a door does. It writes to the screen only: the log may
// be a file, and nobody's coming and going belongs into one.
type doorkeeper struct {
	a       *app
	lock    string
	trouble []string
	err     error // of the first line that could not be written
}

func (d *doorkeeper) decided(got lock.Decision) {
	doc := decided{Lock: d.lock, Open: got.Open, Trouble: d.trouble}
	d.trouble = nil
	if !got.Open {
		doc.Reason = refusals[got.Reason]
	}
	err := d.a.show(doc, func(w io.Writer) error { return say(w, "%v\n", got) })
	if d.err == nil {
		d.err = err
	}
}

// troubled tells what went wrong while the lock goes on. What has to do with
// the bundle goes to the log, what has to do with a tag only to the screen.
func (d *doorkeeper) troubled(err error) {
	for _, t := range bundleTroubles {
		if errors.Is(err, t.is) {
			d.trouble = append(d.trouble, t.code)
			d.a.log.WithField("trouble", t.code).Warn(t.is.Error())
			return
		}
	}
	p := explain(err)
	// Nobody may be there to read it, and the lock goes on either way.
	_ = p.write(d.a.env.Stderr)
}

// bundleTroubles are the reasons why a lock does not take what a carrier has, or
// has nothing to take.
var bundleTroubles = []struct {
	is   error
	code string
}{
	{bundle.ErrLock, "bundle-other-lock"},
	{bundle.ErrOlder, "bundle-older"},
	{bundle.ErrSigner, "bundle-signer"},
	{bundle.ErrKey, "bundle-key"},
	{bundle.ErrFormat, "bundle-format"},
	{bundle.ErrDamaged, "bundle-damaged"},
	{carrier.ErrFull, "folder-full"},
	{carrier.ErrReadOnly, "folder-read-only"},
	{carrier.ErrGone, "folder-gone"},
	{mqtt.ErrDenied, "broker-denied"},
	{mqtt.ErrBroker, "broker-gone"},
}

// refusals are the codes of the reasons why a door stays shut.
var refusals = map[lock.Reason]string{
	lock.NoBundle:         "no-bundle",
	lock.NotOurs:          "not-ours",
	lock.OtherSite:        "other-site",
	lock.BadRecord:        "bad-record",
	lock.OtherDoors:       "other-doors",
	lock.WrongKey:         "wrong-key",
	lock.OldEpoch:         "old-epoch",
	lock.OldGeneration:    "old-generation",
	lock.EpochTooFar:      "epoch-too-far",
	lock.GenerationTooFar: "generation-too-far",
	lock.Expired:          "expired",
	lock.CardApplied:      "card-applied",
	lock.CardKnown:        "card-known",
	lock.CardRefused:      "card-refused",
	lock.CardNothing:      "card-nothing",
	lock.CardUnfinished:   "card-unfinished",
}
