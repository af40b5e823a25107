package pcsc

import (
	"slices"
	"sync"
	"time"
)

// fake is a PC/SC of which a test decides everything.
type fake struct {
	mu   sync.Mutex
	news chan struct{}
	// down is what every call answers while the service is away; 0 is up.
	down  code
	slots []slot
	// counter is what the system has counted of readers coming and going, where
	// it does so; see pnpName.
	counter uint16
	// answers gives the next answers of an operation; a zero code is success.
	answers map[string][]code
	// calls counts operations.
	calls map[string]int
	// hold keeps begin waiting until it is closed.
	hold chan struct{}
	// spurious makes every wait return at once.
	spurious bool
	// waits are the time limits that waits were given.
	waits []time.Duration
	// reply answers a command.
	reply func([]byte) []byte
}

func newFake(names ...string) *fake {
	f := &fake{news: make(chan struct{}), answers: map[string][]code{}, calls: map[string]int{}}
	for _, n := range names {
		f.slots = append(f.slots, slot{name: n, flags: 0x10})
	}
	return f
}

// change changes f and wakes every wait.
func (f *fake) change(c func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	c()
	close(f.news)
	f.news = make(chan struct{})
}

func (f *fake) lay(name string, atr []byte) {
	f.change(func() {
		s := f.slot(name)
		s.flags, s.atr = flagPresent, atr
		s.events++
	})
}

func (f *fake) take(name string) {
	f.change(func() {
		s := f.slot(name)
		s.flags, s.atr = 0x10, nil
		s.events++
	})
}

func (f *fake) slot(name string) *slot {
	i := slices.IndexFunc(f.slots, func(s slot) bool { return s.name == name })
	return &f.slots[i]
}

func (f *fake) plug(names ...string) {
	f.change(func() {
		f.counter++
		var next []slot
		for _, n := range names {
			if i := slices.IndexFunc(f.slots, func(s slot) bool { return s.name == n }); i >= 0 {
				next = append(next, f.slots[i])
			} else {
				next = append(next, slot{name: n, flags: 0x10})
			}
		}
		f.slots = next
	})
}

func (f *fake) count(op string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls[op]
}

// enter counts a call and gives the answer that was prepared for it.
func (f *fake) enter(op string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls[op]++
	if a := f.answers[op]; len(a) > 0 {
		f.answers[op] = a[1:]
		if a[0] != 0 {
			return a[0]
		}
	}
	if f.down != 0 {
		return f.down
	}
	return nil
}

func (f *fake) establish() (session, error) {
	if err := f.enter("establish"); err != nil {
		return nil, err
	}
	return &fakeSession{f: f, cancelled: make(chan struct{}, 1)}, nil
}

type fakeSession struct {
	f         *fake
	cancelled chan struct{}
}

func (s *fakeSession) readers() ([]string, error) {
	if err := s.f.enter("readers"); err != nil {
		return nil, err
	}
	s.f.mu.Lock()
	defer s.f.mu.Unlock()
	if len(s.f.slots) == 0 {
		return nil, codeNoReaders
	}
	var names []string
	for _, l := range s.f.slots {
		names = append(names, l.name)
	}
	return names, nil
}

func (s *fakeSession) wait(slots []slot, timeout time.Duration) error {
	if err := s.f.enter("wait"); err != nil {
		return err
	}
	s.f.mu.Lock()
	s.f.waits = append(s.f.waits, timeout)
	s.f.mu.Unlock()
	var limit <-chan time.Time
	if timeout >= 0 {
		limit = time.After(timeout)
	}
	for {
		changed, news, err := s.f.compare(slots)
		if changed || err != nil {
			return err
		}
		select {
		case <-news:
		case <-s.cancelled:
			return codeCancelled
		case <-limit:
			return codeTimeout
		}
	}
}

func (f *fake) compare(slots []slot) (changed bool, news chan struct{}, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.down != 0 {
		return false, nil, f.down
	}
	changed = f.spurious
	for i, s := range slots {
		now := slot{name: pnpName, events: f.counter}
		if s.name != pnpName {
			j := slices.IndexFunc(f.slots, func(n slot) bool { return n.name == s.name })
			if j < 0 {
				now = slot{name: s.name, flags: flagUnknown | flagUnavailable}
			} else {
				now = f.slots[j]
			}
		}
		if now.flags != s.flags || now.events != s.events {
			changed = true
		}
		slots[i] = now
	}
	return changed, f.news, nil
}

func (s *fakeSession) cancel() error {
	select {
	case s.cancelled <- struct{}{}:
	default:
	}
	return s.f.enter("cancel")
}

func (s *fakeSession) release() error { return s.f.enter("release") }

func (s *fakeSession) connect(reader string) (link, error) {
	if err := s.f.enter("connect"); err != nil {
		return nil, err
	}
	s.f.mu.Lock()
	defer s.f.mu.Unlock()
	if !s.f.slot(reader).has(flagPresent) {
		return nil, codeNoCard
	}
	return &fakeLink{s.f, reader}, nil
}

type fakeLink struct {
	f      *fake
	reader string
}

func (l *fakeLink) begin() error {
	if l.f.hold != nil {
		<-l.f.hold
	}
	return l.f.enter("begin")
}

func (l *fakeLink) reset() error { return l.f.enter("reset") }

func (l *fakeLink) atr() ([]byte, error) {
	if err := l.f.enter("status"); err != nil {
		return nil, err
	}
	l.f.mu.Lock()
	defer l.f.mu.Unlock()
	return l.f.slot(l.reader).atr, nil
}

func (l *fakeLink) transmit(command []byte) ([]byte, error) {
	if err := l.f.enter("transmit"); err != nil {
		return nil, err
	}
	if l.f.reply != nil {
		return l.f.reply(command), nil
	}
	return []byte{0x90, 0x00}, nil
}

func (l *fakeLink) end() error { return l.f.enter("end") }

func (l *fakeLink) disconnect(reset bool) error {
	if reset {
		return l.f.enter("disconnect with reset")
	}
	return l.f.enter("disconnect")
}
