package desk_test

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"sleutelbord/app/desk"
	"sleutelbord/store"
)

// who is who may call a method of the desk.
type who int

const (
	anybody    who = iota // also a desk that is only looked at
	caretakers            // daily acts
	custodians            // acts on the keys of the whole site, and on operators
	twoOfThem             // four eyes
)

// access sorts every exported method of the desk. A new method has to be
// sorted here, and a custodian's has to refuse a caretaker before it looks at
// anything else.
var access = map[string]who{
	"Batch":        anybody,
	"Board":        anybody,
	"Campaign":     anybody,
	"Campaigns":    anybody,
	"CheckRecords": anybody,
	"CheckOwn":     anybody, "Close": anybody, "CloseForShares": anybody,
	"ExportJournal":   anybody,
	"FirstHomes":      anybody,
	"Buildings":       anybody,
	"Floors":          anybody,
	"ExportJournalTo": anybody,
	"Home":            anybody,
	"Hooks":           anybody,
	"Inspect":         anybody,
	"Journal":         anybody,
	"List":            anybody,
	"Keys":            anybody,
	"Lock":            anybody,
	"Locked":          anybody,
	"Locks":           anybody,
	"ReadBatchList":   anybody,
	"Refresh":         anybody,
	"Look":            anybody,
	"Me":              anybody,
	"NextDue":         anybody,
	"OnChange":        anybody,
	"Operators":       anybody,
	"Pending":         anybody,
	"PlaceOf":         anybody,
	"PlanCampaign":    anybody,
	"PrepareSearch":   anybody,
	"PreviewImport":   anybody,
	"Reminders":       anybody,
	"Reachable":       anybody,
	"Rollouts":        anybody,
	"Search":          anybody,
	"Settings":        anybody,
	"ShareSets":       anybody,
	"Shared":          anybody,
	"SignEvidence":    anybody,
	"Site":            anybody,
	"Statement":       anybody,
	"Tag":             anybody,
	"Tags":            anybody,
	"Tenancies":       anybody,
	"Today":           anybody,
	"Tokens":          anybody,
	"Unlock":          anybody,
	"Upkeep":          anybody,
	"VerifyJournal":   anybody,

	"BackupTo":         caretakers,
	"BeginBatch":       caretakers,
	"FinishBatch":      caretakers,
	"LabelBatch":       caretakers,
	"NextOfBatch":      caretakers,
	"PauseBatch":       caretakers,
	"PrintedBatch":     caretakers,
	"ReturnSkipped":    caretakers,
	"SkipBatch":        caretakers,
	"TakeOverBatch":    caretakers,
	"UndoBatch":        caretakers,
	"UndoBatchLost":    caretakers,
	"WriteBatch":       caretakers,
	"Forget":           caretakers, // one's own
	"Remember":         caretakers,
	"ChangePassphrase": caretakers,
	"Correct":          caretakers,
	"Erase":            caretakers,
	"EraseDue":         caretakers,
	"EraseUpdateCard":  caretakers,
	"Issue":            caretakers,
	"KeepUp":           caretakers,
	"MoveIn":           caretakers,
	"MoveOut":          caretakers,
	"NewGateway":       caretakers,
	"Object":           caretakers,
	"ReadUpdateCard":   caretakers,
	"Renew":            caretakers,
	"Replace":          caretakers,
	"Resume":           caretakers,
	"RevokeLost":       caretakers,
	"RevokeReturned":   caretakers,
	"RunUpkeep":        caretakers,
	"SetChoice":        caretakers,
	"Wipe":             caretakers,
	"WriteBundles":     caretakers,
	"WriteUpdateCard":  caretakers,

	"AddDocument":     custodians,
	"AddLock":         custodians,
	"AllowUnassessed": custodians,
	"AddOperator":     custodians,
	"AdmitDesk":       custodians,
	"ChangeSettings":  custodians,
	"ChangeUpkeep":    custodians,
	"EndCampaign":     custodians,
	"Import":          custodians,
	"MakeShares":      custodians,
	"MendDatabase":    custodians,
	"PauseCampaign":   custodians,
	"RaiseCounters":   custodians,
	"Rehearse":        custodians,
	"RemoveDesk":      custodians,
	"ResetPassphrase": custodians,
	"ResumeCampaign":  custodians,
	"RetireLock":      custodians,
	"RevokeOperator":  custodians,
	"SetOverdue":      custodians,
	"SetPolicy":       custodians,
	"SetRollout":      custodians,
	"SetTokenPIN":     custodians,
	"StartCampaign":   custodians,

	"ClearTokens":   custodians,
	"MoveFromToken": twoOfThem,
	"MoveToToken":   twoOfThem,
	"PruneJournal":  twoOfThem,
}

// forTests are methods that only tests have.
var forTests = []string{"KeytagSite", "MakeAll", "MakeStale", "Records", "AddCaretakerForTest", "CountWaiting"}

// people are a site of custodians anna and bob, and caretaker carl.
type people struct {
	t   *testing.T
	dir string
}

func words(name string) []byte {
	return []byte(name + " fiets regen tafel wolk viool maandag citroen")
}

func newPeople(t *testing.T, more ...string) *people {
	t.Helper()
	p := &people{t, t.TempDir() + "/records"}
	d, err := desk.Init(t.Context(), desk.InitOptions{Options: p.options("anna"), Site: "Campus"})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range append([]string{"carl"}, more...) {
		role := store.Custodian
		if strings.HasPrefix(m, "c") {
			role = store.Caretaker
		}
		if err := d.AddOperator(t.Context(), desk.NewOperator{Name: m, Role: role, Passphrase: words(m)}, p.consent("bob")); err != nil {
			t.Fatal(err)
		}
	}
	p.close(d)
	return p
}

func (p *people) options(name string) desk.Options {
	return desk.Options{Dir: p.dir, Operator: name, Passphrase: words(name), Store: store.Options{TestKDF: true}}
}

func (p *people) consent(name string) desk.Approval {
	return desk.Approval{Operator: name, Passphrase: words(name)}
}

func (p *people) sit(name string) *desk.Desk {
	p.t.Helper()
	d, err := desk.Open(p.t.Context(), p.options(name))
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { p.close(d) })
	return d
}

func (p *people) close(d *desk.Desk) {
	p.t.Helper()
	if err := d.Close(); err != nil {
		p.t.Error(err)
	}
}

func wantCode(t *testing.T, what string, err error, want desk.Code) {
	t.Helper()
	if got := desk.Explain(err).Code; got != want {
		t.Errorf("%s: %q (%v), want %q", what, got, err, want)
	}
}

// call calls a method with zero arguments, and gives its error.
func call(t *testing.T, d *desk.Desk, name string) (err error) {
	m := reflect.ValueOf(d).MethodByName(name)
	var in []reflect.Value
	for i := range m.Type().NumIn() {
		switch arg := m.Type().In(i); {
		case m.Type().IsVariadic() && i == m.Type().NumIn()-1:
		case arg == reflect.TypeFor[context.Context]():
			in = append(in, reflect.ValueOf(t.Context()))
		default:
			in = append(in, reflect.Zero(arg))
		}
	}
	defer func() {
		if v := recover(); v != nil { // no reader, no list: past the check
			err = fmt.Errorf("%v", v)
		}
	}()
	out := m.Call(in)
	if len(out) > 0 {
		err, _ = out[len(out)-1].Interface().(error)
	}
	return err
}

// TestEveryMethodHasItsRole calls every method as a caretaker.
func TestEveryMethodHasItsRole(t *testing.T) {
	t.Chdir(t.TempDir()) // the folder "" of methods that write a file
	p := newPeople(t, "bob")
	d := p.sit("carl")
	methods := reflect.TypeFor[*desk.Desk]()
	for method := range methods.Methods() {
		name := method.Name
		kind, ok := access[name]
		if slices.Contains(forTests, name) {
			continue
		}
		if !ok {
			t.Errorf("%s is not sorted: who may do it?", name)
			continue
		}
		if slices.Contains([]string{"Close", "CloseForShares", "Lock", "Unlock", "RunUpkeep"}, name) {
			continue // of this very desk, or until the desk is closed
		}
		refused := desk.Explain(call(t, d, name)).Code == desk.CodeCustodianOnly
		if refused != (kind >= custodians) {
			t.Errorf("%s refuses a caretaker: %v", name, refused)
		}
	}
	for name := range access {
		if _, ok := methods.MethodByName(name); !ok {
			t.Errorf("there is no method %s", name)
		}
	}
}

// TestFourEyesOfEach calls every method that takes two with what is no consent.
func TestFourEyesOfEach(t *testing.T) {
	alone, two := newPeople(t), newPeople(t, "bob")
	for name, kind := range access {
		if kind != twoOfThem {
			continue
		}
		d := alone.sit("anna")
		wantCode(t, name+" with one custodian", call(t, d, name), desk.CodeOneCustodian)
		alone.close(d)
		d = two.sit("anna")
		wantCode(t, name+" without the second", call(t, d, name), desk.CodeSecondNeeded)
		two.close(d)
	}
}

func TestAddOperator(t *testing.T) {
	p := newPeople(t)
	d := p.sit("anna")
	add := func(name string, role store.Role, pass string, a desk.Approval) error {
		return d.AddOperator(t.Context(), desk.NewOperator{Name: name, Role: role, Passphrase: []byte(pass)}, a)
	}
	good := string(words("x"))
	wantCode(t, "weak", add("dora", store.Caretaker, "welkom2026", desk.Approval{}), desk.CodeWeakPassphrase)
	wantCode(t, "own name", add("dora.de.vries", store.Caretaker, "dora.de.vries1", desk.Approval{}), desk.CodeWeakPassphrase)
	wantCode(t, "empty", add("dora", store.Caretaker, "", desk.Approval{}), desk.CodeWeakPassphrase)
	wantCode(t, "bad name", add("a b", store.Caretaker, good, desk.Approval{}), desk.CodeWrongInput)
	wantCode(t, "taken", add("CARL", store.Caretaker, good, desk.Approval{}), desk.CodeOperatorExists)
	// One custodian makes the second; from then on it takes two.
	if err := add("bob", store.Custodian, string(words("bob")), desk.Approval{}); err != nil {
		t.Fatal(err)
	}
	wantCode(t, "third alone", add("dora", store.Custodian, good, desk.Approval{}), desk.CodeSecondNeeded)
	wantCode(t, "oneself twice", add("dora", store.Custodian, good, p.consent("anna")), desk.CodeSamePerson)
	wantCode(t, "a caretaker's consent", add("dora", store.Custodian, good, p.consent("carl")), desk.CodeSecondNeeded)
	wantCode(t, "nobody's consent", add("dora", store.Custodian, good, p.consent("nobody")), desk.CodeNoOperator)
	wantCode(t, "wrong consent", add("dora", store.Custodian, good, desk.Approval{Operator: "bob", Passphrase: words("anna")}), desk.CodeWrongPassphrase)
	if err := add("dora", store.Custodian, string(words("dora")), p.consent("bob")); err != nil {
		t.Fatal(err)
	}
	all, err := d.Operators(t.Context())
	if err != nil || len(all) != 4 || !all[0].You || all[1].You || all[3].Role != store.Custodian {
		t.Errorf("%+v, %v", all, err)
	}
}

func TestRevokeAndReset(t *testing.T) {
	p := newPeople(t, "bob")
	d := p.sit("anna")
	wantCode(t, "revoking another custodian alone", d.RevokeOperator(t.Context(), "bob", desk.Approval{}), desk.CodeSecondNeeded)
	wantCode(t, "resetting another custodian alone", d.ResetPassphrase(t.Context(), "bob", words("new"), desk.Approval{}), desk.CodeSecondNeeded)
	wantCode(t, "nobody", d.RevokeOperator(t.Context(), "nobody", desk.Approval{}), desk.CodeNoOperator)
	wantCode(t, "weak", d.ResetPassphrase(t.Context(), "carl", []byte("carl2026"), desk.Approval{}), desk.CodeWeakPassphrase)
	if err := d.ResetPassphrase(t.Context(), "carl", words("other"), desk.Approval{}); err != nil {
		t.Fatal(err)
	}
	p.close(d)
	_, err := desk.Open(t.Context(), p.options("carl"))
	wantCode(t, "old passphrase", err, desk.CodeWrongPassphrase)
	o := p.options("carl")
	o.Passphrase = words("other")
	d, err = desk.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	wantCode(t, "wrong old one", d.ChangePassphrase(t.Context(), words("carl"), words("third")), desk.CodeWrongPassphrase)
	wantCode(t, "weak new one", d.ChangePassphrase(t.Context(), words("other"), []byte("welkom")), desk.CodeWeakPassphrase)
	if err := d.ChangePassphrase(t.Context(), words("other"), words("carl")); err != nil {
		t.Fatal(err)
	}
	p.close(d)

	d = p.sit("anna")
	if err := d.RevokeOperator(t.Context(), "carl", desk.Approval{}); err != nil {
		t.Fatal(err)
	}
	if err := d.RevokeOperator(t.Context(), "bob", p.consent("bob")); err != nil {
		t.Fatal(err)
	}
	wantCode(t, "last custodian", d.RevokeOperator(t.Context(), "anna", desk.Approval{}), desk.CodeLastCustodian)
	p.close(d)
	_, err = desk.Open(t.Context(), p.options("carl"))
	wantCode(t, "revoked", err, desk.CodeNoOperator)
}

func TestTooSoon(t *testing.T) {
	p := newPeople(t)
	o := p.options("anna")
	o.Passphrase = []byte("wrong")
	for range 5 {
		_, err := desk.Open(t.Context(), o)
		wantCode(t, "wrong", err, desk.CodeWrongPassphrase)
	}
	_, err := desk.Open(t.Context(), p.options("anna"))
	wantCode(t, "right, too soon", err, desk.CodeTooSoon)
	if args := desk.Explain(err).Args; args["Seconds"].(int) < 4 || args["Until"] == "" {
		t.Errorf("%v", args)
	}
}

// TestLock: a locked desk does nothing, and nobody else's passphrase but an
// operator's opens it.
func TestLock(t *testing.T) {
	p := newPeople(t)
	d := p.sit("anna")
	if err := d.Lock(); err != nil || !d.Locked() {
		t.Fatal(err)
	}
	for name, kind := range access {
		if kind == anybody || kind == caretakers && name != "ChangePassphrase" || name == "AddOperator" {
			continue
		}
		if err := call(t, d, name); err == nil {
			t.Errorf("%s works while the desk is locked", name)
		}
	}
	_, err := d.Board(t.Context())
	wantCode(t, "board", err, desk.CodeLocked)
	_, err = d.RevokeLost(t.Context(), "T1")
	wantCode(t, "revoking", err, desk.CodeLocked)
	wantCode(t, "wrong passphrase", d.Unlock(t.Context(), "", words("carl")), desk.CodeWrongPassphrase)
	if err := d.Unlock(t.Context(), "carl", words("carl")); err != nil {
		t.Fatal(err)
	}
	if me := d.Me(); me.Name != "carl" || me.Role != store.Caretaker || !me.You {
		t.Errorf("%+v", me)
	}
	if _, err := d.Board(t.Context()); err != nil {
		t.Error(err)
	}
}
