// Package lock is a door: the rule by which a lock opens or refuses, and a
// reference lock around it that a lock maker can read in one sitting.
//
//	rule.go    the rule on claims and floors, pure: no card, no disk, no clock
//	door.go    a tag before the door: commands in, a Decision out
//	apply.go   a bundle from the desk: whom to trust, what to take over
//	state.go   what the lock keeps, and its file
//	lock.go    the Lock that holds these together
//	run.go     the loop around a reader and a folder of bundles
//
// # The rule
//
//  1. Select the application; authenticate with the locator key of the version
//     that the chip shows for key 1; read the record.
//  2. For every slot whose zone and key version this lock has, in order, until
//     one passes 3 and 4; refuse only after the last:
//  3. Authenticate with that slot's key, derived from the zone key and the
//     claims.
//  4. Refuse an epoch below the floor, a generation below the seat's floor,
//     either more than 256 above its floor, and a last day that has passed.
//  5. Store a higher epoch or generation first, durably.
//  6. Open. Remember nothing else.
//
// The claims of a slot need no signature: they are what the slot's key was
// diversified by, so that a tag which claims anything else fails step 3.
//
// # What a lock keeps
//
// Its last bundle, sealed as it came; the highest sequence and the floors of
// each site that it ever served; its last receipt. [encodeState] names every
// byte. There is no place for an event, a time of use, a name or the number of
// a tag, and no error or [Decision] carries a tag's number out.
//
// docs/lock.md is the normative text, with vectors.
package lock
