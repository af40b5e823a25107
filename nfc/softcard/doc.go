// Package softcard is a MIFARE DESFire EV1, EV2 or EV3 chip in software, for
// tests, demonstration and training. It is written from the chip's
// specification and from transcripts of real chips, and shares no protocol code
// with the client side, so that a mistake cannot hide in both.
//
// A [Card] answers native frames and ISO-wrapped ones, keeps its applications,
// keys and files, in memory or in a file, and fails on demand ([Card.Arm]): it
// leaves the field, loses an answer, flips a bit or refuses. It can be laid on
// the built-in virtual reader ([Reader]) or on the virtual reader of a PC/SC
// service that runs vpcd ([Card.ServeVPCD]).
//
// # Sources
//
// NXP MF3ICD81 (DESFire EV1) product data sheet rev 3.5; NXP MF3D(H)x2 (EV2) and
// MF3D(H)x3 (EV3) data sheets; NXP AN12343 rev 1.1, whose EV2 secure messaging
// is the same; NIST SP 800-38B for CMAC. Where these are silent, transcripts of
// real chips decide; the tests replay them byte by byte, and let libfreefare,
// which is not ours, use the card through package freefaretest.
//
// # What is not there
//
// Delegated applications, key sets, transaction MAC files, additional access
// rights, LRP, virtual card and proximity check of EV2 and EV3, and the ISO 7816
// authentication commands (INS 82, 84, 88). A command of these is answered as an
// unknown one; a create command that asks for them gets a parameter error.
// ISO 7816 read and write commands reach files of free access only.
// The memory model counts blocks of 32 bytes as the chip does, but how many
// blocks an application or a file takes besides its content is this package's
// own figure.
//
// # Not secret
//
// The card's own file holds all its keys in clear, and anybody can compute the
// private practice key from this package. A soft card protects nothing.
package softcard
