package window

import "sleutelbord/assets"

// evidenceName names a sub-page of the evidence.
type evidenceName string

const (
	evidencePack      evidenceName = "pack"
	evidenceChoices   evidenceName = "choices"
	evidenceRollout   evidenceName = "rollout"
	evidenceRetention evidenceName = "retention"
	evidenceContacts  evidenceName = "contacts"
	evidenceDocuments evidenceName = "documents"
)

// entries are the sub-pages in their order.
func (e *evidencePage) entries(w *Window) []subEntry[evidenceName] {
	return []subEntry[evidenceName]{
		{evidencePack, "shield", func() subpage { return newPackPage(e) }},
		{evidenceChoices, "both", func() subpage { return newChoicesPage(e) }},
		{evidenceRollout, "building", func() subpage { return newRolloutPage(e) }},
		{evidenceRetention, "clock", func() subpage { return newRetentionPage(e) }},
		{evidenceContacts, "person", func() subpage { return newContactsPage(w) }},
		{evidenceDocuments, "file", func() subpage { return newDocumentsPage(w) }},
	}
}

// evidencePage is the page by which residents, their council and an officer can see
// what is kept.
type evidencePage struct{ *sublist[evidenceName] }

func newEvidencePage(w *Window) *evidencePage {
	e := &evidencePage{}
	e.sublist = newSublist(w, pageEvidence, "evidence.sub.", 760, e.entries(w))
	e.put(evidencePack)
	return e
}

// officeLanguage chooses the language of papers for officers and councils.
func (w *Window) officeLanguage() *languageChoice {
	return w.newLanguageChoice(assets.OfficeLanguages())
}
