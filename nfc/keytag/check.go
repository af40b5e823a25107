package keytag

// CheckReport is what a tag shows to anybody, without any key.
type CheckReport struct {
	// Ours is true when the tag carries an application of this software.
	Ours    bool   `json:"ours"`
	Chip    string `json:"chip"`
	Genuine string `json:"genuine"`
	// Findings are what was looked at, each with its result.
	Findings []Finding `json:"findings"`
}

// Finding is one thing that the check looked at.
type Finding struct {
	// ID is stable: "directory", "application-settings", "file-list", …
	ID string `json:"id"`
	OK bool   `json:"ok"`
	// Detail is what was seen, in English.
	Detail string `json:"detail"`
}

// Passed is true when the tag is ours and every finding is as it ought to be.
func (r CheckReport) Passed() bool {
	for _, f := range r.Findings {
		if !f.OK {
			return false
		}
	}
	return r.Ours
}
