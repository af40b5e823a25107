package desk

import (
	"context"
	"sync"

	"sleutelbord/store"
)

// records are the site's records, and tell when something in them has changed.
type records struct {
	*store.Store

	mu      sync.Mutex
	changes uint64
	next    chan struct{} // closed at the next change
}

func newRecords(s *store.Store) *records { return &records{Store: s, next: make(chan struct{})} }

// Update is that of the store.
func (r *records) Update(ctx context.Context, f func(*store.Tx) error) error {
	err := r.Store.Update(ctx, f)
	if err == nil {
		r.mu.Lock()
		r.changes++
		close(r.next)
		r.next = make(chan struct{})
		r.mu.Unlock()
	}
	return err
}

// changed counts the changes since the records were opened, and gives a channel
// that is closed at the next one.
func (r *records) changed() (uint64, <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.changes, r.next
}
