package desfire

import "hash/crc32"

// crc16 is the CRC_A of ISO/IEC 14443-3:2018, annex B: polynomial 1021
// reflected, initial value 6363; least significant byte first. It is the
// checksum of D40.
func crc16(data []byte) []byte {
	crc := uint16(0x6363)
	for _, b := range data {
		b ^= byte(crc)
		b ^= b << 4
		crc = crc>>8 ^ uint16(b)<<8 ^ uint16(b)<<3 ^ uint16(b)>>4
	}
	return []byte{byte(crc), byte(crc >> 8)}
}

// crc32LE is the CRC-32 of IEEE 802.3 without the final inversion, least
// significant byte first, over the concatenation of parts. It is the checksum
// of EV1: NXP MF3ICD81 rev 3.5, 8.8.
func crc32LE(parts ...[]byte) []byte {
	var crc uint32
	for _, p := range parts {
		crc = crc32.Update(crc, crc32.IEEETable, p)
	}
	crc = ^crc
	return []byte{byte(crc), byte(crc >> 8), byte(crc >> 16), byte(crc >> 24)}
}
