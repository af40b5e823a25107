package store

import (
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"

	"golang.org/x/crypto/chacha20poly1305"
)

const sealVersion = 1

// cell names the place of a sealed value: nowhere else does it open.
type cell struct {
	table, column string
	row, version  int64 // id and row version; tables without row versions have version 0
}

func (c cell) additional() []byte {
	b := make([]byte, 0, 64)
	b = append(b, byte(len(c.table)))
	b = append(b, c.table...)
	b = append(b, byte(len(c.column)))
	b = append(b, c.column...)
	b = binary.BigEndian.AppendUint64(b, uint64(c.row))
	return binary.BigEndian.AppendUint64(b, uint64(c.version))
}

// sealer seals secret columns and makes the keyed hashes by which they are found.
type sealer struct {
	aead   cipher.AEAD
	lookup [keySize]byte
}

func newSealer(k *storeKeys) (*sealer, error) {
	aead, err := chacha20poly1305.NewX(k.column[:])
	if err != nil {
		return nil, fmt.Errorf("sealing columns: %w", err)
	}
	return &sealer{aead: aead, lookup: k.lookup}, nil
}

// seal enciphers a value for its cell; an empty value is nil, to be stored as NULL.
func (s *sealer) seal(c cell, plain []byte) any {
	if len(plain) == 0 {
		return nil
	}
	b := make([]byte, 1+chacha20poly1305.NonceSizeX, 1+chacha20poly1305.NonceSizeX+len(plain)+chacha20poly1305.Overhead)
	b[0] = sealVersion
	_, _ = rand.Read(b[1:]) // never returns an error
	return s.aead.Seal(b, b[1:], plain, c.additional())
}

// open deciphers what seal made for the same cell; anything else is [ErrDamaged].
func (s *sealer) open(c cell, b []byte) ([]byte, error) {
	if len(b) == 0 {
		return nil, nil
	}
	if len(b) <= 1+chacha20poly1305.NonceSizeX || b[0] != sealVersion {
		return nil, c.damaged()
	}
	n := 1 + chacha20poly1305.NonceSizeX
	plain, err := s.aead.Open(nil, b[1:n], b[n:], c.additional())
	if err != nil || len(plain) == 0 {
		return nil, c.damaged()
	}
	return plain, nil
}

func (c cell) damaged() error {
	return fmt.Errorf("%s of row %d of %s is not what was written there: %w", c.column, c.row, c.table, ErrDamaged)
}

// hash is the keyed hash of a value for looking a column up by it, or nil for
// an empty value.
func (s *sealer) hash(table, column string, plain []byte) any {
	if len(plain) == 0 {
		return nil
	}
	h := hmac.New(sha256.New, s.lookup[:])
	writePart(h, []byte(table))
	writePart(h, []byte(column))
	writePart(h, plain)
	return h.Sum(nil)
}

// writePart hashes a part with its length before it, so that parts cannot be
// shifted into each other.
func writePart(h hash.Hash, b []byte) {
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], uint64(len(b)))
	h.Write(n[:])
	h.Write(b)
}

func (s *sealer) wipe() { clear(s.lookup[:]) }
