package mqtt

import (
	"encoding/hex"
	"strings"

	"sleutelbord/lock/bundle"
)

const (
	topicRoot    = "sleutelbord/1/"
	bundleLeaf   = "bundle"
	receiptLeaf  = "receipt"
	markLeaf     = "mark"
	idTextLength = 16
)

func bundleTopic(s bundle.SiteID, l bundle.LockID) string {
	return topicRoot + s.String() + "/" + l.String() + "/" + bundleLeaf
}

func receiptTopic(s bundle.SiteID, l bundle.LockID) string {
	return topicRoot + s.String() + "/" + l.String() + "/" + receiptLeaf
}

func markTopic(s bundle.SiteID) string { return topicRoot + s.String() + "/" + markLeaf }

// parseTopic takes a topic of a lock of this site apart. Any other topic is
// none.
func parseTopic(s bundle.SiteID, topic string) (l bundle.LockID, leaf string, ok bool) {
	rest, ok := strings.CutPrefix(topic, topicRoot+s.String()+"/")
	if !ok {
		return l, "", false
	}
	id, leaf, ok := strings.Cut(rest, "/")
	if !ok || leaf != bundleLeaf && leaf != receiptLeaf {
		return l, "", false
	}
	b, ok := parseID(id)
	return bundle.LockID(b), leaf, ok
}

// parseID reads 16 lower-case hexadecimal digits.
func parseID(text string) (id [8]byte, ok bool) {
	if len(text) != idTextLength || strings.ToLower(text) != text {
		return id, false
	}
	b, err := hex.DecodeString(text)
	if err != nil {
		return id, false
	}
	return [8]byte(b), true
}
