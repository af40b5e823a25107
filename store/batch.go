package store

import (
	"bytes"
	"errors"
	"fmt"

	"sleutelbord/nfc/keytag"
)

// BatchDays is for how many days after its beginning the queue of a moving day
// is kept at most.
const BatchDays = 30

const selectBatch = `SELECT b.id, b.home, b.label, b.state, coalesce(b.tag, 0), b.done, b.printed, b.begun_day, b.taken, b.desk,
	coalesce(k.name, ''), coalesce(k.removed_day, 1) = 0, b.row_version
	FROM batch b LEFT JOIN desk_keys k ON k.desk = b.desk `

func batchCell(id, version int64) cell { return cell{"batch", "label", id, version} }

func (tx *Tx) scanBatch(r row) (b BatchTag, err error) {
	var label []byte
	var works bool
	if err := r.Scan(&b.ID, &b.Home, &label, &b.State, &b.Tag, &b.Done, &b.Printed, &b.Begun, &b.Taken, &b.desk,
		&b.Holder, &works, &b.RowVersion); err != nil {
		return BatchTag{}, err
	}
	b.Here = bytes.Equal(b.desk, tx.s.deskOfPlans())
	b.Elsewhere = b.Taken && works && !b.Here
	b.Taken = b.Taken && (b.Here || b.Elsewhere)
	text, err := tx.s.sealer.open(batchCell(b.ID, b.RowVersion), label)
	b.Label = string(text)
	return b, err
}

// BatchTags are all tags of the moving day, in the order of the queue; none if
// there is no moving day.
func (tx *Tx) BatchTags() ([]BatchTag, error) {
	all, err := list(tx, tx.scanBatch, selectBatch+`ORDER BY b.id`)
	if err != nil {
		return nil, fmt.Errorf("reading the moving day: %w", err)
	}
	return all, nil
}

// BatchTag is one of them, by its ID.
func (tx *Tx) BatchTag(id int64) (BatchTag, error) {
	b, err := one(tx, tx.scanBatch, selectBatch+`WHERE b.id = $1`, id)
	if err != nil {
		return BatchTag{}, fmt.Errorf("number %d of the moving day: %w", id, err)
	}
	return b, nil
}

// BatchOfTag is the one that a tag was or is being written for.
func (tx *Tx) BatchOfTag(tag int64) (BatchTag, error) {
	b, err := one(tx, tx.scanBatch, selectBatch+`WHERE b.tag = $1`, tag)
	if err != nil {
		return BatchTag{}, fmt.Errorf("tag %d in the moving day: %w", tag, err)
	}
	return b, nil
}

// InsertBatchTag adds a tag at the end of the queue, and sets its ID and the day.
func (tx *Tx) InsertBatchTag(b *BatchTag) error {
	day, err := tx.day()
	if err != nil {
		return err
	}
	id, err := tx.nextID("batch")
	if err == nil {
		_, err = tx.exec(`INSERT INTO batch (id, home, label, state, tag, done, printed, begun_day, taken, desk, row_version)
			VALUES ($1, $2, $3, $4, NULL, 0, 0, $5, 0, NULL, 1)`, id, b.Home, tx.s.sealer.seal(batchCell(id, 1), []byte(b.Label)), b.State, day)
	}
	if err != nil {
		return fmt.Errorf("storing the moving day: %w", err)
	}
	inserted(tx, &b.ID, id, &b.RowVersion)
	b.Begun = day
	return nil
}

// PutBatchTag stores what became of a tag of the moving day; its home and day
// stay. If this desk writes it, or takes it, its Here has to be set.
func (tx *Tx) PutBatchTag(b *BatchTag) error {
	if b.Here {
		b.desk, b.Elsewhere = tx.s.deskOfPlans(), false
	}
	n, err := tx.exec(`UPDATE batch SET label = $1, state = $2, tag = $3, done = $4, printed = $5, taken = $6, desk = $7,
		row_version = row_version + 1 WHERE id = $8 AND row_version = $9`,
		tx.s.sealer.seal(batchCell(b.ID, b.RowVersion+1), []byte(b.Label)), b.State, orNull(b.Tag), b.Done, flag(b.Printed),
		flag(b.Taken), orNone(b.desk), b.ID, b.RowVersion)
	if err == nil {
		err = tx.replaced(n, &b.RowVersion, `SELECT id FROM batch WHERE id = $1`, b.ID)
	}
	if err != nil {
		return fmt.Errorf("storing number %d of the moving day: %w", b.ID, err)
	}
	return nil
}

// MoveBatch has the place of a tag in the queue follow when another tag is
// written instead of it. A place that was written keeps its tag.
func (tx *Tx) MoveBatch(from, to int64) error {
	b, err := tx.BatchOfTag(from)
	if errors.Is(err, ErrNotFound) || err == nil && b.State == BatchWritten {
		return nil
	}
	if err != nil {
		return err
	}
	b.Tag = to
	return tx.PutBatchTag(&b)
}

// BatchWritten notes that a tag of the moving day is handed out, whichever act
// did it. A tag that belongs to none, or was noted before, changes nothing.
func (tx *Tx) BatchWritten(tag int64) error {
	b, err := tx.BatchOfTag(tag)
	if errors.Is(err, ErrNotFound) || err == nil && b.State == BatchWritten {
		return nil
	}
	if err != nil {
		return err
	}
	if b.Done, err = one(tx, number, `SELECT coalesce(max(done), 0) + 1 FROM batch`); err != nil {
		return fmt.Errorf("counting the moving day: %w", err)
	}
	b.State, b.Taken, b.Here = BatchWritten, false, true
	return tx.PutBatchTag(&b)
}

// EraseBatch forgets the moving day, if it began before a day; 0 is any. It
// tells how many tags stood in its queue.
func (tx *Tx) EraseBatch(before keytag.Day) (int, error) {
	n, err := tx.exec(`DELETE FROM batch WHERE $1 = 0 OR begun_day < $1`, before)
	if err != nil {
		return 0, fmt.Errorf("erasing the moving day: %w", err)
	}
	return int(n), nil
}
