package store

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"sleutelbord/nfc/keytag"

	"lukechampine.com/adiantum"
)

func contractSettings(t *testing.T, s *Store) {
	var got Settings
	view(t, s, func(tx *Tx) (err error) {
		got, err = tx.Settings()
		return err
	})
	same(t, "at the beginning", got, Settings{RetentionDays: 90, JournalDays: 730, SmallCount: 5, RowVersion: 1})
	want := Settings{
		Controller: "Woonstichting Noord", ControllerContact: "Plein 1\nTel. 053", Officer: "J. de Vries", OfficerContact: "fg@noord.example",
		DeskContact: "balie", Processors: "een\ntwee", RetentionDays: 30, JournalDays: 365, SmallCount: 10, RowVersion: 1,
	}
	update(t, s, func(tx *Tx) error { return tx.PutSettings(&want) })
	old := want
	old.RowVersion = 1
	wantErr(t, "old version", s.Update(t.Context(), func(tx *Tx) error { return tx.PutSettings(&old) }), ErrConflict)
	for _, bad := range []Settings{{RetentionDays: 0, JournalDays: 30, SmallCount: 5}, {RetentionDays: 30, JournalDays: 30, SmallCount: 1}} {
		bad.RowVersion = 2
		wantErr(t, "out of range", s.Update(t.Context(), func(tx *Tx) error { return tx.PutSettings(&bad) }), ErrInvalid)
	}
	view(t, s, func(tx *Tx) (err error) {
		got, err = tx.Settings()
		return err
	})
	same(t, "afterwards", got, want)
}

func contractRollouts(t *testing.T, s *Store) {
	c := makeCampus(t, s)
	building := c.homes[0].Building
	want := Rollout{Building: building, Planned: 2500, Unassessed: 3}
	doc := RolloutDocument{Building: building, Kind: DocumentAssessment, Name: "DPIA 1.0.pdf", SHA256: [32]byte{1}, Added: 2501}
	update(t, s, func(tx *Tx) error {
		must(t, tx.InsertRollout(&want))
		wantErr(t, "twice", tx.InsertRollout(&Rollout{Building: building}), ErrExists)
		wantErr(t, "unknown building", tx.InsertRollout(&Rollout{Building: 99}), ErrNotFound)
		return tx.InsertDocument(&doc)
	})
	wantErr(t, "document twice", s.Update(t.Context(), func(tx *Tx) error {
		again := doc
		return tx.InsertDocument(&again)
	}), ErrExists)
	want.Assessment, want.Assessed, want.Review, want.Consulted, want.Active, want.Evaluated = "1.0", 2501, 2866, 2502, 2503, 2504
	update(t, s, func(tx *Tx) error { return tx.PutRollout(&want) })
	less := want
	less.Unassessed = 2
	wantErr(t, "fewer unassessed", s.Update(t.Context(), func(tx *Tx) error { return tx.PutRollout(&less) }), ErrCounter)
	half := want
	half.Assessed = 0
	wantErr(t, "version without day", s.Update(t.Context(), func(tx *Tx) error { return tx.PutRollout(&half) }), ErrInvalid)
	view(t, s, func(tx *Tx) error {
		got, err := tx.Rollout(building)
		must(t, err)
		same(t, "roll-out", got, want)
		all, err := tx.Rollouts()
		must(t, err)
		same(t, "all", all, []Rollout{want})
		docs, err := tx.Documents()
		must(t, err)
		same(t, "documents", docs, []RolloutDocument{doc})
		_, err = tx.Rollout(99)
		wantErr(t, "none", err, ErrNotFound)
		return nil
	})
}

func contractErasing(t *testing.T, s *Store) {
	c := makeCampus(t, s)
	objection := Objection{Tenancy: c.tenancy.ID, Made: 2510, Outcome: ObjectionOpen}
	update(t, s, func(tx *Tx) error { return tx.InsertObjection(&objection) })
	objection.Outcome, objection.Decided = ObjectionUpheld, 2520
	update(t, s, func(tx *Tx) error { return tx.PutObjection(&objection) })
	view(t, s, func(tx *Tx) error {
		got, err := tx.ObjectionsOfTenancy(c.tenancy.ID)
		must(t, err)
		same(t, "objection", got, []Objection{objection})
		return nil
	})
	count := func(ended bool) (n int) {
		view(t, s, func(tx *Tx) error {
			all, err := tx.CountTenancies(ended)
			for _, c := range all {
				n += c.N
			}
			return err
		})
		return n
	}
	same(t, "running and ended tenancies", [2]int{count(false), count(true)}, [2]int{1, 0})
	wantErr(t, "running", s.Update(t.Context(), func(tx *Tx) error {
		_, err := tx.EraseTenancy(c.tenancy.ID)
		return err
	}), ErrInvalid)
	seats := endTenancy(t, s, c)
	same(t, "running and ended tenancies", [2]int{count(false), count(true)}, [2]int{0, 1})
	view(t, s, func(tx *Tx) error {
		got, err := tx.CountTags()
		must(t, err)
		same(t, "tags", got, []Count[TagState]{{c.tag.Home, TagEnded, 1}, {c.tag.Home, TagReturned, 1}})
		return nil
	})
	var erased int
	e := Erasure{Day: 2700, Reason: ErasePeriod, Tenancies: 1}
	update(t, s, func(tx *Tx) (err error) {
		if erased, err = tx.EraseTenancy(c.tenancy.ID); err != nil {
			return err
		}
		e.Tags = erased
		return tx.InsertErasure(&e)
	})
	must(t, s.Scrub(t.Context()))
	must(t, s.Scrub(t.Context()))
	view(t, s, func(tx *Tx) error {
		_, err := tx.Tenancy(c.tenancy.ID)
		wantErr(t, "tenancy", err, ErrNotFound)
		_, err = tx.Tag(c.tag.ID)
		wantErr(t, "tag", err, ErrNotFound)
		left, err := tx.Objections()
		must(t, err)
		same(t, "objections", len(left), 0)
		all, err := tx.Erasures()
		must(t, err)
		same(t, "erasures", all, []Erasure{e})
		after, err := tx.SeatsOfZone(seats[0].Zone)
		must(t, err)
		for i, want := range seats {
			got := after[i]
			if got.Epoch != want.Epoch || got.Next != want.Next || got.Floor != want.Floor || got.Tag != 0 {
				t.Errorf("seat %+v has become %+v", want, got)
			}
		}
		return nil
	})
	wantErr(t, "again", s.Update(t.Context(), func(tx *Tx) error {
		_, err := tx.EraseTenancy(c.tenancy.ID)
		return err
	}), ErrNotFound)
}

// endTenancy ends the campus's tenancy and its tag, which had a seat with
// counters, a replacement and a plan.
func endTenancy(t *testing.T, s *Store, c *campus) []Seat {
	t.Helper()
	var seats []Seat
	update(t, s, func(tx *Tx) error {
		next := Tag{Home: c.tag.Home, Tenancy: c.tenancy.ID, Ordinal: 7, State: TagReturned, Number: keytag.Number{7}, Replaces: c.tag.ID}
		must(t, tx.InsertTag(&next))
		tags, err := tx.TagsOfTenancy(c.tenancy.ID)
		must(t, err)
		for _, g := range tags {
			if g.State.Live() || g.State == TagReserved {
				g.State = TagEnded
				must(t, tx.PutTag(&g))
			}
		}
		zone := c.tag.Slots[0].Zone
		must(t, tx.PutSeat(&Seat{Zone: zone, Seat: 999, Epoch: 0, Next: 5, Floor: 4, Tag: c.tag.ID}))
		must(t, tx.InsertPlan(&Plan{Kind: PlanWipe, Tag: next.ID, Number: next.Number, Steps: []string{"a"}, Done: 1, Outcome: "done"}))
		c.tenancy.End = 2600
		must(t, tx.PutTenancy(&c.tenancy))
		seats, err = tx.SeatsOfZone(zone)
		return err
	})
	return seats
}

// deciphered is everything that lies in a store's folder, the files of the
// database deciphered block by block.
func deciphered(t *testing.T, s *Store) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	entries, err := os.ReadDir(s.dir)
	must(t, err)
	cipher := adiantum.New(s.keys.page[:])
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(s.dir, e.Name()))
		must(t, err)
		files[e.Name()] = bytes.Clone(b)
		for at := 0; at+blockSize <= len(b); at += blockSize {
			tweak := binary.LittleEndian.AppendUint64(nil, uint64(at))
			cipher.Decrypt(b[at:at+blockSize], tweak)
		}
		files[e.Name()+" deciphered"] = b
	}
	if len(files["store.db deciphered"]) == 0 || !bytes.HasPrefix(files["store.db deciphered"], []byte("SQLite format 3")) {
		t.Fatal("the database was not deciphered")
	}
	return files
}

// needles are the bytes that stand for a tenancy and its tags in the file:
// what is sealed as it is stored, what is not as it is.
func needles(t *testing.T, s *Store, tenancy int64) [][]byte {
	t.Helper()
	var all [][]byte
	for _, q := range []string{
		`SELECT reference FROM tenancies WHERE id = ?`, `SELECT label FROM tags WHERE tenancy = ?`,
		`SELECT number FROM tags WHERE tenancy = ?`, `SELECT number_lookup FROM tags WHERE tenancy = ?`,
		`SELECT CAST(chip AS BLOB) FROM tags WHERE tenancy = ?`,
		`SELECT p.number FROM plans p JOIN tags g ON g.id = p.tag WHERE g.tenancy = ?`,
	} {
		rows, err := s.db.QueryContext(t.Context(), q, tenancy)
		must(t, err)
		for rows.Next() {
			var b []byte
			must(t, rows.Scan(&b))
			if len(b) > 8 {
				all = append(all, b)
			}
		}
		must(t, rows.Err())
		must(t, rows.Close())
	}
	return all
}

// found counts the needles that lie in any file.
func found(t *testing.T, s *Store, needles [][]byte) (n int, where string) {
	t.Helper()
	for name, b := range deciphered(t, s) {
		for _, needle := range needles {
			if bytes.Contains(b, needle) {
				n++
				where += fmt.Sprintf(" %s:%x", name, needle[:4])
			}
		}
	}
	return n, where
}

// TestErasedIsNowhere looks for erased data in the deciphered bytes of the
// records and of their log, after a history that has moved rows between pages.
func TestErasedIsNowhere(t *testing.T) {
	s := newStore(t)
	c := makeCampus(t, s)
	tenancies := fillTenancies(t, s, c, 300)
	for i, id := range tenancies {
		if i%3 != 0 {
			continue
		}
		want := needles(t, s, id)
		if len(want) < 6 {
			t.Fatalf("only %d things to look for", len(want))
		}
		if n, _ := found(t, s, want); n < len(want) {
			t.Fatalf("%d of %d things are found before they are erased", n, len(want))
		}
		update(t, s, func(tx *Tx) error { _, err := tx.EraseTenancy(id); return err })
		if i%60 != 0 {
			continue
		}
		must(t, s.Scrub(t.Context()))
		if n, where := found(t, s, want); n > 0 {
			t.Fatalf("tenancy %d is still there:%s", id, where)
		}
	}
	// A crash between erasing and writing anew leaves that for later.
	id := tenancies[1]
	want := needles(t, s, id)
	update(t, s, func(tx *Tx) error { _, err := tx.EraseTenancy(id); return err })
	dir := s.dir
	closeStore(t, s)
	s = openIn(t, dir)
	must(t, s.Scrub(t.Context()))
	if n, where := found(t, s, want); n > 0 {
		t.Fatalf("after a crash:%s", where)
	}
	if info, err := os.Stat(filepath.Join(dir, databaseName+"-wal")); err != nil || info.Size() > 0 && info.Size() > 64*1024 {
		t.Errorf("the log: %v %v", info, err)
	}
	must(t, s.Check(t.Context()))
}

// fillTenancies adds ended tenancies, each with a tag whose chip is called like
// no other, and changes them several times.
func fillTenancies(t *testing.T, s *Store, c *campus, n int) []int64 {
	t.Helper()
	var ids []int64
	for i := range n {
		update(t, s, func(tx *Tx) error {
			y := Tenancy{Home: c.homes[1].ID, Reference: fmt.Sprintf("HK-%06d-reference", i), Start: 2000, End: 2100, Choice: ChoiceTag}
			must(t, tx.InsertTenancy(&y))
			g := Tag{
				Home: y.Home, Tenancy: y.ID, Ordinal: 1, Label: fmt.Sprintf("label %d of a tag", i), State: TagReturned,
				Chip: fmt.Sprintf("chip number %06d", i), Genuine: "genuine", Number: keytag.Number{9, byte(i >> 8), byte(i), 1},
				Slots: []keytag.Claims{{Zone: c.tag.Slots[0].Zone, Version: 1, Seat: uint16(i)}},
			}
			must(t, tx.InsertTag(&g))
			must(t, tx.InsertPlan(&Plan{Kind: PlanIssue, Tag: g.ID, Number: g.Number, Steps: []string{"x"}, Done: 1, Outcome: "done"}))
			ids = append(ids, y.ID)
			return tx.PutTag(&g)
		})
	}
	return ids
}
