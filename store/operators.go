package store

import (
	"context"
	"errors"
	"fmt"

	"sleutelbord/nfc/keytag"
)

// Role says what an operator may do at the desk. The store keeps it; the desk
// holds people to it.
type Role string

// Roles of operators.
const (
	Caretaker Role = "caretaker" // hands out and takes back tags
	Custodian Role = "custodian" // also looks after keys, operators and journal
)

// Roles as they stand in a slot.
const (
	roleCaretaker = 1
	roleCustodian = 2
)

var roleNumbers = map[byte]Role{roleCaretaker: Caretaker, roleCustodian: Custodian}

func (r Role) number() byte {
	for n, role := range roleNumbers {
		if role == r {
			return n
		}
	}
	return 0
}

// FirstOperator is the sign-in name of a site's first custodian where nobody
// chose another.
const FirstOperator = "custodian"

// Operator is somebody who may open the records. The zero Operator is nobody:
// a store that was opened with the site root is.
type Operator struct {
	ID      int64
	Name    string // sign-in name, unique among those who are not revoked, compared without case
	Role    Role
	Added   keytag.Day
	Revoked keytag.Day // 0: may sign in
	// Here tells whether a passphrase opens the records of this desk.
	Here bool

	slot       slotID
	rowVersion int64
}

const selectOperator = `SELECT id, name, role, slot, added_day, revoked_day, row_version FROM operators ORDER BY id`

// sealedName is the content of the column name: what of the row may not be
// changed by who can write the database.
func (o Operator) sealedName() []byte {
	return append([]byte{o.Role.number()}, append(o.slot[:], o.Name...)...)
}

func operatorCell(id, version int64) cell { return cell{"operators", "name", id, version} }

func (tx *Tx) scanOperator(r row) (o Operator, err error) {
	var name, id []byte
	if err := r.Scan(&o.ID, &name, &o.Role, &id, &o.Added, &o.Revoked, &o.rowVersion); err != nil {
		return Operator{}, err
	}
	if err := fixed(o.slot[:], id, "the slot of an operator"); err != nil {
		return Operator{}, err
	}
	plain, err := tx.s.sealer.open(operatorCell(o.ID, o.rowVersion), name)
	if err != nil {
		return Operator{}, err
	}
	if len(plain) <= 1+slotIDSize || plain[0] != o.Role.number() || slotID(plain[1:]) != o.slot {
		return Operator{}, operatorCell(o.ID, o.rowVersion).damaged()
	}
	o.Name = string(plain[1+slotIDSize:])
	return o, nil
}

// Operators are all operators, revoked ones too, in the order in which they
// were added. Their Here is not set; see [Store.Operators].
func (tx *Tx) Operators() ([]Operator, error) {
	all, err := list(tx, tx.scanOperator, selectOperator)
	if err != nil {
		return nil, fmt.Errorf("reading the operators: %w", err)
	}
	return all, nil
}

// operator is the one who may sign in by this name, or [ErrNoOperator].
func (tx *Tx) operator(name string) (Operator, error) {
	return tx.findOperator(func(o Operator) bool { return sameName(o.Name, name) })
}

func (tx *Tx) findOperator(f func(Operator) bool) (Operator, error) {
	all, err := tx.Operators()
	if err != nil {
		return Operator{}, err
	}
	for _, o := range all {
		if o.Revoked == 0 && f(o) {
			return o, nil
		}
	}
	return Operator{}, ErrNoOperator
}

// insertOperator stores a new operator, and sets id and day.
func (tx *Tx) insertOperator(o *Operator) error {
	id, err := tx.nextID("operators")
	if err == nil {
		o.Added, err = tx.day()
	}
	if err == nil {
		o.ID, o.rowVersion = id, 1
		_, err = tx.exec(`INSERT INTO operators (id, name, role, slot, added_day, revoked_day, row_version)
			VALUES ($1, $2, $3, $4, $5, 0, 1)`,
			id, tx.s.sealer.seal(operatorCell(id, 1), o.sealedName()), o.Role, o.slot[:], o.Added)
	}
	if err != nil {
		return fmt.Errorf("storing an operator: %w", err)
	}
	return nil
}

// revoke notes that an operator may sign in no more. Somebody must be left to
// look after the site.
func (tx *Tx) revoke(o Operator) error {
	if o.Role == Custodian {
		_, err := tx.findOperator(func(other Operator) bool { return other.Role == Custodian && other.ID != o.ID })
		if errors.Is(err, ErrNoOperator) {
			return ErrLastCustodian
		}
		if err != nil {
			return err
		}
	}
	day, err := tx.day()
	if err != nil {
		return err
	}
	_, err = tx.exec(`UPDATE operators SET name = $1, revoked_day = $2, row_version = $3 WHERE id = $4`,
		tx.s.sealer.seal(operatorCell(o.ID, o.rowVersion+1), o.sealedName()), day, o.rowVersion+1, o.ID)
	return err
}

// enrol stores the operators of the slots of records that have none yet.
func (tx *Tx) enrol(h header) error {
	for _, s := range h.slots {
		if s.kind != slotPassphrase {
			continue
		}
		if err := tx.insertOperator(&Operator{Name: s.name, Role: roleNumbers[s.role], slot: s.id}); err != nil {
			return err
		}
	}
	return nil
}

// admit makes sure that whoever opened the slot by is an operator: the records
// decide, not the slots, so that a slot of somebody revoked opens nothing. A
// store from before there were operators gets its first.
func (s *Store) admit(ctx context.Context, h *header, by int) error {
	if h.old {
		if err := s.modernise(ctx, h); err != nil {
			return err
		}
	}
	var all []Operator
	read := func(tx *Tx) (err error) { all, err = tx.Operators(); return err }
	if err := s.view(ctx, read); err != nil {
		return err
	}
	if len(all) == 0 {
		if err := s.update(ctx, func(tx *Tx) error { return errors.Join(tx.enrol(*h), read(tx)) }); err != nil {
			return err
		}
	}
	if by < 0 {
		return nil
	}
	for _, o := range all {
		if o.slot != h.slots[by].id || o.Revoked > 0 {
			continue
		}
		if o.Role.number() != h.slots[by].role || o.Name != h.slots[by].name {
			return fmt.Errorf("the slot of operator %d is not what the records say: %w", o.ID, ErrDamaged)
		}
		o.Here = true
		s.front.Lock()
		s.opener = o
		s.front.Unlock()
		return s.sweep(*h, all)
	}
	return ErrNoOperator
}

// modernise completes a header of version 1, whose passphrase slot was wrapped
// anew when it was opened, with the slot of the root, and replaces the file.
func (s *Store) modernise(ctx context.Context, h *header) error {
	root, err := s.readRoot(ctx)
	if err != nil {
		return err
	}
	defer root.Wipe()
	r, err := wrapRecovery(h.store, root, s.data)
	if err != nil {
		return err
	}
	if err := h.put(r); err != nil {
		return err
	}
	return writeHeader(s.dir, *h)
}

// sweep removes slots that a crash has left behind of operators who are revoked.
func (s *Store) sweep(h header, all []Operator) error {
	var gone []slotID
	for _, o := range all {
		if o.Revoked > 0 && h.byID(o.slot, slotPassphrase) >= 0 {
			gone = append(gone, o.slot)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	return s.changeSlots(func(h *header) error { return h.dropOwners(gone...) })
}

// changeSlots changes store.keys in one step.
func (s *Store) changeSlots(f func(*header) error) error {
	s.slots.Lock()
	defer s.slots.Unlock()
	h, err := readHeader(s.dir)
	if err != nil {
		return err
	}
	if err := f(&h); err != nil {
		return err
	}
	return writeHeader(s.dir, h)
}

// dropOwners drops the slots of operators, and those that stand for them.
func (h *header) dropOwners(ids ...slotID) error {
	return h.drop(func(s slot) bool {
		for _, id := range ids {
			if s.kind == slotPassphrase && s.id == id || s.kind == slotKeyring && s.owner == id {
				return true
			}
		}
		return false
	})
}

// Operator is who opened the store; the zero Operator if the site root did.
func (s *Store) Operator() Operator {
	s.front.Lock()
	defer s.front.Unlock()
	return s.opener
}

// Operators are all operators, revoked ones too, in the order in which they
// were added.
func (s *Store) Operators(ctx context.Context) (all []Operator, err error) {
	s.slots.Lock()
	h, err := readHeader(s.dir)
	s.slots.Unlock()
	if err != nil {
		return nil, err
	}
	err = s.View(ctx, func(tx *Tx) (err error) { all, err = tx.Operators(); return err })
	for i := range all {
		all[i].Here = all[i].Revoked == 0 && h.byID(all[i].slot, slotPassphrase) >= 0
	}
	return all, err
}

// AddOperator makes an operator who signs in with this passphrase, and calls
// also, which may be nil, in the same transaction. A name that is taken is
// [ErrExists]; one that is no sign-in name, an unknown role or an empty
// passphrase is [ErrInvalid]. Where the records know the operator already from
// another desk, in the same role, only this desk's slot is added.
func (s *Store) AddOperator(ctx context.Context, name string, role Role, passphrase []byte, also func(*Tx) error) error {
	if err := s.addOperator(ctx, name, role, passphrase, also); err != nil {
		return fmt.Errorf("adding an operator: %w", err)
	}
	return nil
}

func (s *Store) addOperator(ctx context.Context, name string, role Role, passphrase []byte, also func(*Tx) error) error {
	if role.number() == 0 {
		return fmt.Errorf("role %q: %w", role, ErrInvalid)
	}
	known, err := s.known(ctx, name)
	switch {
	case err != nil && !errors.Is(err, ErrNoOperator):
		return err
	case err != nil:
		known = Operator{Name: name, Role: role, slot: newSlotID()}
	case known.Here || known.Role != role:
		return fmt.Errorf("operator %s: %w", name, ErrExists)
	}
	// The slot comes first: without its row it opens nothing, so that the
	// commit of the row decides.
	if err := s.wrapFor(known, passphrase); err != nil {
		return err
	}
	err = s.Update(ctx, func(tx *Tx) error {
		if known.ID == 0 {
			if err := tx.insertOperator(&known); err != nil {
				return err
			}
		}
		return call(also, tx)
	})
	if err != nil {
		return errors.Join(err, s.changeSlots(func(h *header) error { return h.dropOwners(known.slot) }))
	}
	s.signIn(known)
	return nil
}

func call(also func(*Tx) error, tx *Tx) error {
	if also == nil {
		return nil
	}
	return also(tx)
}

// known is the operator who may sign in by this name.
func (s *Store) known(ctx context.Context, name string) (Operator, error) {
	all, err := s.Operators(ctx)
	if err != nil {
		return Operator{}, err
	}
	for _, o := range all {
		if o.Revoked == 0 && sameName(o.Name, name) {
			return o, nil
		}
	}
	return Operator{}, ErrNoOperator
}

// wrapFor gives an operator a slot with a new passphrase. Slots of the same
// name that are nobody's, or that stand for the old passphrase, go.
func (s *Store) wrapFor(o Operator, passphrase []byte) error {
	return s.changeSlots(func(h *header) error {
		w := slot{id: o.slot, name: o.Name, role: o.Role.number(), kdf: s.opts.cost()}
		w, err := wrapPassphrase(h.store, w, passphrase, s.data)
		if err != nil {
			return err
		}
		slots := []slot{w}
		for _, other := range h.slots {
			mine := other.id == o.slot || other.kind == slotKeyring && other.owner == o.slot
			if !mine && (other.kind != slotPassphrase || !sameName(other.name, o.Name)) {
				slots = append(slots, other)
			}
		}
		return h.set(slots)
	})
}

// signIn makes o who opened the store, if nobody did.
func (s *Store) signIn(o Operator) {
	s.front.Lock()
	defer s.front.Unlock()
	if s.opener.ID == 0 {
		s.opener = o
		s.opener.Here = true
	}
}

// RevokeOperator ends that an operator can sign in, here and at every other
// desk, and calls also, which may be nil, in the same transaction. Who copied
// key slots and records before still reads that copy. An unknown name is
// [ErrNoOperator]; the last custodian is [ErrLastCustodian].
func (s *Store) RevokeOperator(ctx context.Context, name string, also func(*Tx) error) error {
	var o Operator
	err := s.Update(ctx, func(tx *Tx) (err error) {
		if o, err = tx.operator(name); err != nil {
			return err
		}
		if err := tx.revoke(o); err != nil {
			return err
		}
		return call(also, tx)
	})
	if err == nil {
		err = s.changeSlots(func(h *header) error { return h.dropOwners(o.slot) })
	}
	if err != nil {
		return fmt.Errorf("revoking an operator: %w", err)
	}
	return nil
}
