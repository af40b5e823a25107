package evidence

import (
	"context"
	"fmt"

	"sleutelbord/app/desk"
	"sleutelbord/app/paper"
	"sleutelbord/store"
)

// Certificate says that something was erased. Whose it was is known only to who
// holds the paper: the records do not know any more.
type Certificate struct {
	Head
	Number    int64             `json:"certificate"`
	ErasedOn  string            `json:"erased_on"`
	Reason    store.EraseReason `json:"reason"`
	Tenancies int               `json:"tenancies"`
	Tags      int               `json:"tags"`
}

// NewCertificate makes the certificate with a number, which erasing has given. One
// that is not there is [desk.ErrNoCertificate].
func NewCertificate(ctx context.Context, d *desk.Desk, number int64) (Certificate, error) {
	var c Certificate
	err := d.Look(ctx, func(tx *store.Tx) error {
		h, err := head(d, tx)
		if err != nil {
			return err
		}
		all, err := tx.Erasures()
		if err != nil {
			return err
		}
		for _, e := range all {
			if e.ID == number {
				c = Certificate{h, e.ID, e.Day.String(), e.Reason, e.Tenancies, e.Tags}
				return nil
			}
		}
		return desk.ErrNoCertificate
	})
	if err != nil {
		return Certificate{}, fmt.Errorf("making certificate %d: %w", number, err)
	}
	return c, nil
}

// PDF is the certificate on paper.
func (c Certificate) PDF(lang string) ([]byte, error) {
	w := wordsOf(lang)
	d := w.begin(c.Head, w.t("certificate.title", "n", c.Number), w.t("certificate.kicker"), false)
	d.Title(w.t("certificate.below", "site", c.Site, "day", w.Date(c.Day)))
	d.Facts(0.36,
		paper.Fact{Name: w.t("certificate.day"), Value: w.Date(c.ErasedOn)},
		paper.Fact{Name: w.t("certificate.reason"), Value: w.t("certificate." + string(c.Reason))},
		paper.Fact{Name: w.t("certificate.tenancies"), Value: fmt.Sprint(c.Tenancies)},
		paper.Fact{Name: w.t("certificate.tags"), Value: fmt.Sprint(c.Tags)})
	d.Heading(w.t("certificate.gone"))
	d.Text(w.t("certificate.gone.text"))
	d.Heading(w.t("certificate.stays"))
	d.Text(w.t("certificate.stays.text"))
	d.Box(paper.Plain, "", w.t("certificate.keys"))
	return d.Bytes()
}
