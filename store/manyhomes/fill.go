// Package manyhomes makes sites as large as one wants, for tests and measurements.
package manyhomes

import (
	"context"
	"fmt"
	"strconv"

	"sleutelbord/store"
)

// PerBuilding is how many homes a building has, and perFloor how many a floor.
const PerBuilding, perFloor = 200, 20

// perChange is how many homes are stored at once.
const perChange = 20_000

// Fill stores so many homes without doors, each of which is let. also is called for
// each of them, numbered from 0; nil stores nothing else.
func Fill(ctx context.Context, s *store.Store, homes int, also func(tx *store.Tx, n int, t store.Tenancy) error) error {
	for from := 0; from < homes; from += perChange {
		err := s.Update(ctx, func(tx *store.Tx) error { return fill(tx, from, min(from+perChange, homes), also) })
		if err != nil {
			return fmt.Errorf("filling a site with homes: %w", err)
		}
	}
	return nil
}

// fill stores homes that fill their buildings.
func fill(tx *store.Tx, from, to int, also func(tx *store.Tx, n int, t store.Tenancy) error) error {
	var building store.Building
	for n := from; n < to; n++ {
		if n%PerBuilding == 0 {
			building = store.Building{Name: fmt.Sprintf("Campuslaan %d", n/PerBuilding)}
			if err := tx.InsertBuilding(&building); err != nil {
				return err
			}
		}
		h := store.Home{Building: building.ID, Floor: strconv.Itoa(n % PerBuilding / perFloor), Name: fmt.Sprintf("kamer %03d", n%PerBuilding)}
		if err := tx.InsertHome(&h); err != nil {
			return err
		}
		t := store.Tenancy{Home: h.ID, Reference: fmt.Sprintf("HC-%07d", n), Epoch: 1, Start: 2500, Choice: store.ChoiceTag}
		if err := tx.InsertTenancy(&t); err != nil {
			return err
		}
		if also == nil {
			continue
		}
		if err := also(tx, n, t); err != nil {
			return err
		}
	}
	return nil
}
