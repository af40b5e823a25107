package store

import "slices"

// Category says whose data a column is.
type Category string

// Categories of stored data.
const (
	// Technical: the program's own bookkeeping.
	Technical Category = "technical"
	// SiteData: the site, its buildings, homes, zones and locks. About no person.
	SiteData Category = "site"
	// TenancyData: about a tenancy, and so about the people who live there.
	TenancyData Category = "tenancy"
	// KeyData: about a tag that was handed out in a tenancy.
	KeyData Category = "key"
	// OperatorData: what an operator did to a key.
	OperatorData Category = "operator"
	// Secret: key material, and what leads to it.
	Secret Category = "secret"
)

// Retention says how long a column's values stay.
type Retention string

// Periods of retention.
const (
	// WithSite: as long as the site is kept here.
	WithSite Retention = "with the site"
	// WithTenancy: until the period after the tenancy's end is over.
	WithTenancy Retention = "with the tenancy"
	// ForEver: a counter that keeps old keys dead; about no person, never erased, never reused.
	ForEver Retention = "never erased"
	// WithJournal: until the journal's own period is over.
	WithJournal Retention = "with the journal"
	// WithBatch: until the moving day is finished, at most [BatchDays] days.
	WithBatch Retention = "with the moving day"
)

// Basis is the proposed legal basis of a column (GDPR Art. 6(1)); the controller
// confirms or changes it in the assessment.
type Basis string

// Legal bases.
const (
	NotPersonal Basis = "none"     // about no person
	Contract    Basis = "contract" // (b): the tenancy
	Interest    Basis = "interest" // (f): being able to show what was done to keys
	Duty        Basis = "duty"     // (c): the officer is to be named (Art. 37(7))
)

// Readers are who can read a column's values.
type Readers string

// Readers of columns.
const (
	ByOperators Readers = "operators" // all who sign in at the desk
	ByProgram   Readers = "program"   // nobody: the program computes with it and shows it to no one
)

// complete gives a column the basis and the readers that follow from what it is.
func (c *Column) complete() {
	switch {
	case c.Basis != "":
	case c.Retention == WithTenancy, c.Retention == WithBatch && c.Category == KeyData:
		c.Basis = Contract
	case c.Category == OperatorData:
		c.Basis = Interest
	default:
		c.Basis = NotPersonal
	}
	c.Readers = ByOperators
	if c.Category == Secret {
		c.Readers = ByProgram
	}
}

// Personal tells whether a column is about a person.
func (c Column) Personal() bool { return c.Basis != NotPersonal }

// Column is the entry of one stored column in the record of processing.
type Column struct {
	Table     string    `json:"table"`
	Name      string    `json:"column"`
	Purpose   string    `json:"purpose"`
	Category  Category  `json:"category"`
	Basis     Basis     `json:"basis"`
	Retention Retention `json:"retention"`
	Readers   Readers   `json:"readers"`
	// Sealed columns carry their own authenticated encryption.
	Sealed bool `json:"sealed"`
}

// Register says of every column of the schema what it is for, whose data it
// is and how long it stays. A test compares it with the real schema, so that
// no column exists without an entry, and none could hold the time at which a
// door was opened.
func Register() []Column {
	var all []Column
	for _, t := range register {
		for _, c := range t.columns {
			c.Table = t.name
			c.complete()
			all = append(all, c)
		}
	}
	return all
}

type table struct {
	name    string
	columns []Column
}

// column is an unsealed column.
func column(name string, c Category, r Retention, purpose string) Column {
	return Column{Name: name, Purpose: purpose, Category: c, Retention: r}
}

// sealed is a column with encryption of its own.
func sealed(name string, c Category, r Retention, purpose string) Column {
	return Column{Name: name, Purpose: purpose, Category: c, Retention: r, Sealed: true}
}

// rowVersion is the column by which two changes of one row notice each other.
func rowVersion(r Retention) Column {
	return column("row_version", Technical, r, "counts the changes of the row, so that two at once are noticed")
}

var register = slices.Concat(technicalTables, siteTables, tenancyTables, evidenceTables)

var technicalTables = []table{
	{"schema_version", []Column{
		column("version", Technical, WithSite, "steps of the schema that were applied"),
	}},
	{"meta", []Column{
		column("id", Technical, WithSite, "the only row"),
		column("store_id", Technical, WithSite, "ties key slots, records and change counter together"),
		column("change_counter", Technical, WithSite, "counts commits, so that an older copy put back is noticed"),
		column("rolled_back", Technical, WithSite, "an older copy was put back and that was not dealt with yet"),
		column("raises", Technical, WithSite, "how often counters were raised after that"),
		column("journal_seq", Technical, WithSite, "number of the journal's last entry"),
		column("journal_head", Technical, WithSite, "hash of the journal's last entry"),
		column("scrub", Technical, WithSite, "something was erased, and the file was not written anew yet"),
		column("tally", Technical, WithSite, "keyed sum over all other rows, so that an old page put back is noticed"),
	}},
	{"sequences", []Column{
		column("name", Technical, WithSite, "table that the next id is for"),
		column("next", Technical, WithSite, "next id, so that none is used twice"),
	}},
	{"replica", []Column{
		column("position", Technical, WithSite, "entries of the shared database's log that this desk has followed"),
		column("head", Technical, WithSite, "hash of the log up to there"),
	}},
	{"own_keys", []Column{
		column("id", Technical, WithSite, "the only row"),
		sealed("columns", Secret, WithSite, "keys of sealed columns, which all desks of a site have alike"),
	}},
	{"desk_keys", []Column{
		column("desk", Technical, WithSite, "names a desk that may read the shared database"),
		column("name", Technical, WithSite, "what people call the desk"),
		column("public_key", Technical, WithSite, "key to which the site's keys are sealed for the desk"),
		column("added_day", Technical, WithSite, "day on which the desk was admitted"),
		column("removed_day", Technical, WithSite, "day on which the desk was removed"),
	}},
	{"custody", []Column{
		column("id", Technical, WithSite, "the only row"),
		column("kind", Technical, WithSite, "whether the keys are in the records or in a token"),
		sealed("root", Secret, WithSite, "root of all keys of the site, unless they are in a token"),
		sealed("token", Secret, WithSite, "which token has the keys of the site, and its PIN"),
		rowVersion(WithSite),
	}},
	{"operators", []Column{
		column("id", Technical, WithSite, "names the row"),
		sealed("name", OperatorData, WithSite, "sign-in name, role and slot of an operator"),
		column("role", OperatorData, WithSite, "what the operator may do at the desk"),
		column("slot", Technical, WithSite, "key slot that the operator's passphrase opens"),
		column("added_day", OperatorData, WithSite, "day from which the operator could sign in"),
		column("revoked_day", OperatorData, WithSite, "day from which no longer; 0 while the operator can"),
		rowVersion(WithSite),
	}},
	{"share_sets", []Column{
		column("id", Technical, WithSite, "names the set"),
		column("description", Technical, WithSite, "how many shares there are and restore the root, and hashes that tell a forged one; no share"),
		column("made_day", Technical, WithSite, "day at the desk on which the shares were made"),
		column("rehearsed_day", Technical, WithSite, "day at the desk on which they were last proven, so that the desk reminds"),
	}},
	{"upkeep", []Column{
		column("id", Technical, WithSite, "the only row"),
		column("rehearse_days", Technical, WithSite, "how often the shares on paper are to be proven"),
		column("backup_days", Technical, WithSite, "how often a backup is made"),
		column("backup_folder", Technical, WithSite, "folder that backups are made in"),
		column("keep_last", Technical, WithSite, "how many of the newest backups stay"),
		column("keep_weeks", Technical, WithSite, "of how many weeks the newest backup stays"),
		column("backup_day", Technical, WithSite, "day at the desk of the newest backup, so that the desk reminds"),
	}},
	{"journal", []Column{
		column("seq", OperatorData, WithJournal, "order of the entries"),
		column("day", OperatorData, WithJournal, "day of the act at the desk"),
		column("operator", OperatorData, WithJournal, "who acted at the desk"),
		column("act", OperatorData, WithJournal, "what was done to a key"),
		column("subject", OperatorData, WithJournal, "building and tag or lock; never a home, a name or a movement"),
		column("salt", Technical, WithJournal, "keeps the hash of an erased entry from telling its content"),
		column("entry_hash", Technical, WithSite, "lets the chain hold when the content is erased"),
		column("hash", Technical, WithSite, "chains the entry to the ones before it"),
		column("signer", Technical, WithSite, "desk that signed the entry"),
		column("signature", Technical, WithSite, "shows that a desk of the site made the entry, and that nobody changed it"),
	}},
	{"signers", []Column{
		column("id", Technical, WithSite, "names the key of a desk in the journal"),
		column("public_key", Technical, WithSite, "checks the signatures of a desk in the journal"),
		column("added_day", Technical, WithSite, "day from which the desk signs"),
	}},
}

var siteTables = []table{
	{"site", []Column{
		column("id", Technical, WithSite, "the only row"),
		column("site_id", SiteData, WithSite, "stands in every bundle"),
		column("name", SiteData, WithSite, "name of the site"),
		column("created_day", SiteData, WithSite, "day on which the site was made"),
		column("practice", SiteData, WithSite, "accepts practice tags and is marked as practice"),
		column("policy", SiteData, WithSite, "what happens with chips that are not shown to be genuine"),
		column("aid", SiteData, WithSite, "application id on the site's tags"),
		column("locators", SiteData, WithSite, "versions of the locator key in use"),
		column("signer_version", SiteData, WithSite, "version of the key that signs bundles"),
		column("seats_per_home", SiteData, WithSite, "size of a home's range of seats in every zone"),
		column("random_uid_told", SiteData, WithSite, "operators were told that random UID cannot be undone"),
		column("changes", SiteData, ForEver, "counts endings of tags, to say at which locks an ended tag is dead"),
		column("overdue_days", SiteData, WithSite, "for how many days a lock may wait before it is overdue"),
		rowVersion(WithSite),
	}},
	{"buildings", []Column{
		column("id", SiteData, WithSite, "names the building in other tables"),
		column("name", SiteData, WithSite, "name of the building"),
		column("name_fold", SiteData, WithSite, "the name as it is compared"),
	}},
	{"homes", []Column{
		column("id", SiteData, WithSite, "names the home in other tables"),
		column("building", SiteData, WithSite, "building in which the home is"),
		column("floor", SiteData, WithSite, "floor on which the home is"),
		column("name", SiteData, WithSite, "name or number on the door"),
		column("name_fold", SiteData, WithSite, "the name as it is compared"),
	}},
	{"zones", []Column{
		column("id", SiteData, ForEver, "number of the zone in claims and bundles"),
		column("kind", SiteData, WithSite, "home, shared or service"),
		column("name", SiteData, WithSite, "name of the zone"),
		column("building", SiteData, WithSite, "building whose doors are in the zone"),
		column("floor", SiteData, WithSite, "floor whose homes have the zone"),
		column("home", SiteData, WithSite, "home whose front door is the zone"),
		column("key_version", SiteData, ForEver, "version of the zone key"),
		column("epoch", SiteData, ForEver, "counts tenancies of the home, so that older tags are dead"),
		column("next_epoch", SiteData, ForEver, "lowest epoch of the next tenancy, raised when an old copy was put back"),
		column("first_generation", SiteData, ForEver, "generation that unused seats begin with, raised when an old copy was put back"),
		column("listed", SiteData, WithSite, "the zone belongs to named homes rather than to all of a building or floor"),
		rowVersion(ForEver),
	}},
	{"home_zones", []Column{
		column("home", SiteData, WithSite, "home whose tags open the zone"),
		column("zone", SiteData, WithSite, "zone that they open"),
		column("seat_base", SiteData, WithSite, "where the home's range of seats begins"),
		column("seats", SiteData, WithSite, "size of that range"),
	}},
	{"locks", []Column{
		column("id_fold", SiteData, WithSite, "the lock's id as it is compared"),
		column("id", SiteData, WithSite, "the maker's id of the lock"),
		column("building", SiteData, WithSite, "building in which the lock is"),
		column("floor", SiteData, WithSite, "floor on which the lock is"),
		column("home", SiteData, WithSite, "home whose door has the lock"),
		column("public_key", SiteData, WithSite, "key to which the lock's bundles are encrypted"),
		column("wanted", SiteData, ForEver, "sequence of the newest bundle made for the lock"),
		column("wanted_digest", SiteData, WithSite, "what that bundle said"),
		column("same_from", SiteData, WithSite, "first sequence of those that said the same"),
		column("confirmed", SiteData, ForEver, "sequence in the lock's newest receipt"),
		column("carrier", SiteData, WithSite, "by which way that receipt came back: a folder, an update card or the gateway; never when"),
		column("wanted_change", SiteData, ForEver, "endings of tags that the newest bundle knew"),
		column("confirmed_change", SiteData, ForEver, "endings of tags that the confirmed bundle knew"),
		column("wanted_commit", Technical, ForEver, "commits to the records that the newest bundle knew"),
		column("confirmed_commit", Technical, ForEver, "commits to the records that the confirmed bundle knew"),
		column("waiting_since", SiteData, WithSite, "day at the desk since which the lock has something to confirm"),
		column("gone", SiteData, WithSite, "the lock was stolen or retired and gets no bundle any more"),
		column("retired", SiteData, WithSite, "the lock was taken out of service in good order"),
		column("stale", Technical, WithSite, "what the lock ought to know may have changed since its newest bundle"),
		column("stale_since", Technical, WithSite, "day at the desk of that change"),
		rowVersion(WithSite),
	}},
	{"lock_zones", []Column{
		column("lock", SiteData, WithSite, "lock that holds the zone's key"),
		column("zone", SiteData, WithSite, "zone whose key it holds"),
	}},
	{"campaigns", []Column{
		column("id", SiteData, WithSite, "names the campaign"),
		column("kind", SiteData, WithSite, "what is rolled over"),
		column("state", SiteData, WithSite, "running, paused or ended"),
		column("lock", SiteData, WithSite, "lock that was stolen"),
		column("old_locator", SiteData, WithSite, "version of the locator key before"),
		column("new_locator", SiteData, WithSite, "version of the locator key after"),
		column("old_signer", SiteData, WithSite, "version of the signing key before"),
		column("new_signer", SiteData, WithSite, "version of the signing key after"),
		column("start_change", SiteData, WithSite, "count of changes at the start, to say which locks know the new keys"),
		column("signer_change", SiteData, WithSite, "count of changes when the new signer took over"),
		column("end_change", SiteData, WithSite, "count of changes at the end, to say which locks have dropped the old keys"),
		column("started_day", SiteData, WithSite, "day at the desk on which the campaign began"),
		column("ended_day", SiteData, WithSite, "day at the desk on which the campaign ended"),
		column("tags", SiteData, WithSite, "how many tags had to be written anew"),
		column("forced", SiteData, WithSite, "ended before everything was on the new keys"),
		rowVersion(WithSite),
	}},
	{"campaign_zones", []Column{
		column("campaign", SiteData, WithSite, "campaign that rolls the zone over"),
		column("zone", SiteData, WithSite, "zone that is rolled over"),
		column("old_version", SiteData, WithSite, "version of the zone key before"),
		column("new_version", SiteData, WithSite, "version of the zone key after"),
	}},
	{"campaign_tags", []Column{
		column("campaign", KeyData, WithTenancy, "campaign that ended the tag"),
		column("tag", KeyData, WithTenancy, "tag that was still on the old keys"),
	}},
	{"floor_marks", []Column{
		column("zone", SiteData, ForEver, "zone whose counters came so far"),
		column("seat", SiteData, ForEver, "number of the seat, or -1 for the zone's epoch"),
		column("epoch", SiteData, ForEver, "epoch that was reached"),
		column("generation", SiteData, ForEver, "generation that the seat's floor reached"),
		column("at_commit", Technical, ForEver, "commits to the records before that"),
	}},
	{"seats", []Column{
		column("zone", SiteData, ForEver, "zone of the seat"),
		column("seat", SiteData, ForEver, "number of the seat in the zone"),
		column("epoch", SiteData, ForEver, "epoch that the counters belong to"),
		column("next", SiteData, ForEver, "generation of the next tag on the seat"),
		column("floor", SiteData, ForEver, "lowest generation that locks accept"),
		column("tag", KeyData, WithTenancy, "tag that has the seat"),
		rowVersion(ForEver),
	}},
}

var tenancyTables = []table{
	{"tenancies", []Column{
		column("id", TenancyData, WithTenancy, "names the tenancy in other tables"),
		column("home", TenancyData, WithTenancy, "home of the tenancy"),
		sealed("reference", TenancyData, WithTenancy, "the landlord's reference of the tenancy, instead of a name"),
		column("epoch", TenancyData, WithTenancy, "epoch of the home's zones in this tenancy"),
		column("start_day", TenancyData, WithTenancy, "first day of the tenancy"),
		column("end_day", TenancyData, WithTenancy, "last day of the tenancy; begins the period of retention"),
		column("choice", TenancyData, WithTenancy, "what the tenant wants to open the door with"),
		column("choice_day", TenancyData, WithTenancy, "day on which that was chosen; never a reason"),
		rowVersion(WithTenancy),
	}},
	{"tags", []Column{
		column("id", KeyData, WithTenancy, "names the tag for people"),
		column("home", KeyData, WithTenancy, "home that the tag is for"),
		column("tenancy", KeyData, WithTenancy, "tenancy that the tag was handed out in"),
		column("ordinal", KeyData, WithTenancy, "tells the tags of a tenancy apart"),
		sealed("label", KeyData, WithTenancy, "what operators call the tag, if anything"),
		column("state", KeyData, WithTenancy, "reserved, being written, handed out, lost, returned, ended or failed"),
		column("since_day", KeyData, WithTenancy, "day at the desk of the last change of state"),
		sealed("number", Secret, WithTenancy, "random number on the tag, from which its keys are derived"),
		column("number_lookup", Secret, WithTenancy, "keyed hash by which the tag on the reader is found"),
		sealed("was", Secret, WithTenancy, "number on the tag before it is written anew, until that is done"),
		column("was_lookup", Secret, WithTenancy, "keyed hash by which such a tag on the reader is found"),
		column("locator", KeyData, WithTenancy, "version of the locator key on the tag"),
		column("replaces", KeyData, WithTenancy, "lost tag whose seats this one took over"),
		column("end_change", KeyData, WithTenancy, "count of endings at this one, to say where the tag is dead"),
		column("chip", KeyData, WithTenancy, "type of the chip; no serial number"),
		column("genuine", KeyData, WithTenancy, "result of the originality check"),
		rowVersion(WithTenancy),
	}},
	{"tag_slots", []Column{
		column("tag", KeyData, WithTenancy, "tag that carries the slot"),
		column("slot", KeyData, WithTenancy, "number of the slot"),
		column("zone", KeyData, WithTenancy, "zone that the slot claims"),
		column("key_version", KeyData, WithTenancy, "version of the zone key"),
		column("epoch", KeyData, WithTenancy, "epoch that the slot claims"),
		column("seat", KeyData, WithTenancy, "seat that the slot claims"),
		column("generation", KeyData, WithTenancy, "generation that the slot claims"),
		column("not_after", KeyData, WithTenancy, "last day on which the slot is valid, 0 for no end"),
	}},
	{"plans", []Column{
		column("id", KeyData, WithTenancy, "names the plan"),
		column("kind", KeyData, WithTenancy, "writing or wiping"),
		column("tag", KeyData, WithTenancy, "tag that is being written or wiped"),
		sealed("number", Secret, WithTenancy, "number being written or wiped, to recover a torn tag"),
		column("steps", KeyData, WithTenancy, "names of the steps"),
		column("step_count", KeyData, WithTenancy, "how many steps there are"),
		column("done", KeyData, WithTenancy, "how many steps are known to be done"),
		column("outcome", KeyData, WithTenancy, "how the plan ended"),
		column("started_day", KeyData, WithTenancy, "day at the desk on which the plan began"),
		column("desk", KeyData, WithTenancy, "desk at which the plan began, so that another does not take it for cut off"),
	}},
	{"batch", []Column{
		column("id", Technical, WithBatch, "order of the queue of a moving day"),
		column("home", KeyData, WithBatch, "home that a tag is to be handed out for"),
		sealed("label", KeyData, WithBatch, "what operators will call the tag, if anything"),
		column("state", KeyData, WithBatch, "waiting, written, skipped, or undone and waiting again"),
		column("tag", KeyData, WithBatch, "tag that was written for it"),
		column("done", Technical, WithBatch, "how many of the moving day were written up to this one, so that the newest can be undone; never when"),
		column("printed", KeyData, WithBatch, "a receipt or a label was made for it, after which it is not undone any more"),
		column("begun_day", Technical, WithBatch, "day at the desk on which the moving day began, after which its queue is erased in time"),
		column("taken", Technical, WithBatch, "a desk is at it, so that no other writes a tag for it"),
		column("desk", Technical, WithBatch, "which desk that is"),
		rowVersion(WithBatch),
	}},
}
