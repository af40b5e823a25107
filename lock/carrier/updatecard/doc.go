// Package updatecard carries bundles to locks, and receipts back, on a DESFire
// card: the same reader, no cable, no telephone.
//
// # The card
//
// A card of its own, never a key tag: a card that has the application of key
// tags is refused, by the desk and by the lock. The application is [AID], with
// one AES key and these standard data files, all of them sent in plain:
//
//	file      bytes  read   write  else   content
//	00        164    free   key 0  never  the list
//	01 to 0F  n      free   key 0  never  the bundle of slot 1 to 15
//	11 to 1F  29     free   free   never  the receipt of that slot's lock; zeros before the first
//
// The list, big-endian:
//
//	offset  bytes  content
//	0       1      format = 1
//	1       1      number of slots, 1 to 15
//	2       8      site id
//	10      150    15 slots of 10 bytes: lock id 8, length of the bundle 2; zeros where unused
//	160     4      SHA-256 over "sleutelbord update card 1" and bytes 0 to 159, its first 4 bytes
//
// The list is written last: a card without a good list is unfinished, and no
// lock reads on.
//
// # Who may do what
//
// Bundles protect themselves, so that everybody may read them; a card that is
// lost tells its finder which lock ids it is for, and nothing else. Receipts
// are checked by their own MAC, so that everybody may write them: 29 bytes for
// each slot is all that a stranger can leave on the card. The chip's key and
// key 0 of the application are the site's, diversified by the chip's number,
// so that nobody else makes a notebook of it, and so that a card torn at any
// command takes the same key again: the site's desk always gets it back. They
// are set first, before there is anything on the card.
//
// The chip's originality is not checked: what a false chip learns is a key to
// itself. Its UID stays, since the bundles themselves would tell one card from
// another: an update card is a tool, and says so to every reader that asks.
package updatecard
