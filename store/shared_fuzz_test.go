package store

import (
	"bytes"
	"errors"
	"reflect"
	"testing"
)

func sampleChange(t testing.TB) []byte {
	t.Helper()
	l := newChangeLog()
	must(t, l.add(`UPDATE a SET b = $1`, 1, []any{int64(1), "x", []byte{1}, nil, true}))
	must(t, l.add(`UPDATE a SET b = $1`, 0, []any{uint16(3)}))
	b, err := l.encode()
	must(t, err)
	return b
}

// FuzzChange reads any bytes as a change: errors are what they ought to be, and
// what is read can be written and read again.
func FuzzChange(f *testing.F) {
	f.Add(sampleChange(f))
	f.Add([]byte{0x82, 0x80, 0x80})
	f.Add([]byte{0x82, 0x80, 0x81, 0x83, 0x00, 0x00, 0x80})
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := decodeChange(b)
		if err != nil {
			if !errors.Is(err, ErrTampered) {
				t.Errorf("error %v", err)
			}
			return
		}
		again, err := (&changeLog{change: c}).encode()
		must(t, err)
		c2, err := decodeChange(again)
		if err != nil || !reflect.DeepEqual(c, c2) {
			t.Errorf("%v: %+v and %+v", err, c, c2)
		}
	})
}

// FuzzPart reads any bytes as a part of a snapshot.
func FuzzPart(f *testing.F) {
	f.Add([]byte{0x83, 0x61, 'a', 0x81, 0x61, 'b', 0x81, 0x81, 0x01})
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := decodePart(b, []string{"a"})
		switch {
		case err != nil && !errors.Is(err, ErrTampered):
			t.Errorf("error %v", err)
		case err == nil && (p.Table != "a" || len(p.Columns) == 0):
			t.Errorf("part %+v", p)
		}
	})
}

// FuzzBody reads any bytes as a sealed body, a slot and a file of settings: nothing
// opens that was not sealed.
func FuzzBody(f *testing.F) {
	key := siteKey{1}
	at := place{position: 7, id: []byte("id")}
	body, err := sealBody(key, at, bodyHead{entryChange, 1, 7}, []byte("content"))
	must(f, err)
	f.Add(body)
	f.Add([]byte(sharedMagic))
	f.Fuzz(func(t *testing.T, b []byte) {
		if h, err := readBody(b); err == nil {
			content, err := openBody(key, at, h, b)
			if (err == nil) != bytes.Equal(b, body) || err != nil && !errors.Is(err, ErrTampered) {
				t.Errorf("%x opens: %q %v", b, content, err)
			}
		} else if !errors.Is(err, ErrTampered) {
			t.Errorf("error %v", err)
		}
		if _, err := decodeSlot(b); err != nil && !errors.Is(err, ErrTampered) {
			t.Errorf("slot: %v", err)
		}
		if s, err := parseSettings(b, [idSize]byte{}, &[keySize]byte{}); !errors.Is(err, ErrDamaged) {
			t.Errorf("settings: %v %v", s, err)
		}
	})
}

// TestBodyPlace opens a body everywhere but at its place.
func TestBodyPlace(t *testing.T) {
	key := siteKey{1}
	at := place{store: [idSize]byte{1}, before: [32]byte{2}, position: 3, id: []byte("id")}
	h := bodyHead{entryChange, 1, 7}
	body, err := sealBody(key, at, h, []byte("content"))
	must(t, err)
	content, err := openBody(key, at, h, body)
	must(t, err)
	same(t, "content", string(content), "content")
	for name, change := range map[string]func(p *place, k *siteKey, b []byte){
		"store":    func(p *place, _ *siteKey, _ []byte) { p.store[0]++ },
		"before":   func(p *place, _ *siteKey, _ []byte) { p.before[0]++ },
		"position": func(p *place, _ *siteKey, _ []byte) { p.position++ },
		"id":       func(p *place, _ *siteKey, _ []byte) { p.id = []byte("ie") },
		"key":      func(_ *place, k *siteKey, _ []byte) { k[0]++ },
		"version":  func(_ *place, _ *siteKey, b []byte) { b[3]++ },
		"schema":   func(_ *place, _ *siteKey, b []byte) { b[5]++ },
		"kind":     func(_ *place, _ *siteKey, b []byte) { b[1] = entryMoved },
		"nonce":    func(_ *place, _ *siteKey, b []byte) { b[bodyClear]++ },
		"content":  func(_ *place, _ *siteKey, b []byte) { b[len(b)-1]++ },
	} {
		p, k, b := at, key, bytes.Clone(body)
		change(&p, &k, b)
		_, err := openBody(k, p, h, b)
		wantErr(t, name, err, ErrTampered)
	}
}

// TestSettingsFile makes sure that the settings are kept and say nothing.
func TestSettingsFile(t *testing.T) {
	dir, key, id := t.TempDir(), [keySize]byte{1}, [idSize]byte{2}
	want := &settings{State: stateShared, DSN: "host=x password=geheim", Keys: map[uint16][]byte{1: make([]byte, keySize)}}
	must(t, writeSettings(dir, id, &key, want))
	got, err := readSettings(dir, id, &key)
	must(t, err)
	if !reflect.DeepEqual(got, want) {
		t.Error("the settings were not kept")
	}
	_, err = readSettings(dir, [idSize]byte{3}, &key)
	wantErr(t, "of another store", err, ErrDamaged)
	_, err = readSettings(dir, id, &[keySize]byte{})
	wantErr(t, "with another key", err, ErrDamaged)
	for _, bad := range []*settings{
		{State: "x", DSN: "x", Keys: want.Keys},
		{State: stateShared, Keys: want.Keys},
		{State: stateShared, DSN: "x"},
		{State: stateShared, DSN: "x", Keys: map[uint16][]byte{1: {1}}},
		{State: stateJoining},
	} {
		must(t, writeSettings(dir, id, &key, bad))
		_, err = readSettings(dir, id, &key)
		wantErr(t, "incomplete", err, ErrDamaged)
	}
}
