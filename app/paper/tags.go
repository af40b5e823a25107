package paper

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
)

// element is an element of the document's structure (ISO 32000-1, 14.7.2).
type element struct {
	role     string
	parent   *element
	children []*element
	marks    []mark
	object   int
}

// mark is a piece of marked content: page from 1, number on the page from 0.
type mark struct{ page, id int }

// tags is the structure of a document while it is written.
type tags struct {
	root  *element
	open  *element
	pages [][]*element // by page - 1 and mark: whose it is
}

func newTags() tags {
	root := &element{role: "Document"}
	return tags{root: root, open: root}
}

func (t *tags) closed() bool { return t.open == t.root }

func (t *tags) beginPage() { t.pages = append(t.pages, nil) }

// element is an element that holds text or others.
func (t *tags) element(role string, f func()) {
	e := &element{role: role, parent: t.open}
	t.open.children = append(t.open.children, e)
	t.open = e
	f()
	t.open = e.parent
}

// content is text of the open element, on the present page.
func (t *tags) content(d *Document, f func()) {
	page := d.pdf.PageNo()
	on := &t.pages[page-1]
	m := mark{page, len(*on)}
	*on = append(*on, t.open)
	t.open.marks = append(t.open.marks, m)
	d.pdf.RawWriteStr(fmt.Sprintf("/%s <</MCID %d>> BDC", t.open.role, m.id))
	f()
	d.pdf.RawWriteStr("EMC")
}

// artifact is what only decorates.
func (t *tags) artifact(d *Document, f func()) {
	d.pdf.RawWriteStr("/Artifact BMC")
	f()
	d.pdf.RawWriteStr("EMC")
}

// addTo appends the structure to a file that fpdf wrote: its objects, the pages
// and the catalog anew, and a table of them.
func (t *tags) addTo(file []byte, pages int) ([]byte, error) {
	u, err := newUpdate(file)
	if err != nil {
		return nil, err
	}
	root := u.reserve()
	t.number(u, t.root)
	tree := u.reserve()
	for n := 1; n <= pages; n++ {
		// fpdf numbers pages from object 3, each followed by its content.
		if err := u.extend(1+2*n, "/Type /Page\n", fmt.Sprintf("/StructParents %d /Tabs /S", n-1)); err != nil {
			return nil, err
		}
	}
	if err := u.extend(u.catalog, "/Type /Catalog\n",
		fmt.Sprintf("/MarkInfo <</Marked true>> /StructTreeRoot %d 0 R /ViewerPreferences <</DisplayDocTitle true>>", root)); err != nil {
		return nil, err
	}
	u.put(root, fmt.Sprintf("<</Type /StructTreeRoot /K [%d 0 R] /ParentTree %d 0 R /ParentTreeNextKey %d>>", t.root.object, tree, pages))
	t.write(u, t.root, root)
	var nums strings.Builder
	for i, on := range t.pages {
		fmt.Fprintf(&nums, "%d [", i)
		for _, e := range on {
			fmt.Fprintf(&nums, "%d 0 R ", e.object)
		}
		nums.WriteString("] ")
	}
	u.put(tree, "<</Nums ["+nums.String()+"]>>")
	return u.finish(), nil
}

func (t *tags) number(u *update, e *element) {
	e.object = u.reserve()
	for _, c := range e.children {
		t.number(u, c)
	}
}

func (t *tags) write(u *update, e *element, parent int) {
	var kids strings.Builder
	for _, m := range e.marks {
		fmt.Fprintf(&kids, "<</Type /MCR /Pg %d 0 R /MCID %d>> ", 1+2*m.page, m.id)
	}
	for _, c := range e.children {
		fmt.Fprintf(&kids, "%d 0 R ", c.object)
	}
	extra := ""
	if e.role == "TH" {
		scope := "Column"
		if len(e.parent.children) > 1 && e.parent.children[1].role == "TD" {
			scope = "Row"
		}
		extra = " /A <</O /Table /Scope /" + scope + ">>"
	}
	u.put(e.object, fmt.Sprintf("<</Type /StructElem /S /%s /P %d 0 R%s /K [%s]>>", e.role, parent, extra, kids.String()))
	for _, c := range e.children {
		t.write(u, c, e.object)
	}
}

// update is an incremental update of a file that fpdf wrote (7.5.6).
type update struct {
	file    []byte
	start   string // where the table of the file before begins
	catalog int    // fpdf writes it last
	info    int
	next    int
	offsets map[int]int
	order   []int
}

var errNotOurs = errors.New("the file is not as fpdf writes it")

func newUpdate(file []byte) (*update, error) {
	u := &update{offsets: make(map[int]int)}
	tail := file[max(0, len(file)-256):]
	at := bytes.LastIndex(tail, []byte("trailer\n"))
	if at < 0 {
		return nil, errNotOurs
	}
	var size, start int
	if _, err := fmt.Sscanf(string(tail[at:]), "trailer\n<<\n/Size %d\n/Root %d 0 R\n/Info %d 0 R\n>>\nstartxref\n%d",
		&size, &u.catalog, &u.info, &start); err != nil {
		return nil, fmt.Errorf("%w: %w", errNotOurs, err)
	}
	u.file, u.next, u.start = bytes.Clone(file), size, fmt.Sprint(start)
	if !bytes.HasSuffix(u.file, []byte("\n")) {
		u.file = append(u.file, '\n')
	}
	return u, nil
}

func (u *update) reserve() int {
	u.next++
	return u.next - 1
}

// put writes an object.
func (u *update) put(n int, body string) {
	u.offsets[n] = len(u.file)
	u.order = append(u.order, n)
	u.file = fmt.Appendf(u.file, "%d 0 obj\n%s\nendobj\n", n, body)
}

// extend writes an object of the file anew, with more behind its type.
func (u *update) extend(n int, kind, more string) error {
	_, rest, found := bytes.Cut(u.file, fmt.Appendf(nil, "\n%d 0 obj\n", n))
	body, _, ended := bytes.Cut(rest, []byte("\nendobj\n"))
	head, tail, known := strings.Cut(string(body), kind)
	if !found || !ended || !known || strings.Contains(head, "stream") {
		return fmt.Errorf("%w: object %d", errNotOurs, n)
	}
	u.put(n, head+kind+more+"\n"+tail)
	return nil
}

// finish writes the table and the trailer. The file's identity is its hash.
func (u *update) finish() []byte {
	id := sha256.Sum256(u.file)
	at := len(u.file)
	u.file = append(u.file, "xref\n"...)
	for _, n := range u.order {
		u.file = fmt.Appendf(u.file, "%d 1\n%010d 00000 n \n", n, u.offsets[n])
	}
	return fmt.Appendf(u.file, "trailer\n<<\n/Size %d\n/Root %d 0 R\n/Info %d 0 R\n/Prev %s\n/ID [<%x> <%x>]\n>>\nstartxref\n%d\n%%%%EOF\n",
		u.next, u.catalog, u.info, u.start, id[:16], id[:16], at)
}
