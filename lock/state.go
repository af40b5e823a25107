package lock

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"slices"

	"sleutelbord/lock/bundle"
	"sleutelbord/lock/internal/detcbor"
	"sleutelbord/nfc/keytag"
)

// ErrState is a state file that is damaged or belongs to another lock. The
// lock does not start from it, because starting empty would bring dead tags
// back to life.
var ErrState = errors.New("state of the lock cannot be used")

// zoneKey is what floors belong to.
type zoneKey struct {
	Zone    keytag.Zone
	Version byte
}

// line is what the lock remembers of one site: the signers that followed one
// another there, the highest sequence applied from any of them, and the floors.
type line struct {
	Signers  []bundle.SignerKey
	Sequence uint32
	Floors   map[zoneKey]bundle.Floor
}

// state is everything that a lock keeps.
type state struct {
	Lock  bundle.LockID
	Lines []line
	// Receipt is the last one; nil before the first bundle.
	Receipt *bundle.Receipt
	// Bundle is the one applied last, sealed as it came; nil before the first
	// and after a reset. Its signer is the one the lock trusts.
	Bundle []byte
}

const (
	stateTitle = "sleutelbord lock state 1\n"
	// maxState is far above what the zones of one bundle can need.
	maxState = 64 << 20
)

// The state file is stateTitle, this in deterministic CBOR, and SHA-256 over
// both:
//
//	state = [lock: bstr .size 8, [* line], receipt: bstr .size 29 / null, bundle: bstr / null]
//	line  = [[+ signer: bstr .size 32], sequence: uint, [* [zone: uint, version: uint, epoch: uint, {* seat => generation}]]]
type stateFile struct {
	_       struct{} `cbor:",toarray"`
	Lock    []byte
	Lines   []stateLine
	Receipt []byte
	Bundle  []byte
}

type stateLine struct {
	_        struct{} `cbor:",toarray"`
	Signers  [][]byte
	Sequence uint32
	Floors   []stateFloor
}

type stateFloor struct {
	_       struct{} `cbor:",toarray"`
	Zone    uint32
	Version byte
	Epoch   uint16
	Seats   map[uint16]uint16
}

// encodeState writes s as it stands in the state file.
func encodeState(s state) ([]byte, error) {
	f := stateFile{Lock: s.Lock[:], Lines: make([]stateLine, len(s.Lines)), Bundle: s.Bundle}
	if s.Receipt != nil {
		f.Receipt = s.Receipt[:]
	}
	for i, l := range s.Lines {
		f.Lines[i] = stateLine{Sequence: l.Sequence, Floors: make([]stateFloor, 0, len(l.Floors))}
		for _, k := range l.Signers {
			f.Lines[i].Signers = append(f.Lines[i].Signers, k[:])
		}
		for _, z := range slices.SortedFunc(maps.Keys(l.Floors), compareZoneKeys) {
			floor := l.Floors[z].Clone()
			f.Lines[i].Floors = append(f.Lines[i].Floors, stateFloor{
				Zone: uint32(z.Zone), Version: z.Version, Epoch: floor.Epoch, Seats: floor.Seats,
			})
		}
	}
	body, err := stateEnc.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("encoding state: %w", err)
	}
	data := append([]byte(stateTitle), body...)
	sum := sha256.Sum256(data)
	return append(data, sum[:]...), nil
}

func compareZoneKeys(a, b zoneKey) int {
	if a.Zone != b.Zone {
		return int(a.Zone) - int(b.Zone)
	}
	return int(a.Version) - int(b.Version)
}

// parseState reads a state file strictly: what parses encodes to the same
// bytes. Errors wrap [ErrState].
func parseState(data []byte) (state, error) {
	body, ok := bytes.CutPrefix(data, []byte(stateTitle))
	if !ok || len(body) < sha256.Size {
		return state{}, fmt.Errorf("%w: not a state file of this program", ErrState)
	}
	n := len(data) - sha256.Size
	if sum := sha256.Sum256(data[:n]); !bytes.Equal(sum[:], data[n:]) {
		return state{}, fmt.Errorf("%w: checksum is wrong", ErrState)
	}
	var f stateFile
	if err := stateDec.Unmarshal(body[:len(body)-sha256.Size], &f); err != nil {
		return state{}, fmt.Errorf("%w: %w", ErrState, err)
	}
	s, err := f.state()
	if err != nil {
		return state{}, fmt.Errorf("%w: %w", ErrState, err)
	}
	again, err := encodeState(s)
	if err != nil || !bytes.Equal(again, data) {
		return state{}, fmt.Errorf("%w: encoding is not the deterministic one", ErrState)
	}
	return s, nil
}

func (f stateFile) state() (state, error) {
	if len(f.Lock) != 8 {
		return state{}, errors.New("lock id of a wrong length")
	}
	s := state{Lock: bundle.LockID(f.Lock), Bundle: f.Bundle}
	if f.Receipt != nil {
		r, err := bundle.ParseReceipt(f.Receipt)
		if err != nil {
			return state{}, err
		}
		s.Receipt = &r
	}
	seen := map[bundle.SignerKey]bool{}
	for _, l := range f.Lines {
		parsed, err := l.line(seen)
		if err != nil {
			return state{}, err
		}
		s.Lines = append(s.Lines, parsed)
	}
	return s, nil
}

func (l stateLine) line(seen map[bundle.SignerKey]bool) (line, error) {
	parsed := line{Sequence: l.Sequence, Floors: map[zoneKey]bundle.Floor{}}
	if len(l.Signers) == 0 || l.Sequence == 0 {
		return line{}, errors.New("line without signer or sequence")
	}
	for _, k := range l.Signers {
		if len(k) != 32 || seen[bundle.SignerKey(k)] {
			return line{}, errors.New("signer of a wrong length, or twice")
		}
		seen[bundle.SignerKey(k)] = true
		parsed.Signers = append(parsed.Signers, bundle.SignerKey(k))
	}
	for _, z := range l.Floors {
		if z.Zone == 0 || z.Zone > uint32(keytag.MaxZone) {
			return line{}, fmt.Errorf("zone %d is outside 1 to %d", z.Zone, keytag.MaxZone)
		}
		for _, generation := range z.Seats {
			if generation == 0 {
				return line{}, errors.New("seat with floor 0")
			}
		}
		parsed.Floors[zoneKey{keytag.Zone(z.Zone), z.Version}] = bundle.Floor{Epoch: z.Epoch, Seats: z.Seats}
	}
	return parsed, nil
}

var (
	stateEnc = detcbor.Encoder()
	stateDec = detcbor.Decoder(0, 0)
)
