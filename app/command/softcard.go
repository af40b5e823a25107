package command

import (
	"context"
	"errors"
	"io"

	"sleutelbord/nfc/softcard"
)

// defaultVPCD is where the virtual reader of the vsmartcard project listens.
const defaultVPCD = "127.0.0.1:35963"

type softcardCmd struct {
	VPCD   string `name:"vpcd" default:"${vpcd}" help:"Where the virtual reader (vpcd) listens." placeholder:"HOST:PORT"`
	Chip   string `enum:"ev1,ev2,ev3" default:"ev3" help:"Generation of the chip: ev1, ev2 or ev3."`
	Memory string `enum:"2k,4k,8k" default:"4k" help:"Memory of the chip: 2k, 4k or 8k."`
	File   string `help:"Keep the chip in this file; a new file is a blank chip. Without it, the chip is forgotten at the end." placeholder:"PATH"`
}

// laid is what softcard prints once it begins.
type laid struct {
	Chip string `json:"chip"`
	VPCD string `json:"vpcd"`
}

func (c *softcardCmd) Run(a *app) error {
	card, chip, err := c.open()
	if err != nil {
		return err
	}
	err = a.show(laid{Chip: chip.String(), VPCD: c.VPCD}, func(w io.Writer) error {
		return say(w, "A DESFire %s in software lies on the virtual reader at %s. Interrupt to take it away.\n", chip, c.VPCD)
	})
	if err != nil {
		return err
	}
	err = card.ServeVPCD(a.ctx, c.VPCD)
	if err != nil && !errors.Is(err, context.Canceled) {
		return errVPCD.because(err)
	}
	return nil
}

// open makes the card, or opens the file it is kept in.
func (c *softcardCmd) open() (*softcard.Card, softcard.Chip, error) {
	chip, err := softcard.ParseChip(c.Chip)
	if err != nil {
		return nil, 0, usageError{err}
	}
	memory, err := softcard.ParseMemory(c.Memory)
	if err != nil {
		return nil, 0, usageError{err}
	}
	config := softcard.Config{Chip: chip, Memory: memory}
	if c.File == "" {
		card, err := softcard.New(config)
		return card, chip, err
	}
	card, err := softcard.Open(c.File, config)
	if err != nil {
		return nil, 0, errCardFile.because(err)
	}
	return card, chip, nil
}
