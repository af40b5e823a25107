// Package desfire is a client of NXP MIFARE DESFire EV1, EV2 and EV3 chips:
// the native commands, wrapped into ISO 7816-4 APDUs, with all their ways of
// authentication and secure messaging.
//
// # Shape
//
// A [Card] is a tag that nobody is authenticated to; what it is asked goes in
// plain. Authentication turns it into a [Session], on which the same methods
// are protected as that session demands, and on which the commands that need a
// key exist. A session ends with a selection, with another authentication,
// with a change of its own key and with any error; from then on its methods
// return [ErrSessionEnded] and send nothing. While it lives, the Card refuses
// to speak beside it ([ErrSessionLive]).
//
// One exchange carries every command:
//
//	build -> protect -> split into frames -> send -> collect frames -> status -> check -> length
//
// and a method is the declaration of one command for it.
//
// # Framing
//
// A command INS with parameters and data is sent as 90 INS 00 00 [Lc data] 00
// and answered by data and 91 ST (NXP MF3ICD81 rev 3.5, 8.9 "wrapping of
// native commands"; NXP AN12343 rev 1.1, 4). Status AF says that the chip
// waits for more of the command, or has more of the answer; 90 AF 00 00 [Lc
// data] 00 goes on.
//
// # Secure messaging
//
// Three generations, each named by its first chip:
//
//	        authentication  protects                                    MAC  CRC
//	D40     0A              data files and administration only           4   16 bits
//	EV1     1A, AA          every command and answer, one running IV     8   32 bits
//	EV2     71, 77          every command and answer, counted            8   none
//
// How they work is told where they are built: d40.go, ev1.go, ev2.go.
//
// # Sources
//
// NXP MF3ICD81 (DESFire EV1) product data sheet rev 3.5, NXP MF3D(H)x2 and
// MF3D(H)x3 product data sheets, NXP AN12343 rev 1.1 (secure messaging of EV2,
// with worked examples), NXP AN10922 rev 2.2, NIST SP 800-38B. What those
// leave out was taken from recorded traffic of real chips and from public
// clients (libfreefare, proxmark3, desox-rs); the place says so.
package desfire
