package store

import (
	"context"
	"errors"

	"sleutelbord/nfc/keytag"
)

var errSoon = errors.New("not there yet")

type Options struct {
	Clock      Clock
	CounterDir string
	TestKDF    bool
}
type Store struct{}

func Create(ctx context.Context, dir string, site Site, root Root, passphrase []byte, opts Options) (*Store, error) {
	return nil, errSoon
}

func Open(ctx context.Context, dir string, passphrase []byte, opts Options) (*Store, error) {
	return nil, errSoon
}
func Exists(dir string) bool                                         { return false }
func (s *Store) Close() error                                        { return errSoon }
func (s *Store) Custody() *Custody                                   { return nil }
func (s *Store) RolledBack() bool                                    { return false }
func (s *Store) View(ctx context.Context, f func(*Tx) error) error   { return errSoon }
func (s *Store) Update(ctx context.Context, f func(*Tx) error) error { return errSoon }
func (s *Store) ChangePassphrase(old, new []byte) error              { return errSoon }

type Tx struct{}

func (tx *Tx) Site() (Site, error)                                        { return Site{}, errSoon }
func (tx *Tx) PutSite(*Site) error                                        { return errSoon }
func (tx *Tx) Buildings() ([]Building, error)                             { return nil, errSoon }
func (tx *Tx) Building(id int64) (Building, error)                        { return Building{}, errSoon }
func (tx *Tx) BuildingByName(name string) (Building, error)               { return Building{}, errSoon }
func (tx *Tx) InsertBuilding(*Building) error                             { return errSoon }
func (tx *Tx) Home(id int64) (Home, error)                                { return Home{}, errSoon }
func (tx *Tx) HomeByName(building int64, name string) (Home, error)       { return Home{}, errSoon }
func (tx *Tx) InsertHome(*Home) error                                     { return errSoon }
func (tx *Tx) HomesOfBuilding(id int64) ([]Home, error)                   { return nil, errSoon }
func (tx *Tx) HomeSummaries() ([]HomeSummary, error)                      { return nil, errSoon }
func (tx *Tx) Zone(id keytag.Zone) (Zone, error)                          { return Zone{}, errSoon }
func (tx *Tx) Zones() ([]Zone, error)                                     { return nil, errSoon }
func (tx *Tx) InsertZone(*Zone) error                                     { return errSoon }
func (tx *Tx) PutZone(*Zone) error                                        { return errSoon }
func (tx *Tx) LinkHomeZone(HomeZoneLink) error                            { return errSoon }
func (tx *Tx) ZonesOfHome(home int64) ([]HomeZoneLink, error)             { return nil, errSoon }
func (tx *Tx) HomesOfZone(zone keytag.Zone) ([]HomeZoneLink, error)       { return nil, errSoon }
func (tx *Tx) NextSeatBase(zone keytag.Zone, size uint16) (uint16, error) { return 0, errSoon }
func (tx *Tx) InsertLock(*Lock) error                                     { return errSoon }
func (tx *Tx) Lock(id string) (Lock, error)                               { return Lock{}, errSoon }
func (tx *Tx) Locks() ([]Lock, error)                                     { return nil, errSoon }
func (tx *Tx) LocksOfZone(zone keytag.Zone) ([]Lock, error)               { return nil, errSoon }
func (tx *Tx) PutLock(*Lock) error                                        { return errSoon }
func (tx *Tx) LinkLockZone(lock string, zone keytag.Zone) error           { return errSoon }
func (tx *Tx) InsertTenancy(*Tenancy) error                               { return errSoon }
func (tx *Tx) PutTenancy(*Tenancy) error                                  { return errSoon }
func (tx *Tx) CurrentTenancy(home int64) (Tenancy, error)                 { return Tenancy{}, errSoon }
func (tx *Tx) Tenancy(id int64) (Tenancy, error)                          { return Tenancy{}, errSoon }
func (tx *Tx) InsertTag(*Tag) error                                       { return errSoon }
func (tx *Tx) PutTag(*Tag) error                                          { return errSoon }
func (tx *Tx) Tag(id int64) (Tag, error)                                  { return Tag{}, errSoon }
func (tx *Tx) TagByNumber(n keytag.Number) (Tag, error)                   { return Tag{}, errSoon }
func (tx *Tx) TagsOfHome(home int64) ([]Tag, error)                       { return nil, errSoon }
func (tx *Tx) Tags() ([]Tag, error)                                       { return nil, errSoon }
func (tx *Tx) TagsOfTenancy(id int64) ([]Tag, error)                      { return nil, errSoon }
func (tx *Tx) Seat(zone keytag.Zone, seat uint16) (Seat, error)           { return Seat{}, errSoon }
func (tx *Tx) PutSeat(*Seat) error                                        { return errSoon }
func (tx *Tx) SeatsOfZone(zone keytag.Zone) ([]Seat, error)               { return nil, errSoon }
func (tx *Tx) InsertPlan(*Plan) error                                     { return errSoon }
func (tx *Tx) MarkStep(plan int64, done int) error                        { return errSoon }
func (tx *Tx) FinishPlan(plan int64, outcome string) error                { return errSoon }
func (tx *Tx) OpenPlans() ([]Plan, error)                                 { return nil, errSoon }
func (tx *Tx) OpenPlanOfTag(tag int64) (Plan, error)                      { return Plan{}, errSoon }
func (tx *Tx) Append(Entry) error                                         { return errSoon }
func (tx *Tx) Journal() ([]Entry, error)                                  { return nil, errSoon }
func (tx *Tx) VerifyJournal() error                                       { return errSoon }
