package store

import "testing"

// contractBatch is the queue of a moving day.
func contractBatch(t *testing.T, s *Store) {
	c := makeCampus(t, s)
	first := BatchTag{Home: c.homes[0].ID, Label: "slaapkamer", State: BatchWaiting}
	second := BatchTag{Home: c.homes[1].ID, State: BatchWaiting}
	update(t, s, func(tx *Tx) error {
		must(t, tx.InsertBatchTag(&first))
		must(t, tx.InsertBatchTag(&second))
		return nil
	})
	if first.ID >= second.ID || first.Begun == 0 || first.Begun != second.Begun {
		t.Fatalf("stored %+v and %+v", first, second)
	}
	update(t, s, func(tx *Tx) error {
		first.Taken, first.Here, first.Tag = true, true, c.tag.ID
		must(t, tx.PutBatchTag(&first))
		old := second
		must(t, tx.PutBatchTag(&second))
		wantErr(t, "put twice", tx.PutBatchTag(&old), ErrConflict)
		return nil
	})
	view(t, s, func(tx *Tx) error {
		all, err := tx.BatchTags()
		must(t, err)
		if len(all) != 2 || !all[0].Taken || !all[0].Here || all[0].Elsewhere || all[0].Label != "slaapkamer" || all[0].Tag != c.tag.ID || all[1].Taken {
			t.Errorf("the queue is %+v", all)
		}
		_, err = tx.BatchTag(second.ID + 1)
		wantErr(t, "no such number", err, ErrNotFound)
		_, err = tx.BatchOfTag(c.tag.ID + 1)
		wantErr(t, "of no tag", err, ErrNotFound)
		return nil
	})
	batchWritten(t, s, c, first.ID)
	for what, f := range map[string]func(*BatchTag){
		"written without a tag":    func(b *BatchTag) { b.State, b.Done = BatchWritten, 9 },
		"written and not counted":  func(b *BatchTag) { b.State, b.Tag = BatchWritten, c.tag.ID },
		"counted and not written":  func(b *BatchTag) { b.Done = 9 },
		"printed and not written":  func(b *BatchTag) { b.Printed = true },
		"skipped and taken":        func(b *BatchTag) { b.State, b.Taken, b.Here = BatchSkipped, true, true },
		"in a state that is none":  func(b *BatchTag) { b.State = "lost" },
		"for a tag that is not in": func(b *BatchTag) { b.Tag = c.tag.ID + 9 },
	} {
		b := second
		f(&b)
		if err := s.Update(t.Context(), func(tx *Tx) error { return tx.PutBatchTag(&b) }); err == nil {
			t.Errorf("stored one that is %s", what)
		}
	}
	update(t, s, func(tx *Tx) error {
		n, err := tx.EraseBatch(first.Begun)
		must(t, err)
		same(t, "erased before its day", n, 0)
		n, err = tx.EraseBatch(0)
		must(t, err)
		same(t, "erased", n, 2)
		return nil
	})
}

// batchWritten has the tag of the campus count as written, once.
func batchWritten(t *testing.T, s *Store, c *campus, id int64) {
	t.Helper()
	update(t, s, func(tx *Tx) error {
		must(t, tx.BatchWritten(c.tag.ID))
		must(t, tx.BatchWritten(c.tag.ID))
		return tx.BatchWritten(c.tag.ID + 1) // of no moving day
	})
	view(t, s, func(tx *Tx) error {
		got, err := tx.BatchTag(id)
		must(t, err)
		if got.State != BatchWritten || got.Done != 1 || got.Taken || !got.Here || got.Open() {
			t.Errorf("after it was written: %+v", got)
		}
		return nil
	})
	update(t, s, func(tx *Tx) error { return tx.MoveBatch(c.tag.ID, c.tag.ID+1) })
	view(t, s, func(tx *Tx) error {
		got, err := tx.BatchTag(id)
		must(t, err)
		same(t, "tag of what was written", got.Tag, c.tag.ID)
		return nil
	})
}
