package desk

import (
	"sync"

	"sleutelbord/store"
)

// records are the site's records, and tell when something in them has changed,
// here or at another desk.
type records struct {
	*store.Store

	mu      sync.Mutex
	changes uint64
	next    chan struct{} // closed at the next change
}

func newRecords(s *store.Store) *records {
	r := &records{Store: s, next: make(chan struct{})}
	s.OnChange(r.count) // as long as the store is open
	return r
}

func (r *records) count() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.changes++
	close(r.next)
	r.next = make(chan struct{})
}

// changed counts the changes since the records were opened, and gives a channel
// that is closed at the next one.
func (r *records) changed() (uint64, <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.changes, r.next
}
