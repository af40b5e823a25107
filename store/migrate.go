package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"math"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
)

//go:embed migrations
var migrations embed.FS

// migrate brings the schema up to date, each step in a transaction of its own.
// A schema that has steps which files does not know is [ErrNewerSchema], and
// is left alone.
func migrate(ctx context.Context, db *sql.DB, files fs.FS) error {
	return migrateTo(ctx, db, files, newestSchema)
}

// newestSchema stands for every step that the program knows.
const newestSchema = math.MaxInt64

// migrateTo takes the steps up to a version. One that the program does not know
// is [ErrNewerSchema].
func migrateTo(ctx context.Context, db *sql.DB, files fs.FS, version int64) error {
	p, err := goose.NewProvider(goose.DialectCustom, db, files,
		goose.WithStore(versionTable{}), goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return fmt.Errorf("updating the records: %w", err)
	}
	current, target, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("updating the records: %w", err)
	}
	if version == newestSchema {
		version = target
	}
	if current > target || version > target {
		return fmt.Errorf("the records have version %d, this program knows %d: %w", max(current, version), target, ErrNewerSchema)
	}
	if _, err := p.UpTo(ctx, version); err != nil {
		return fmt.Errorf("updating the records: %w", err)
	}
	return nil
}

// migrationDue tells whether there are steps to take up to a version.
func migrationDue(ctx context.Context, db *sql.DB, files fs.FS, version int64) (bool, error) {
	newest, err := newestOf(files)
	if err != nil {
		return false, err
	}
	there, err := versionTable{}.TableExists(ctx, db)
	if err != nil || !there {
		return !there, classify(err)
	}
	have, err := schemaVersion(ctx, db)
	return have < min(version, newest), err
}

// newestOf is the last step among files.
func newestOf(files fs.FS) (int64, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil || len(names) == 0 {
		return 0, fmt.Errorf("reading the schema: %d steps: %w", len(names), err)
	}
	return goose.NumericComponent(names[len(names)-1])
}

// schemaFiles are the migrations of the embedded database.
func schemaFiles() (fs.FS, error) { return fs.Sub(migrations, "migrations/sqlite") }

// versionTable records which migrations were applied, without the times that
// goose's own table keeps. It implements [database.StoreExtender] in SQL that
// both databases understand.
type versionTable struct{}

var _ database.StoreExtender = versionTable{}

func (versionTable) Tablename() string { return "schema_version" }

func (versionTable) CreateVersionTable(ctx context.Context, db database.DBTxConn) error {
	_, err := db.ExecContext(ctx, `CREATE TABLE schema_version (version INTEGER PRIMARY KEY)`)
	return err
}

func (versionTable) TableExists(ctx context.Context, db database.DBTxConn) (bool, error) {
	var n int
	err := db.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'schema_version'`).Scan(&n)
	return n > 0, err
}

func (versionTable) Insert(ctx context.Context, db database.DBTxConn, req database.InsertRequest) error {
	_, err := db.ExecContext(ctx, `INSERT INTO schema_version (version) VALUES ($1)`, req.Version)
	return err
}

func (versionTable) Delete(ctx context.Context, db database.DBTxConn, version int64) error {
	_, err := db.ExecContext(ctx, `DELETE FROM schema_version WHERE version = $1`, version)
	return err
}

func (versionTable) GetMigration(ctx context.Context, db database.DBTxConn, version int64) (*database.GetMigrationResult, error) {
	var v int64
	err := db.QueryRowContext(ctx, `SELECT version FROM schema_version WHERE version = $1`, version).Scan(&v)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, database.ErrVersionNotFound
	}
	return &database.GetMigrationResult{IsApplied: true}, err
}

func (versionTable) GetLatestVersion(ctx context.Context, db database.DBTxConn) (int64, error) {
	var v sql.NullInt64
	if err := db.QueryRowContext(ctx, `SELECT max(version) FROM schema_version`).Scan(&v); err != nil {
		return 0, err
	}
	if !v.Valid {
		return 0, database.ErrVersionNotFound
	}
	return v.Int64, nil
}

func (versionTable) ListMigrations(ctx context.Context, db database.DBTxConn) (list []*database.ListMigrationsResult, err error) {
	rows, err := db.QueryContext(ctx, `SELECT version FROM schema_version ORDER BY version DESC`)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		r := &database.ListMigrationsResult{IsApplied: true}
		if err := rows.Scan(&r.Version); err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	return list, rows.Err()
}
