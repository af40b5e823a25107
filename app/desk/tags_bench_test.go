package desk_test

import (
	"strconv"
	"testing"

	"sleutelbord/app/desk"
)

// BenchmarkTags reads all tags of a site, one for each home.
func BenchmarkTags(b *testing.B) {
	for _, homes := range benchSizes(b) {
		d, err := desk.Open(b.Context(), benchSite(b, homes))
		if err != nil {
			b.Fatal(err)
		}
		b.Run(strconv.Itoa(homes), func(b *testing.B) {
			for b.Loop() {
				if all, err := d.Tags(b.Context()); err != nil || len(all) != homes {
					b.Fatalf("%d tags, %v", len(all), err)
				}
			}
		})
		if err := d.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
