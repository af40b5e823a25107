package softcard

// blockSize is the granule of a DESFire's memory in bytes (NXP MF3ICD81 rev 3.5,
// 7.1).
const blockSize = 32

// blocks is the free memory of a blank chip, in blocks, by its nominal size in
// bytes. A chip of 2 KB with 2304 free bytes has been seen; the other two are
// chosen in that proportion.
var blocks = map[int]int{2048: 72, 4096: 152, 8192: 248}

// Limits of the chip (NXP MF3ICD81 rev 3.5, 7.2).
const (
	maxApplicationsEV1 = 28
	maxApplicationKeys = 14
	maxFileNumber      = 0x1F
)

// free is the memory left, in bytes. What was deleted does not come back before
// the chip is formatted.
func (im *image) free() int { return (blocks[im.memory] - im.used) * blockSize }

// take uses n blocks, or tells that they are not there.
func (im *image) take(n int) bool {
	if n > blocks[im.memory]-im.used {
		return false
	}
	im.used += n
	return true
}

func blocksFor(bytes int) int { return (bytes + blockSize - 1) / blockSize }

// cost of an application: one block, its keys, and one block more for ISO names.
func (a *application) cost() int {
	n := 1 + blocksFor(len(a.keys)*(a.kind.size()+1))
	if a.isoID != 0 || len(a.name) > 0 {
		n++
	}
	return n
}

// fileCost is one block and the content, which a backup file keeps twice.
func fileCost(f *file, size int) int {
	switch f.kind {
	case typeBackup:
		return 1 + 2*blocksFor(size)
	case typeValue:
		return 2
	case typeLinear, typeCyclic:
		// Both have up to 24 bits: their product may not fit an int.
		return 1 + blocksFor(int(min(int64(f.recordSize)*int64(f.maxRecords), 1<<30)))
	}
	return 1 + blocksFor(size)
}
