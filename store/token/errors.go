package token

import (
	"errors"
	"fmt"

	"sleutelbord/store"

	"github.com/miekg/pkcs11"
)

// meanings are the return values (PKCS#11 v3.0, section 5.1) that callers tell
// apart. What is not here, and no lost session, is a token that refuses.
var meanings = map[pkcs11.Error]error{
	pkcs11.CKR_PIN_INCORRECT:            store.ErrTokenPIN,
	pkcs11.CKR_PIN_INVALID:              store.ErrTokenPIN,
	pkcs11.CKR_PIN_LEN_RANGE:            store.ErrTokenPIN,
	pkcs11.CKR_PIN_EXPIRED:              store.ErrTokenPIN,
	pkcs11.CKR_PIN_LOCKED:               store.ErrTokenLocked,
	pkcs11.CKR_TOKEN_NOT_PRESENT:        store.ErrTokenMissing,
	pkcs11.CKR_DEVICE_REMOVED:           store.ErrTokenMissing,
	pkcs11.CKR_SLOT_ID_INVALID:          store.ErrTokenMissing,
	pkcs11.CKR_TOKEN_NOT_RECOGNIZED:     store.ErrTokenMissing,
	pkcs11.CKR_SESSION_CLOSED:           store.ErrTokenMissing,
	pkcs11.CKR_SESSION_HANDLE_INVALID:   store.ErrTokenMissing,
	pkcs11.CKR_CRYPTOKI_NOT_INITIALIZED: store.ErrTokenModule,
}

// gone are the return values after which a session is of no use any more, and
// a new one may be. General errors and errors of the device are what
// libraries answer when a token is pulled out between two steps.
var gone = map[pkcs11.Error]bool{
	pkcs11.CKR_TOKEN_NOT_PRESENT:         true,
	pkcs11.CKR_DEVICE_REMOVED:            true,
	pkcs11.CKR_DEVICE_ERROR:              true,
	pkcs11.CKR_GENERAL_ERROR:             true,
	pkcs11.CKR_FUNCTION_FAILED:           true,
	pkcs11.CKR_SLOT_ID_INVALID:           true,
	pkcs11.CKR_TOKEN_NOT_RECOGNIZED:      true,
	pkcs11.CKR_SESSION_CLOSED:            true,
	pkcs11.CKR_SESSION_HANDLE_INVALID:    true,
	pkcs11.CKR_OBJECT_HANDLE_INVALID:     true,
	pkcs11.CKR_KEY_HANDLE_INVALID:        true,
	pkcs11.CKR_USER_NOT_LOGGED_IN:        true,
	pkcs11.CKR_OPERATION_ACTIVE:          true,
	pkcs11.CKR_OPERATION_NOT_INITIALIZED: true,
	pkcs11.CKR_CRYPTOKI_NOT_INITIALIZED:  true,
}

// lost tells whether an error means that the session is gone.
func lost(err error) bool {
	var rv pkcs11.Error
	return errors.As(err, &rv) && gone[rv]
}

// explain gives an error of the library its meaning.
func explain(err error) error {
	var rv pkcs11.Error
	switch {
	case err == nil || !errors.As(err, &rv):
		return err
	case meanings[rv] != nil:
		return fmt.Errorf("%w (%w)", meanings[rv], err)
	}
	return fmt.Errorf("%w (%w)", store.ErrTokenRefused, err)
}
