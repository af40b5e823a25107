package store

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Errors of a site in a shared database. Their text says what to do.
var (
	// ErrUnreachable: nothing was changed, or it is found out whether it was
	// as soon as the database answers again. Reading goes on.
	ErrUnreachable = errors.New("the shared database cannot be reached: check the network and do it again")
	// ErrDenied: the server refuses this desk's account.
	ErrDenied = errors.New("the shared database refuses this desk: ask whoever runs it to check the account")
	// ErrCertificate: somebody else may be answering in the server's place.
	ErrCertificate = errors.New("the certificate of the shared database cannot be trusted: check the settings, do not go on without")
	// ErrUnverified: settings that would talk to whoever answers.
	ErrUnverified = errors.New("the connection would not be verified: use sslmode=verify-full and sslrootcert")
	// ErrSettings: connection settings that make no sense.
	ErrSettings = errors.New("these are no connection settings of PostgreSQL")
	// ErrBusy: another desk holds the records for long.
	ErrBusy = errors.New("another desk is changing the records: do it again in a moment")
	// ErrTampered: the log has gaps, or entries that no desk of this site wrote.
	ErrTampered = errors.New("the shared database does not hold what the desks wrote: somebody has changed it")
	// ErrOlderDatabase: this desk has seen more than the database holds.
	ErrOlderDatabase = errors.New("the shared database is older than this desk: an old copy was put back")
	// ErrNothingToMend: the database is as new as this desk.
	ErrNothingToMend = errors.New("the shared database is as new as this desk: there is nothing to mend")
	// ErrMoved: the site left this database.
	ErrMoved = errors.New("the site has moved away from here: use the desk to which it moved")
	// ErrRemoved: the site's keys were changed and this desk got none.
	ErrRemoved = errors.New("this desk was removed from the site")
	// ErrTaken: a database to move to holds a site already.
	ErrTaken = errors.New("the database holds a site already: name an empty one")
	// ErrNotShared: something that only a site in a shared database has.
	ErrNotShared = errors.New("the site is not in a shared database")
	// ErrJoinCode: the code does not belong to what the database holds for this desk.
	ErrJoinCode = errors.New("the code does not fit: compare it with the other desk")
	// ErrNotAdmitted: no desk of the site has admitted this one yet.
	ErrNotAdmitted = errors.New("this desk was not admitted yet: do that at a desk of the site")
)

// classifyShared gives errors of PostgreSQL, and of the way to it, their meaning.
func classifyShared(err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	for _, known := range []error{ErrUnreachable, ErrDenied, ErrCertificate, ErrBusy, ErrTampered, ErrOlderDatabase, ErrMoved, ErrFull} {
		if errors.Is(err, known) {
			return err
		}
	}
	is := ErrUnreachable
	var refused *pgconn.PgError
	switch {
	case errors.As(err, &refused):
		is = sharedSentinel(refused.Code)
	case untrusted(err):
		is = ErrCertificate
	}
	return fmt.Errorf("%w (%w)", is, err)
}

// sharedSentinel is the meaning of an SQLSTATE; see PostgreSQL 15, appendix A.
func sharedSentinel(code string) error {
	switch {
	case code == "55P03" || code == "40001" || code == "40P01": // lock not available, serialization failure, deadlock
		return ErrBusy
	case code == "53100": // disk full
		return ErrFull
	case strings.HasPrefix(code, "28") || code == "42501" || code == "3D000": // authorization, privilege, no such database
		return ErrDenied
	case strings.HasPrefix(code, "42") || strings.HasPrefix(code, "23"): // a table or row is not as it was made
		return ErrTampered
	}
	return ErrUnreachable
}

func untrusted(err error) bool {
	var (
		verify    *tls.CertificateVerificationError
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		invalid   x509.CertificateInvalidError
	)
	return errors.As(err, &verify) || errors.As(err, &authority) || errors.As(err, &host) || errors.As(err, &invalid) ||
		strings.Contains(err.Error(), "server refused TLS")
}
