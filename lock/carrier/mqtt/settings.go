package mqtt

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"sleutelbord/lock/internal/durable"
)

// Field is a part of a configuration that a person fills in.
type Field string

// Fields of a configuration.
const (
	FieldBroker      Field = "broker"
	FieldAuthority   Field = "ca"
	FieldCertificate Field = "certificate"
	FieldKey         Field = "key"
)

// FieldError says which field of a configuration cannot be used.
type FieldError struct {
	Field Field
	Err   error
}

// Error implements error.
func (e *FieldError) Error() string { return string(e.Field) + ": " + e.Err.Error() }

// Unwrap implements errors.Unwrap.
func (e *FieldError) Unwrap() error { return e.Err }

// of marks an error as one of a field; nil stays nil.
func (f Field) of(err error) error {
	if err == nil {
		return nil
	}
	return &FieldError{f, err}
}

// Settings are what a person fills in to reach a broker; ReadConfig reads the
// file that holds them.
type Settings struct {
	Broker      string // HOST or HOST:PORT
	Authority   string // path of a PEM file: who signed the broker's certificate
	Certificate string // path of a PEM file: the client's
	Key         string // path of a PEM file: its private key
}

// ReadSettings reads back what [WriteSettings] wrote, without looking at the
// files that it names. Where there is no file, they are empty. Other errors wrap
// [ErrConfig].
func ReadSettings(path string) (Settings, error) {
	data, err := readFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Settings{}, nil
	}
	var f file
	if err == nil {
		f, err = parseFile(data)
	}
	if err != nil {
		return Settings{}, fmt.Errorf("reading %s: %w: %w", path, ErrConfig, err)
	}
	_, broker, _ := strings.Cut(f.Broker, "://")
	return Settings{Broker: broker, Authority: f.CA, Certificate: f.Certificate, Key: f.Key}, nil
}

// WriteSettings checks settings as ReadConfig does, and then writes the file at
// path, for its owner's eyes only. The file names the certificates where they
// lie; relative paths begin at its folder. What cannot be used wraps
// [ErrConfig], and names the field by a [FieldError]; then the file stays as it was.
func WriteSettings(path string, s Settings) error {
	f := file{
		Broker: "tls://" + strings.TrimPrefix(strings.TrimSpace(s.Broker), "tls://"),
		CA:     strings.TrimSpace(s.Authority), Certificate: strings.TrimSpace(s.Certificate), Key: strings.TrimSpace(s.Key),
	}
	_, err := f.config()
	if err == nil {
		_, err = f.tls(filepath.Dir(path))
	}
	if err != nil {
		return fmt.Errorf("checking the settings: %w: %w", ErrConfig, err)
	}
	data, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return err
	}
	return durable.WriteFile(durable.OS{}, path, append(data, '\n'), 0o600)
}
