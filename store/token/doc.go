// Package token keeps the keys of a site in a PKCS#11 token: a smart card, a
// stick or a box that computes with keys and does not give them back. It is
// behind [store.Tokens], because it needs cgo for the token's library; whoever
// starts the program hands it in.
//
// # What is in the token
//
// One set of objects per ceremony, each with a label for people,
// "sleutelbord picc", and so on, and this CKA_ID:
//
//	offset  bytes
//	0       8   set, drawn at the ceremony
//	8       1   kind: 1 master, 2 signing key
//	9       2   big-endian: number of the master (1 picc, 2 application, 3 locator, 4 zone), version of the signing key
//
// The masters are AES keys of 16 bytes, for CKM_AES_CMAC only; where the token
// has no CMAC, for encryption by CKM_AES_CBC or CKM_AES_ECB only. The signing keys are
// Ed25519 keys for CKM_EDDSA only (PKCS#11 v3.0, 2.3.5 and 2.3.10). All are
// imported, since they come from the site root, and from then on private, sensitive and not
// extractable, and may not be changed or copied, nor wrap or derive another key.
//
// # What is computed
//
// AN10922 (rev. 2.2, section 2.2) of the 28-byte input is AES-CMAC of
// 01 ‖ input, so CMAC gives it at once. Without CMAC it is made of its parts,
// RFC 4493: one encryption of a zero block leads to the second subkey K2, and one of
// the two blocks (01 ‖ input ‖ 80 00 00, its second half xor K2) by CBC with a zero
// vector, of which the last block is the result. The program then sees K2,
// from which the key does not follow.
//
// # PIN
//
// The token counts wrong PINs and locks itself. So a PIN that was refused once
// is not tried again, and none is tried at all while the token says that a
// wrong one was the last it saw, by this program or another: a custodian hands over the
// right one, [Driver.CheckPIN]. The last try is never taken without being told to.
//
// # Taking it out
//
// Every act that finds the session gone looks for the token again, by serial
// number and label, compares the key check values and does it once more. Some
// libraries see new tokens only when they are started again; that happens when the
// token is not found.
//
// A library is used by one goroutine at a time.
package token
