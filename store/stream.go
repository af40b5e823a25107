package store

import (
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"golang.org/x/crypto/chacha20poly1305"
)

// A stream is sealed in chunks of 64 KiB (the STREAM construction of Hoang,
// Reyhanitabar, Rogaway and Vizár, 2015), each with XChaCha20-Poly1305 under a key of
// this one stream. The nonce is 15 zeros, the chunk's number in eight bytes,
// and 1 for the last chunk or 0 for the others, so that no chunk can be
// exchanged, left out or added, and none be missing at the end. Every chunk but the last is
// full; the last may be, and is empty only if it is the only one.
const (
	streamChunk  = 64 << 10
	sealedChunk  = streamChunk + chacha20poly1305.Overhead
	streamNumber = chacha20poly1305.NonceSizeX - 9
)

var errStream = errors.New("it was changed, or something is missing")

// streamer seals or opens a stream.
type streamer struct {
	aead       cipher.AEAD
	additional []byte
	number     uint64
}

func newStreamer(key, additional []byte) (*streamer, error) {
	aead, err := chacha20poly1305.NewX(key)
	if err != nil {
		return nil, fmt.Errorf("sealing a stream: %w", err)
	}
	return &streamer{aead: aead, additional: additional}, nil
}

// nonce is that of the next chunk.
func (s *streamer) nonce(last bool) []byte {
	n := make([]byte, chacha20poly1305.NonceSizeX)
	binary.BigEndian.PutUint64(n[streamNumber:], s.number)
	if last {
		n[len(n)-1] = 1
	}
	s.number++
	return n
}

// seal seals everything of r into w.
func (s *streamer) seal(w io.Writer, r io.Reader) error {
	return chunks(r, streamChunk, func(chunk []byte, last bool) error {
		_, err := w.Write(s.aead.Seal(nil, s.nonce(last), chunk, s.additional))
		return err
	})
}

// open opens everything of r into w. What is not exactly what was sealed is
// errStream; what came to w until then is to be thrown away.
func (s *streamer) open(w io.Writer, r io.Reader) error {
	return chunks(r, sealedChunk, func(chunk []byte, last bool) error {
		empty := len(chunk) == chacha20poly1305.Overhead
		plain, err := s.aead.Open(chunk[:0], s.nonce(last), chunk, s.additional)
		if err != nil || empty && s.number > 1 {
			return errStream
		}
		_, err = w.Write(plain)
		return err
	})
}

// chunks reads r in pieces of one size, and tells the last, which may be shorter.
func chunks(r io.Reader, size int, f func(chunk []byte, last bool) error) error {
	now, next := make([]byte, size), make([]byte, size)
	n, err := io.ReadFull(r, now)
	for {
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return err
		}
		last := err != nil
		var m int
		if !last {
			m, err = io.ReadFull(r, next)
			last = errors.Is(err, io.EOF)
		}
		if err := f(now[:n], last); err != nil || last {
			return err
		}
		now, next, n = next, now, m
	}
}
