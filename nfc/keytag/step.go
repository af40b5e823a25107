package keytag

// StepName names a step of a plan. The window has words for each.
type StepName string

// Steps of plans.
const (
	StepRecognise   StepName = "recognise"   // find out what lies on the reader
	StepGenuine     StepName = "genuine"     // originality signature
	StepUnlock      StepName = "unlock"      // chip key back to zero
	StepPrepare     StepName = "prepare"     // authenticate with the zero key, default key
	StepFormat      StepName = "format"      // erase
	StepApplication StepName = "application" // create the application
	StepRecord      StepName = "record"      // write the record
	StepFreeze      StepName = "freeze"      // no key can write any more
	StepKeys        StepName = "keys"        // slot keys, locator key, application key
	StepVerify      StepName = "verify"      // read back as a lock would
	StepFinish      StepName = "finish"      // chip settings, random UID, chip key
)
