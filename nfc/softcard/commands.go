package softcard

// commands are the chip's instructions (NXP MF3ICD81 rev 3.5, chapter 9; those
// since EV2: NXP MF3D(H)x2).
var commands = map[byte]command{
	insAuthLegacy:   {since: EV1, header: 1, outside: true, prepare: fixed(rest), run: (*Card).beginHandshake},
	insAuthISO:      {since: EV1, header: 1, outside: true, prepare: fixed(rest), run: (*Card).beginHandshake},
	insAuthAES:      {since: EV1, header: 1, outside: true, prepare: fixed(rest), run: (*Card).beginHandshake},
	insAuthFirst:    {since: EV2, header: 1, outside: true, prepare: fixed(rest), run: (*Card).beginHandshake},
	insAuthNonFirst: {since: EV2, header: 1, outside: true, prepare: fixed(rest), run: (*Card).beginHandshake},

	// The chip.
	0x60: {since: EV1, prepare: fixed(nothing), run: (*Card).getVersion},
	0x6E: {since: EV1, prepare: fixed(nothing), run: (*Card).freeMem},
	0x51: {since: EV1, prepare: fixed(secret, authenticated), run: (*Card).getCardUID},
	0x3C: {since: EV2, header: 1, prepare: (*Card).prepareSignature, run: (*Card).readSignature},
	0x5C: {since: EV1, header: 1, prepare: (*Card).prepareConfiguration, run: (*Card).setConfiguration},
	0xFC: {since: EV1, prepare: fixed(nothing, atPICC, masterKey), run: (*Card).formatPICC},

	// Applications.
	0x5A: {since: EV1, header: 3, outside: true, prepare: fixed(nothing), run: (*Card).selectApplication},
	0x6A: {since: EV1, prepare: fixed(nothing, atPICC, unless(settingFreeDirectory)), run: (*Card).getApplicationIDs},
	0x6D: {since: EV1, prepare: fixed(nothing, atPICC, unless(settingFreeDirectory)), run: (*Card).getDFNames},
	0xCA: {since: EV1, header: 5, prepare: fixed(rest, atPICC, unless(settingFreeCreate)), run: (*Card).createApplication},
	0xDA: {since: EV1, header: 3, prepare: fixed(nothing), run: (*Card).deleteApplication},

	// Keys.
	0x45: {since: EV1, prepare: fixed(nothing, unless(settingFreeDirectory)), run: (*Card).getKeySettings},
	0x54: {since: EV1, prepare: fixed(plan{in: full, out: standard, need: 1}, masterKey, changeableSettings), run: (*Card).changeKeySettings},
	0x64: {since: EV1, header: 1, prepare: fixed(nothing), run: (*Card).getKeyVersion},
	0xC4: {since: EV1, header: 1, prepare: (*Card).prepareChangeKey, run: (*Card).changeKey},

	// Files.
	0x6F: {since: EV1, prepare: fixed(nothing, atApplication, unless(settingFreeDirectory)), run: (*Card).getFileIDs},
	0x61: {since: EV1, prepare: fixed(nothing, atApplication, unless(settingFreeDirectory)), run: (*Card).getISOFileIDs},
	0xF5: {since: EV1, header: 1, prepare: fixed(nothing, atApplication, unless(settingFreeDirectory)), run: (*Card).getFileSettings},
	0x5F: {since: EV1, header: 1, prepare: (*Card).prepareFileSettings, run: (*Card).changeFileSettings},
	0xCD: {since: EV1, header: 1, prepare: fixed(rest, atApplication, unless(settingFreeCreate)), run: (*Card).createFile},
	0xCB: {since: EV1, header: 1, prepare: fixed(rest, atApplication, unless(settingFreeCreate)), run: (*Card).createFile},
	0xCC: {since: EV1, header: 1, prepare: fixed(rest, atApplication, unless(settingFreeCreate)), run: (*Card).createFile},
	0xC1: {since: EV1, header: 1, prepare: fixed(rest, atApplication, unless(settingFreeCreate)), run: (*Card).createFile},
	0xC0: {since: EV1, header: 1, prepare: fixed(rest, atApplication, unless(settingFreeCreate)), run: (*Card).createFile},
	0xDF: {since: EV1, header: 1, prepare: fixed(nothing, atApplication, unless(settingFreeCreate)), run: (*Card).deleteFile},

	// Content. The second instruction of a pair leaves the chaining to the line.
	0xBD: {since: EV1, header: 7, prepare: (*Card).prepareReadData, run: (*Card).readData},
	0xAD: {since: EV2, header: 7, whole: true, prepare: (*Card).prepareReadData, run: (*Card).readData},
	0x3D: {since: EV1, header: 7, long: true, prepare: (*Card).prepareWriteData, run: (*Card).writeData},
	0x8D: {since: EV2, header: 7, long: true, prepare: (*Card).prepareWriteData, run: (*Card).writeData},
	0x6C: {since: EV1, header: 1, prepare: (*Card).prepareGetValue, run: (*Card).getValue},
	0x0C: {since: EV1, header: 1, prepare: (*Card).prepareCredit, run: (*Card).credit},
	0x1C: {since: EV1, header: 1, prepare: (*Card).prepareLimitedCredit, run: (*Card).limitedCredit},
	0xDC: {since: EV1, header: 1, prepare: (*Card).prepareDebit, run: (*Card).debit},
	0xBB: {since: EV1, header: 7, prepare: (*Card).prepareReadRecords, run: (*Card).readRecords},
	0xAB: {since: EV2, header: 7, whole: true, prepare: (*Card).prepareReadRecords, run: (*Card).readRecords},
	0x3B: {since: EV1, header: 7, long: true, prepare: (*Card).prepareWriteRecord, run: (*Card).writeRecord},
	0x8B: {since: EV2, header: 7, long: true, prepare: (*Card).prepareWriteRecord, run: (*Card).writeRecord},
	0xEB: {since: EV1, header: 1, prepare: (*Card).prepareClearRecords, run: (*Card).clearRecords},
	0xC7: {since: EV1, prepare: fixed(rest, atApplication), run: (*Card).commit},
	0xA7: {since: EV1, prepare: fixed(nothing, atApplication), run: (*Card).abort},
}

// The ways in which most commands travel.
var (
	nothing = plan{in: standard, out: standard}
	rest    = plan{in: standard, out: standard, need: -1}
	secret  = plan{in: standard, out: full}
)
