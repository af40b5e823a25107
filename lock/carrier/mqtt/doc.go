// Package mqtt carries bundles to locks, and receipts back, over any MQTT 5
// broker, with TLS and client certificates.
//
// # Topics
//
//	sleutelbord/1/SITE/LOCK/bundle    retained: the lock's newest bundle
//	sleutelbord/1/SITE/LOCK/receipt   retained: the lock's last receipt, 29 bytes
//	sleutelbord/1/SITE/mark           16 random bytes from the desk to itself
//
// SITE and LOCK are the ids of bundles, 16 hexadecimal digits each. Nothing
// else about a lock stands in a topic, and nothing but bundles and receipts in
// a message: no property, no time, no sign of life.
//
// # The broker
//
// The broker is a cache that may forget, repeat, reorder, withhold and invent.
// Bundles and receipts protect themselves against all of that but withholding,
// which shows as a receipt that is missing. So neither side keeps a session at
// the broker: at each connection the desk asks what the broker has for each
// lock, verifies that it is its own, and publishes what is missing; and the
// lock publishes its last receipt. At no time may a message be larger than a
// bundle: a longer one ends the connection before it is read.
//
// A lock that trusts no signer yet takes its first bundle from a broker only if
// its configuration names the signer: else whoever runs the broker could make
// himself master of a new lock.
package mqtt
