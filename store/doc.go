// Package store keeps the records of a site, encrypted, and the custody of its
// root key.
//
// # Files
//
// A store is a folder:
//
//	store.keys      key slots: the data key, wrapped once per slot
//	store.db        records (SQLite, every page enciphered with Adiantum); also -wal
//	store.counter   change counter, to notice that an older store.db was put back
//	store.lock      held by the one program that has the store open
//	store.creating  only while the store is being made: without its removal nothing here counts
//
// # Key slots (store.keys, version 1; big-endian)
//
//	offset  bytes
//	0       8    "SLBDKEYS"
//	8       2    version = 1
//	10      16   store id, random; stands in store.db too
//	26      1    number of slots, 1 to 16
//	27      122  per slot
//	27+122n 32   SHA-256 of everything before it
//
// A slot of kind 1 (passphrase):
//
//	0       1    kind = 1
//	1       8    slot id, random
//	9       4    argon2id passes, 1 to 64
//	13      4    argon2id memory in KiB, at least 8 per lane, at most 4 GiB
//	17      1    argon2id lanes, 1 to 64
//	18      32   salt
//	50      24   nonce
//	74      48   XChaCha20-Poly1305(argon2id(passphrase, salt), nonce, data key, additional data)
//
// The additional data of a slot is bytes 0 to 25 of the file followed by bytes
// 0 to 49 of the slot, so that a slot fits one store only. The checksum tells a
// damaged file from a wrong passphrase; it protects against nothing else.
// Later versions keep magic, version and checksum where they are.
//
// # Keys
//
// The data key is 32 random bytes. From it, by HKDF-SHA256 with the store id
// as salt: "page" (Adiantum), "column" and "lookup" (below), "counter" (the
// change counter's MAC). An old copy of store.keys with its old passphrase
// still opens the store: changing a passphrase re-wraps the data key and does
// not replace it.
//
// # Secret columns
//
// Page encryption has no MAC, and on a shared database there is none at all.
// Secret columns are therefore sealed one by one: 01 ‖ nonce ‖
// XChaCha20-Poly1305, with table, column, row id and row version as
// additional data. A value moved to another row, or a row put back
// to an older version in part, does not open. Where a secret column is looked
// up by value, a keyed hash (HMAC-SHA256) of it stands beside it.
//
// # Rollback
//
// Every commit raises a counter in the records; after the commit it is also
// written to store.counter, and to a second folder if [Options] names one. Records whose
// counter is behind are older than they ought to be: [Store.RolledBack]. The
// counter's upper 32 bits count how often that was dealt with, so that the same
// copy put back twice is not dealt with twice in the same way. The
// counter beside the records notices an older store.db put back on its own, not
// a whole folder put back: for that the second place must be outside whatever
// is copied with the folder.
//
// # What is not protected
//
// Who knows a passphrase, or can look into the memory of the running program,
// reads everything. Page encryption shows which pages changed between two
// copies of store.db. A single older page put back is noticed where it does
// not fit the rest (indexes, the journal's chain, the row version of a sealed
// column), but a row may be put back whole. Who puts back an older store.db
// together with its store.counter is noticed only by the second counter.
package store
