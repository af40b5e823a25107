// Package shares splits the root of a site's keys into shares for paper, of
// which any k restore it, and reads them back from what people type.
//
// # Splitting
//
// The root is 32 arbitrary bytes, a number R below 2^256 (big-endian). Shamir's
// scheme works on numbers below the order l of ristretto255 (RFC 9496), which is
// a little above 2^252. So R = q·l + r, with r shared and q, from 0 to 15,
// written openly on every share. Whoever has no share but q knows less than four of the
// root's 256 bits; fewer than k shares tell nothing beyond q. The alternatives,
// a scalar from which a mask for the root is derived, or two scalars, would make
// a share nearly twice as long to type.
//
// # Share
//
// 46 bytes and a check:
//
//	bits  content
//	4     version = 1
//	4     k, how many shares restore the root, 2 to 15
//	4     n, how many there are, k to 15
//	4     index of this share, 1 to n; the place at which the polynomial was evaluated
//	4     q
//	4     0
//	24    key check value of the site
//	64    set id
//	256   the polynomial's value, 32 bytes as in RFC 9496 (little-endian)
//	22    first bits of SHA-256("sleutelbord share" ‖ the 46 bytes before)
//
// These 390 bits are 78 symbols of five bits, first bit first.
//
// # Seals and set id
//
// The seal of a share is the first 16 bytes of SHA-256("sleutelbord share seal" ‖
// the share's 46 bytes with a set id of zeros). The set id is the first 8 bytes of
// SHA-256("sleutelbord share set" ‖ bytes 0 to 5 of a share, with index 0 ‖ the
// seals of all shares, by index). Seals are no secret: they stand in the records
// and before every backup, and tell of each share by itself whether it is one of
// the set. They are hashes of values with 252 random bits rather than Feldman's
// commitments, so that no better way of taking discrete logarithms will ever
// lead from them to the root. Without seals, a share of another set is known by its
// set id, and a forged one as soon as one share more than k is there.
//
// # Text
//
// Six lines of four groups of four characters, of the alphabet
//
//	0123456789ABCDEFGHJKMNPQRSTVWXYZ
//
// A line has 13 symbols of content and 3 of a Reed-Solomon code over GF(32)
// (x^5+x^2+1; zeros at a^0, a^1 and a^2, a being x), in which the line's number, 1 to 6,
// is a symbol before the first that is not written. So one wrong character of
// a line is found and named, two are noticed, and a line in the place of another is
// told. Reading takes small letters, O for 0, I and L for 1, U for V, and any
// spaces and hyphens, and the number of the line before it.
package shares
