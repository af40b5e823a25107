package shares

// Body is the bytes of a share.
func Body(s Share) []byte { return s.body[:] }

// Forge changes the bytes of a copy of a share.
func Forge(s Share, change func(body []byte)) Share {
	b := *s.body
	change(b[:])
	return Share{&b}
}
