package token

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"sleutelbord/nfc/keytag"
	"sleutelbord/store"

	"github.com/miekg/pkcs11"
)

// Kinds of objects, in their ids.
const (
	kindMaster = 1
	kindSigner = 2
)

// objectID is the CKA_ID of an object; see the package comment.
func objectID(set [store.TokenSetSize]byte, kind byte, number uint16) []byte {
	id := append(set[:len(set):len(set)], kind)
	return binary.BigEndian.AppendUint16(id, number)
}

// ed25519Params are the ways to name the curve in CKA_EC_PARAMS: by its name
// (PKCS#11 v3.0), and by its object identifier 1.3.101.112 (v3.1, RFC 8410).
var ed25519Params = [][]byte{
	append([]byte{0x13, 12}, "edwards25519"...),
	{0x06, 3, 0x2b, 0x65, 0x70},
}

// CheckPIN logs in once and out again. Whatever this process had open at
// the token finds its session gone, and opens a new one.
func (d *Driver) CheckPIN(ref store.TokenRef, pin []byte, last bool) error {
	c := trying
	if last {
		c = lastTry
	}
	return d.with(ref.Module, func(l *library) error {
		s, err := l.open(ref, pin, false, c)
		if err == nil {
			s.close()
		}
		return err
	})
}

// Import puts the keys into the token, and looks whether it will keep them.
func (d *Driver) Import(ctx context.Context, ref store.TokenRef, pin []byte, keys *store.TokenKeys) error {
	return d.with(ref.Module, func(l *library) (err error) {
		s, err := l.open(ref, pin, true, sparing)
		if err != nil {
			return err
		}
		defer s.close()
		if !s.fits() {
			return fmt.Errorf("%w: it has no Ed25519, or neither CMAC nor CBC nor ECB with AES", store.ErrTokenRefused)
		}
		if err := s.destroy(ref); err != nil {
			return fmt.Errorf("removing what an import left: %w", explain(err))
		}
		if err := s.importAll(ctx, ref, keys); err != nil {
			// What cannot be removed now stands in the records as left there.
			return errors.Join(fmt.Errorf("importing keys: %w", explain(err)), explain(s.destroy(ref)))
		}
		return nil
	})
}

func (s *session) importAll(ctx context.Context, ref store.TokenRef, keys *store.TokenKeys) error {
	for m := keytag.MasterPICC; m <= keytag.MasterZone; m++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := s.importMaster(ref, m, keys.Master(m)); err != nil {
			return fmt.Errorf("%v: %w", m, err)
		}
	}
	for i, seed := range keys.Seeds() {
		if err := ctx.Err(); err != nil {
			return err
		}
		version := ref.FirstSigner + uint16(i)
		if err := s.importSigner(ref, version, seed); err != nil {
			return fmt.Errorf("signing key %d: %w", version, err)
		}
	}
	return nil
}

// kept is what every key of ours is: it stays in the token.
func kept(class, keyType uint, id []byte, label string) []*pkcs11.Attribute {
	return []*pkcs11.Attribute{
		pkcs11.NewAttribute(pkcs11.CKA_CLASS, class),
		pkcs11.NewAttribute(pkcs11.CKA_KEY_TYPE, keyType),
		pkcs11.NewAttribute(pkcs11.CKA_ID, id),
		pkcs11.NewAttribute(pkcs11.CKA_LABEL, "sleutelbord "+label),
		pkcs11.NewAttribute(pkcs11.CKA_TOKEN, true),
		pkcs11.NewAttribute(pkcs11.CKA_PRIVATE, true),
		pkcs11.NewAttribute(pkcs11.CKA_SENSITIVE, true),
		pkcs11.NewAttribute(pkcs11.CKA_EXTRACTABLE, false),
		pkcs11.NewAttribute(pkcs11.CKA_MODIFIABLE, false),
		pkcs11.NewAttribute(pkcs11.CKA_DECRYPT, false),
		pkcs11.NewAttribute(pkcs11.CKA_UNWRAP, false),
		pkcs11.NewAttribute(pkcs11.CKA_DERIVE, false),
	}
}

func (s *session) importMaster(ref store.TokenRef, m keytag.Master, key []byte) error {
	template := append(kept(pkcs11.CKO_SECRET_KEY, pkcs11.CKK_AES, objectID(ref.Set, kindMaster, uint16(m)), m.String()),
		pkcs11.NewAttribute(pkcs11.CKA_WRAP, false),
		pkcs11.NewAttribute(pkcs11.CKA_VERIFY, false),
		pkcs11.NewAttribute(pkcs11.CKA_SIGN, s.cmac),
		pkcs11.NewAttribute(pkcs11.CKA_ENCRYPT, !s.cmac),
		pkcs11.NewAttribute(pkcs11.CKA_VALUE, key))
	o, err := s.api.CreateObject(s.handle, template)
	if err != nil {
		return err
	}
	return s.keeps(o)
}

func (s *session) importSigner(ref store.TokenRef, version uint16, seed []byte) (err error) {
	for _, params := range ed25519Params {
		template := append(kept(pkcs11.CKO_PRIVATE_KEY, ckkECEdwards, objectID(ref.Set, kindSigner, version), fmt.Sprintf("sign %d", version)),
			pkcs11.NewAttribute(pkcs11.CKA_SIGN, true),
			pkcs11.NewAttribute(pkcs11.CKA_EC_PARAMS, params),
			pkcs11.NewAttribute(pkcs11.CKA_VALUE, seed))
		var o pkcs11.ObjectHandle
		if o, err = s.api.CreateObject(s.handle, template); err == nil {
			return s.keeps(o)
		}
	}
	return err
}

// keeps makes sure that an object cannot leave the token, whatever the token
// made of its template.
func (s *session) keeps(o pkcs11.ObjectHandle) error {
	got, err := s.api.GetAttributeValue(s.handle, o, []*pkcs11.Attribute{
		pkcs11.NewAttribute(pkcs11.CKA_SENSITIVE, nil),
		pkcs11.NewAttribute(pkcs11.CKA_EXTRACTABLE, nil),
	})
	if err != nil {
		return err
	}
	if len(got) != 2 || !truth(got[0]) || truth(got[1]) {
		return fmt.Errorf("%w: it would give the key away", store.ErrTokenRefused)
	}
	value, err := s.api.GetAttributeValue(s.handle, o, []*pkcs11.Attribute{pkcs11.NewAttribute(pkcs11.CKA_VALUE, nil)})
	for _, a := range value {
		if err == nil && len(a.Value) > 0 {
			clear(a.Value)
			return fmt.Errorf("%w: it gives the key away", store.ErrTokenRefused)
		}
	}
	return nil
}

// truth reads a CK_BBOOL; what is none is taken for the bad answer by its callers' use.
func truth(a *pkcs11.Attribute) bool { return len(a.Value) == 1 && a.Value[0] != 0 }

// Destroy removes a set of keys from its token.
func (d *Driver) Destroy(ctx context.Context, ref store.TokenRef, pin []byte) error {
	return d.with(ref.Module, func(l *library) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		s, err := l.open(ref, pin, true, sparing)
		if err != nil {
			return err
		}
		defer s.close()
		if err := s.destroy(ref); err != nil {
			return fmt.Errorf("removing keys from the token: %w", explain(err))
		}
		return nil
	})
}

func (s *session) destroy(ref store.TokenRef) error {
	for i := range ref.Checks {
		if err := s.destroyOne(pkcs11.CKO_SECRET_KEY, objectID(ref.Set, kindMaster, uint16(i+1))); err != nil {
			return err
		}
	}
	for i := range ref.Signers {
		if err := s.destroyOne(pkcs11.CKO_PRIVATE_KEY, objectID(ref.Set, kindSigner, ref.FirstSigner+uint16(i))); err != nil {
			return err
		}
	}
	return nil
}

func (s *session) destroyOne(class uint, id []byte) error {
	o, found, err := s.object(class, id)
	if err != nil || !found {
		return err
	}
	return s.api.DestroyObject(s.handle, o)
}
