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
//	store.attempts  how many wrong passphrases were tried lately, and when
//	store.shared    settings and keys of the shared database, sealed; only if there is one
//	store.lock      held by the one program that has the store open
//	store.shares    sets of shares on paper: hashes, by which a forged share is told; no share
//	store.snapshot  only while a backup is being made
//	before-update-N.db, .keys  the records of schema N before an update, for two weeks
//	store.creating  only while the store is being made: without its removal nothing here counts
//
// # Key slots (store.keys, version 2; big-endian)
//
//	offset  bytes
//	0       8    "SLBDKEYS"
//	8       2    version = 2
//	10      16   store id, random; stands in store.db too
//	26      1    number of slots, 1 to 32
//	27      …    the slots, one after the other
//	        32   SHA-256 of everything before it
//
// Every slot begins with:
//
//	1    kind: 1 passphrase, 2 site root, 3 keyring
//	8    slot id, random
//	1    length of the sign-in name; 0 but for kind 1
//	…    sign-in name, UTF-8
//
// A slot of kind 1, an operator's passphrase, goes on with:
//
//	1    role: 1 caretaker, 2 custodian
//	4    argon2id passes, 1 to 64
//	4    argon2id memory in KiB, at least 8 per lane, at most 4 GiB
//	1    argon2id lanes, 1 to 64
//	32   salt
//	24   nonce
//	48   XChaCha20-Poly1305(argon2id(passphrase, salt), nonce, data key, additional data)
//
// A slot of kind 2, the site root put together from shares:
//
//	32   public key (X25519) of the private key HKDF-SHA256(root, no salt, "recovery", 32 bytes)
//	80   HPKE (RFC 9180, base mode: X25519, HKDF-SHA256, ChaCha20-Poly1305) to that key, of the
//	     data key, with the additional data as info
//
// A slot of kind 3, a secret of 32 random bytes that the desktop's keyring keeps:
//
//	8    id of the passphrase slot that it stands for
//	24   nonce
//	48   XChaCha20-Poly1305(secret, nonce, data key, additional data)
//
// The additional data of a slot is bytes 0 to 25 of the file followed by the
// slot up to what is sealed (for kinds 1 and 3: up to the nonce), so that a slot fits one store, one
// operator, one name and one role only. There is at least one slot of kind 1,
// at most one of kind 2, and of kind 3 at most one for each of kind 1. The checksum tells a
// damaged file from a wrong passphrase; it protects against nothing else.
// Later versions keep magic, version and checksum where they are.
//
// Version 1 had one slot: kind 1 and id as above, then at once the passes and
// what follows them. When such a file has been opened, it is replaced by one of version 2.
//
// # Operators
//
// The records decide who an operator is: a slot opens nothing whose id no row
// of operators has, or one that is revoked. Name, role and slot id of a row are
// sealed together, so that whoever writes the database cannot make an operator
// of another role.
//
// # Keys
//
// The data key is 32 random bytes. From it, by HKDF-SHA256 with the store id
// as salt: "page" (Adiantum), "column" and "lookup" (below), "counter" (the
// change counter's MAC), "tally" (tally.go). An old copy of store.keys with its old passphrase
// still unwraps the data key: changing a passphrase re-wraps it and does not
// replace it. Roles are kept by the program: whoever opens the store has the
// data key in memory.
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
// # Several desks
//
// With a file store.shared the folder is one desk of a site in a PostgreSQL
// database: the records in store.db are a replica. A change is a list of
// statements, sealed with the site key and chained to the ones before, in a log in
// the database; see shared_log.go and database.go for formats, [MoveToDatabase],
// [RequestJoin] and [Store.AdmitDesk] for how desks come in. Page key, counter and
// key slots are each desk's own; sealed columns have the same keys at all, which
// stand in table own_keys where the desk has joined. The site key has versions: removing a
// desk makes the next, sealed by HPKE to those that stay.
//
// # What is not protected
//
// Who knows a passphrase, or can look into the memory of the running program,
// reads everything. Page encryption shows which pages changed between two
// copies of store.db. An older page put back by itself is noticed by
// [Store.Check], which adds all rows up (tally.go), and not before: reading
// one row does not. Who puts back an older store.db
// together with its store.counter is noticed only by the second counter.
package store
