package command

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"sleutelbord/nfc"
)

// probe is a reader that times every command, and that can take the tag away in
// software: from the command that was armed on, the transaction sees no tag any
// more, while the tag in truth lies still.
type probe struct {
	nfc.Reader
	mu sync.Mutex
	// times are by the command's name.
	times    map[string][]time.Duration
	commands int
	bytes    int
	// hardware and software are what the chip says it is: the first two frames
	// of GetVersion, which hold no number of its own.
	hardware, software []byte
	cut                cut
	last               string // the command whose further frame may come
}

// cut is where the tag is taken away.
type cut struct {
	armed bool
	// after is how many commands pass first; lost lets the next one reach the
	// tag and loses its answer.
	after int
	lost  bool
	// gone is set from then until the transaction ends, and stays known until
	// the next arming.
	gone, fell bool
}

func newProbe(r nfc.Reader) *probe {
	return &probe{Reader: r, times: make(map[string][]time.Duration)}
}

// Transact implements [nfc.Reader].
func (p *probe) Transact(ctx context.Context, f func(nfc.Transceiver) error) error {
	return p.Reader.Transact(ctx, func(t nfc.Transceiver) error {
		defer p.disarm()
		return f(probed{p, t})
	})
}

// arm takes the tag away after so many more commands.
func (p *probe) arm(after int, lost bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = cut{armed: true, after: after, lost: lost}
}

func (p *probe) disarm() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = cut{fell: p.cut.fell}
}

// fell tells whether the tag was taken away in software since the last arming.
func (p *probe) fell() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cut.fell
}

// count is how many commands and bytes went over the line so far.
func (p *probe) count() (commands, bytes int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.commands, p.bytes
}

// falls tells whether the tag is gone for the next command, and whether its
// answer is to be lost.
func (c *cut) falls() (gone, lost bool) {
	if c.gone || !c.armed {
		return c.gone, false
	}
	if c.after > 0 {
		c.after--
		return false, false
	}
	c.armed, c.gone, c.fell = false, true, true
	return !c.lost, c.lost
}

// probed is a tag behind a probe.
type probed struct {
	p *probe
	t nfc.Transceiver
}

// ATR implements [nfc.AnswerToReset].
func (t probed) ATR() []byte { return nfc.ATR(t.t) }

// Transmit implements [nfc.Transceiver].
func (t probed) Transmit(command []byte) ([]byte, error) {
	t.p.mu.Lock()
	gone, lost := t.p.cut.falls()
	t.p.mu.Unlock()
	if gone {
		return nil, nfc.ErrTagRemoved
	}
	begun := time.Now()
	answer, err := t.t.Transmit(command)
	t.p.note(command, answer, time.Since(begun))
	if err == nil && lost {
		return nil, nfc.ErrTagRemoved
	}
	return answer, err
}

func (p *probe) note(command, answer []byte, took time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	name := p.name(command)
	p.times[name] = append(p.times[name], took)
	p.commands++
	p.bytes += len(command) + len(answer)
	const versionPart = 7
	if len(answer) != versionPart+2 {
		return
	}
	switch name {
	case "GetVersion":
		p.hardware = slices.Clone(answer[:versionPart])
	case "GetVersion, next":
		if p.software == nil {
			p.software = slices.Clone(answer[:versionPart])
		}
	}
}

// commandNames are by instruction, as NXP's documents spell them.
var commandNames = map[byte]string{
	0x0A: "Authenticate", 0x1A: "AuthenticateISO", 0xAA: "AuthenticateAES",
	0x71: "AuthenticateEV2First", 0x77: "AuthenticateEV2NonFirst",
	0x3C: "Read_Sig", 0x45: "GetKeySettings", 0x51: "GetCardUID", 0x54: "ChangeKeySettings", 0x5A: "SelectApplication",
	0x5C: "SetConfiguration", 0x5F: "ChangeFileSettings", 0x60: "GetVersion", 0x64: "GetKeyVersion", 0x6A: "GetApplicationIDs",
	0x6F: "GetFileIDs", 0x3D: "WriteData", 0x8D: "WriteData", 0xBD: "ReadData", 0xAD: "ReadData",
	0xC4: "ChangeKey", 0xCA: "CreateApplication", 0xCD: "CreateStdDataFile", 0xF5: "GetFileSettings", 0xFC: "FormatPICC",
}

// name is what a command is called; a further frame belongs to the one before.
func (p *probe) name(command []byte) string {
	const further = 0xAF
	if len(command) < 2 {
		return "?"
	}
	if command[1] == further {
		return p.last + ", next"
	}
	name, ok := commandNames[command[1]]
	if !ok {
		name = fmt.Sprintf("%02X", command[1])
	}
	p.last = name
	return name
}

// timing is how long a command took, all in milliseconds.
type timing struct {
	Command string  `json:"command"`
	Count   int     `json:"count"`
	Median  float64 `json:"median_ms"`
	Max     float64 `json:"max_ms"`
}

// timings are in the order of names.
func (p *probe) timings() []timing {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := make([]timing, 0, len(p.times))
	for name, times := range p.times {
		slices.Sort(times)
		list = append(list, timing{name, len(times), milliseconds(times[len(times)/2]), milliseconds(times[len(times)-1])})
	}
	slices.SortFunc(list, func(a, b timing) int { return strings.Compare(a.Command, b.Command) })
	return list
}

func milliseconds(d time.Duration) float64 {
	return float64(d.Round(10*time.Microsecond)) / float64(time.Millisecond)
}
