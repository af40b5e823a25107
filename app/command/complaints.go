package command

import "errors"

var errNoSuchHelp = errors.New("there is no such command to explain")

// errJoinWhat: neither the first nor the second half of joining, or both.
var errJoinWhat = errors.New("name the file with the connection settings, or --code CODE")

// What the command line itself finds wrong, in words.
var (
	errNoDataDir = &complaint{
		code: "no-data-directory", exit: exitUsage,
		what: "The environment names no directory for the user's data.",
		do:   "Say where the records are with --store DIR.",
	}
	errNoPassphrase = complaint{
		code: "no-passphrase", exit: exitFiles,
		what: "The passphrase is needed, and nobody is there to type it.",
		do:   "Run the command in a terminal, or name a file that holds the passphrase in " + passphraseFileVar + ".",
	}
	errEmptyPassphrase = complaint{
		code: "no-passphrase", exit: exitFiles,
		what: "The passphrase is empty.",
		do:   "Choose a passphrase of several words.",
	}
	errPassphrasesDiffer = complaint{
		code: "passphrases-differ", exit: exitFiles,
		what: "The two passphrases are not the same. Nothing was made.",
		do:   "Try again.",
	}
	errPassphraseFile = complaint{
		code: "passphrase-file", exit: exitFiles,
		// what is filled in: it names the variable.
		do: "Check its name, that you may read it, and that it holds one line.",
	}
	errShareFile = complaint{
		code: "share-file", exit: exitFiles,
		// what is filled in: it names the file.
		do: "Check its name and that you may read it.",
	}
	errFewLines = complaint{
		code: "share-file", exit: exitFiles,
		what: "There are too few lines: nothing was restored or proven.",
		do:   "Type all six lines of each page, or name pictures of the pages.",
	}
	errRecordsFolder = complaint{
		code: "store-folder", exit: exitFiles,
		// what is filled in: it names the file.
		do: "Check --store DIR, whether its disk is there, and whether this account may read and write it.",
	}
	errLogFile = complaint{
		code: "log-file", exit: exitFiles,
		what: "The log file cannot be written.",
		do:   "Check --log FILE: its folder must be there and must let you write.",
	}
	errOutput = complaint{
		code: "output", exit: exitFiles,
		what: "What the command has to say cannot be written.",
		do:   "Check where its output goes. What it did to the tag and to the records is done.",
	}
	errJournalFile = complaint{
		code: "journal-file", exit: exitFiles,
		what: "The file of the journal cannot be read or written.",
		do:   "Check its name. A file that is there already is not written over.",
	}
	errJournalWrong = complaint{
		code: "journal-wrong", exit: exitRecords,
		// what is filled in: it names the entry.
		do: "Get the file anew from the desk, and compare its keys and last hash with what the desk shows.",
	}
	errCardFile = complaint{
		code: "card-file", exit: exitFiles,
		what: "The file of the software tag cannot be used.",
		do:   "Check its name; a file that is not there yet becomes a blank tag.",
	}
	errImportFile = complaint{
		code: "import-file", exit: exitImport,
		what: "The CSV file cannot be read.",
		do:   "Check its name and that you may read it.",
	}
	errPaperFile = complaint{
		code: "paper-file", exit: exitFiles,
		what: "The document cannot be written.",
		do:   "Check the name and the folder: it must let you write.",
	}
	errSettingsFile = complaint{
		code: "settings-file", exit: exitFiles,
		what: "The file with the connection settings cannot be read.", do: "Check its name and who may read it.",
	}
	errDocumentFile = complaint{
		code: "document-file", exit: exitFiles,
		what: "The document cannot be read.",
		do:   "Check its name and that you may read it.",
	}
	errVPCD = complaint{
		code: "vpcd", exit: exitReader,
		what: "The virtual reader (vpcd) cannot be reached, or it hung up.",
		do:   "Start pcscd with the vpcd driver, and check --vpcd HOST:PORT.",
	}
	errLockFiles = complaint{
		code: "lock-files", exit: exitFiles,
		what: "The files of the lock cannot be written.",
		do:   "Check the folder: it must let you write.",
	}
	errLockThere = complaint{
		code: "lock-exists", exit: exitFiles,
		what: "There is a key of this lock already. It was not touched: a lock whose key is lost must be replaced.",
		do:   "Choose another id or another folder.",
	}
	errLockKey = complaint{
		code: "lock-key", exit: exitFiles,
		what: "The lock's key file cannot be used.",
		do:   "Check --key FILE: it must be the file that lock new made, readable by its owner only (chmod 0600).",
	}
	errOtherLockKey = complaint{
		code: "lock-key", exit: exitFiles,
		what: "The key file belongs to another lock.",
		do:   "Name the lock that the key was made for, or its own key file.",
	}
	errLockState = complaint{
		code: "lock-state", exit: exitFiles,
		what: "The lock's state cannot be used. The lock does not start without it: tags that are dead would come back to life.",
		do:   "Check --state DIR. If the state is damaged, give the lock a new id and key, and take it into the list again.",
	}
	errLockInUse = complaint{
		code: "lock-state", exit: exitFiles,
		what: "The lock's state is in use by another process.",
		do:   "Only one process can be this lock: end the other one, or use another --state DIR.",
	}
	errBolt = complaint{
		code: "on-open", exit: exitFiles,
		what: "The tag may open this door, but the command that moves the bolt went wrong.",
		do:   "Run the command of --on-open by hand; its program needs a full path or a place in PATH.",
	}
	errWindow = complaint{
		code: "no-window", exit: exitInternal,
		what: "The window cannot be shown, or it ended with an error.",
		do:   "Everything can also be done without it: sleutelbord --help.",
	}
)
