-- Imports of price lists and discount programmes: the file, how it is read, what each row would do, and who did what.

CREATE TABLE price_imports (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('prices', 'promotions')),
    list_id uuid REFERENCES price_lists (id),
    file_name text NOT NULL CHECK (length(file_name) BETWEEN 1 AND 200),
    file_size int NOT NULL CHECK (file_size > 0),
    file_sha256 text NOT NULL CHECK (file_sha256 ~ '^[0-9a-f]{64}$'),
    state text NOT NULL DEFAULT 'waiting'
        CHECK (state IN ('waiting', 'reading', 'checking', 'checked', 'failed', 'applied', 'undone')),
    run uuid NOT NULL,
    done int NOT NULL DEFAULT 0 CHECK (done >= 0),
    total int NOT NULL DEFAULT 0 CHECK (total >= 0),
    mapping jsonb,
    tables jsonb NOT NULL DEFAULT '[]',
    columns jsonb NOT NULL DEFAULT '[]',
    notes jsonb NOT NULL DEFAULT '[]',
    counts jsonb NOT NULL DEFAULT '{}',
    fault jsonb,
    mark uuid,
    version int NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid NOT NULL REFERENCES users (id),
    CHECK ((kind = 'prices') = (list_id IS NOT NULL))
);
COMMENT ON COLUMN price_imports.run IS 'the check that is under way or was last done; an older one that still runs stops when it sees another';
COMMENT ON COLUMN price_imports.mark IS 'pricing_mark as it was when the rows were checked: another one means the check is out of date';
COMMENT ON COLUMN price_imports.columns IS 'the columns as a person sees them: title, samples, guess, open question';
CREATE INDEX price_imports_list ON price_imports (list_id);
CREATE INDEX price_imports_created_by ON price_imports (created_by);
CREATE INDEX price_imports_newest ON price_imports (created_at DESC, id DESC);

-- Apart, so that lists of imports do not drag files along. `paper` is the file as it was read.
CREATE TABLE price_import_files (
    import_id uuid PRIMARY KEY REFERENCES price_imports (id) ON DELETE CASCADE,
    content bytea NOT NULL,
    paper bytea
);

CREATE TABLE price_import_rows (
    import_id uuid NOT NULL REFERENCES price_imports (id) ON DELETE CASCADE,
    n int NOT NULL,
    sheet int NOT NULL,
    row int NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('new', 'changed', 'same', 'error')),
    label jsonb NOT NULL,
    before jsonb,
    after jsonb,
    faults jsonb NOT NULL DEFAULT '[]',
    meetings jsonb NOT NULL DEFAULT '[]',
    plan jsonb,
    target_id uuid,
    target_version int,
    applied_id uuid,
    applied_version int,
    PRIMARY KEY (import_id, n)
);
COMMENT ON COLUMN price_import_rows.before IS 'what people see of the price or programme as it was, `after` as it would be';
COMMENT ON COLUMN price_import_rows.meetings IS 'the first programmes a programme of the file meets, and what happens then';
COMMENT ON COLUMN price_import_rows.plan IS 'exactly what is stored when the import is applied, and what it was before';
COMMENT ON COLUMN price_import_rows.applied_version IS 'the version this import made of it: undone only while it still is that one';
CREATE INDEX price_import_rows_outcome ON price_import_rows (import_id, outcome, n);
CREATE INDEX price_import_rows_applied ON price_import_rows (applied_id) WHERE applied_id IS NOT NULL;

-- What somebody did with an import: who and when.
CREATE TABLE price_import_steps (
    id uuid PRIMARY KEY,
    import_id uuid NOT NULL REFERENCES price_imports (id) ON DELETE CASCADE,
    step text NOT NULL CHECK (step IN ('uploaded', 'mapped', 'applied', 'undone')),
    made_by uuid NOT NULL REFERENCES users (id),
    made_at timestamptz NOT NULL
);
CREATE INDEX price_import_steps_import ON price_import_steps (import_id, made_at);
CREATE INDEX price_import_steps_made_by ON price_import_steps (made_by);
