package desk

import (
	"errors"
	"fmt"

	"sleutelbord/lock/carrier/mqtt"
)

// GatewaySettings are what a person fills in so that a gateway reaches its
// broker. Paths are those of PEM files.
type GatewaySettings struct {
	Broker      string // HOST or HOST:PORT
	Authority   string // who signed the broker's certificate
	Certificate string // this desk's
	Key         string // its private key, which only its owner may be able to read
}

// ReadGatewaySettings reads the settings of a gateway from its configuration
// file, empty ones where there is none yet.
func ReadGatewaySettings(config string) (GatewaySettings, error) {
	s, err := mqtt.ReadSettings(config)
	if err != nil {
		return GatewaySettings{}, fmt.Errorf("reading the settings of the gateway: %w", err)
	}
	return GatewaySettings(s), nil
}

// WriteGatewaySettings checks settings and writes them into the configuration
// file of a gateway, of which [Desk.NewGateway] takes the name. [GatewayField]
// tells which of them cannot be used.
func WriteGatewaySettings(config string, s GatewaySettings) error {
	if err := mqtt.WriteSettings(config, mqtt.Settings(s)); err != nil {
		return fmt.Errorf("writing the settings of the gateway: %w", err)
	}
	return nil
}

// GatewayField names the setting that an error is about: "broker", "ca",
// "certificate" or "key"; "" where it is about none.
func GatewayField(err error) string {
	var f *mqtt.FieldError
	if errors.As(err, &f) {
		return string(f.Field)
	}
	return ""
}
